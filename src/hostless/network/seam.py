"""The seam between the control plane and the machinery that carries packets.

`simulated` and `local` implement it. Methods may be called again after a crash at any instant and
then finish what was begun.
"""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.private_names import AnswerZone
from hostless.domain.probes import Judgement, Probe
from hostless.domain.security_groups import GroupPolicy

HOST = "host"
"""Names the rules that all VPCs share."""


class NetworkFailed(Exception):
    """The interface could not be made; `reason` is AWS's sentence.

    refused: of a layout, the VPCs that are not as they should be, where all else is; None: nothing
    is known to be.
    """

    def __init__(self, reason: str, refused: frozenset[VpcId] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceCounters:
    """What an interface has carried since it was attached; received: by the task."""

    received_bytes: int = 0
    received_packets: int = 0
    received_errors: int = 0
    received_dropped: int = 0
    sent_bytes: int = 0
    sent_packets: int = 0
    sent_errors: int = 0
    sent_dropped: int = 0


class MetadataServer(Protocol):
    """Tells tasks about themselves. Who asks is told by the VPC and the address it asks from."""

    async def serve(self, vpc_id: VpcId, listening: socket.socket) -> None:
        """Answer at this socket, HTTP, until `leave`."""

    def leave(self, vpc_id: VpcId) -> None:
        """Close the VPC's socket and every connection that was made to it; one it has."""


class NetworkFabric(Protocol):
    async def lay_out(self, layout: NetworkLayout) -> None:
        """Have exactly these VPCs carry packets, as they are said to be.

        The first call finds again what an earlier engine left. Later ones change what differs and
        leave the rest, connections included, as it is; no interface is in a VPC that is left out.
        Raises NetworkFailed, which says of which VPCs; every other one is as it should be then.
        Idempotent.
        """

    async def reserve(self, interface: NetworkInterface) -> NetworkPlace:
        """Have the place, whose interface `attach` makes: a namespace that nothing leads to yet.

        Need not be called. Waits a while for a subnet that is not laid out yet. Raises
        NetworkFailed. Idempotent.
        """

    async def attach(self, interface: NetworkInterface) -> NetworkPlace:
        """Make the interface in a namespace of its own.

        With a public address, if it has one: that the host, the world and every VPC reach it by,
        as far as its groups let them. Waits as `reserve` does. Raises NetworkFailed. Idempotent.
        """

    async def offer_api(self, interface: NetworkInterface) -> None:
        """Attach the interface, and have the engine's API answer at its address (API_PORT, plain).

        As far as its groups let packets pass. Until it is detached; and until the fabric is closed,
        after which it has to be asked for again. Where the fabric was given no API nothing answers.
        Raises NetworkFailed. Idempotent.
        """

    async def detach(self, interface_id: NetworkInterfaceId) -> None:
        """Take it away; unknown ones are no error."""

    async def attached(self) -> frozenset[NetworkInterfaceId]:
        """Every interface of which anything is left here."""

    async def counters(self) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
        """Of every interface that carries packets; one that has just come may be missing.

        Cheap: one look for each VPC. Raises NetworkFailed.
        """

    async def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        """Have exactly these groups' rules decide what passes to and from interfaces.

        policies: of every group there is; a group without one lets nothing pass. interfaces: every
        one that is recorded; those that are attached carry the groups of their record. Until it is
        called after `lay_out`, packets are judged as before. Raises NetworkFailed. Idempotent.
        """

    async def rulesets(self) -> Mapping[str, str]:
        """What filters packets, in the fabric's own words: by VPC, and HOST for what VPCs share.

        Empty where nothing does. Raises NetworkFailed.
        """

    async def judge(self, probe: Probe) -> Judgement:
        """What becomes of such a packet and of the answer to it, now; none is sent.

        Raises NetworkFailed.
        """

    def answer_zones(self, zones: tuple[AnswerZone, ...]) -> None:
        """Have the VPCs' resolvers answer for these zones from now on, and for no others.

        May be called before `lay_out`. Zones of VPCs that are not there are no error.
        """

    async def answer_metadata(self, server: MetadataServer) -> None:
        """Have it answer at METADATA_ADDRESS in every VPC there is and will be, to tasks only.

        Whatever their groups say; until the fabric is closed. Raises NetworkFailed.
        """

    async def close(self) -> None:
        """Let go without disconnecting anything."""

    async def purge(self) -> None:
        """Remove every trace from the machine."""
