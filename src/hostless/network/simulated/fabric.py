"""A fabric that carries nothing: it keeps the books, and fails when its behaviour says so.

It ships to users (`--backend simulated`) and is the test bed of the control plane. Its books are
kept in memory by the object, which in a test outlives the engine as the machine does.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.private_names import AnswerZone
from hostless.domain.probes import Judgement, Probe
from hostless.domain.reachability import explained
from hostless.domain.security_groups import GroupPolicy
from hostless.network.laid_out import PATIENCE_SECONDS, LaidOut
from hostless.network.place import place_of
from hostless.network.seam import InterfaceCounters, MetadataServer, NetworkFailed

PROVISIONING_TIMED_OUT = "Timeout waiting for network interface provisioning to complete."
"""AWS's sentence (Amazon ECS Developer Guide, "Stopped task error messages")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FabricBehaviour:
    """attach_seconds, detach_seconds: how long a call takes.

    failure_rate: the share of attaches that fail, 0 to 1, drawn from the injected randomness.
    failing_subnets: no interface can be made there. failure_reason: the sentence of both.
    """

    attach_seconds: float = 0.0
    detach_seconds: float = 0.0
    failure_rate: float = 0.0
    failing_subnets: frozenset[SubnetId] = frozenset()
    failure_reason: str = PROVISIONING_TIMED_OUT


class SimulatedFabric:
    """Implements `hostless.network.seam.NetworkFabric`.

    The same behaviour and the same seed give the same answers to the same calls. policies,
    layout: what was last asked for.
    """

    def __init__(
        self,
        behaviour: FabricBehaviour | None = None,
        source: Random | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.behaviour = behaviour or FabricBehaviour()
        self.policies: Mapping[SecurityGroupId, GroupPolicy] = {}
        self._source = source or Random(0)
        self.zones: tuple[AnswerZone, ...] = ()
        self.layout: NetworkLayout | None = None
        self._laid_out = LaidOut(patience_seconds)
        self._interfaces: dict[NetworkInterfaceId, NetworkInterface] = {}
        self._seats: dict[tuple[VpcId, str], NetworkInterfaceId] = {}

    async def lay_out(self, layout: NetworkLayout) -> None:
        self.layout = layout
        self._laid_out.replace(layout.vpcs)

    async def reserve(self, interface: NetworkInterface) -> NetworkPlace:
        return place_of(interface, await self._laid_out.need(interface.subnet_id), None)

    async def attach(self, interface: NetworkInterface) -> NetworkPlace:
        """As the seam says. What fails or is interrupted may leave something `attached`."""
        place = await self.reserve(interface)
        if self._interfaces.get(interface.id) == interface:
            return place
        self._refuse_taken_address(interface)
        fails = self._is_to_fail(interface)
        self._interfaces[interface.id] = interface
        self._seats[_seat_of(interface)] = interface.id
        await asyncio.sleep(self.behaviour.attach_seconds)
        if fails:
            self._take_away(interface.id)
            raise NetworkFailed(self.behaviour.failure_reason)
        return place

    async def offer_api(self, interface: NetworkInterface) -> None:
        await self.attach(interface)

    async def detach(self, interface_id: NetworkInterfaceId) -> None:
        if interface_id in self._interfaces:
            await asyncio.sleep(self.behaviour.detach_seconds)
            self._take_away(interface_id)

    async def attached(self) -> frozenset[NetworkInterfaceId]:
        return frozenset(self._interfaces)

    async def counters(self) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
        """Nothing is carried."""
        return dict.fromkeys(self._interfaces, InterfaceCounters())

    async def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        self.policies = dict(policies)
        for interface in interfaces:
            if interface.id in self._interfaces:
                self._interfaces[interface.id] = interface

    async def rulesets(self) -> Mapping[str, str]:
        return {}

    async def judge(self, probe: Probe) -> Judgement:
        """From what was last asked for: nothing is carried here."""
        if self.layout is None:
            return Judgement(is_real=False, passes=None, why="nothing is laid out")
        sight = NetworkSight(self.layout, self.policies, self._interfaces.values())
        found = explained(sight, probe)
        return Judgement(is_real=False, passes=found.passes, why=found.decisive.text)

    def answer_zones(self, zones: tuple[AnswerZone, ...]) -> None:
        self.zones = zones

    async def answer_metadata(self, server: MetadataServer) -> None:
        """Nobody can ask."""

    async def close(self) -> None:
        return None

    async def purge(self) -> None:
        self._interfaces.clear()
        self._seats.clear()
        self._laid_out.replace(())
        self.policies = {}

    def _is_to_fail(self, interface: NetworkInterface) -> bool:
        drawn = self._source.random() < self.behaviour.failure_rate
        return drawn or interface.subnet_id in self.behaviour.failing_subnets

    def _refuse_taken_address(self, interface: NetworkInterface) -> None:
        if self._seats.get(_seat_of(interface), interface.id) != interface.id:
            raise NetworkFailed(f"Address {interface.address} is in use.")

    def _take_away(self, interface_id: NetworkInterfaceId) -> None:
        interface = self._interfaces.pop(interface_id, None)
        if interface is not None:
            self._seats.pop(_seat_of(interface), None)


def _seat_of(interface: NetworkInterface) -> tuple[VpcId, str]:
    return interface.vpc_id, interface.address
