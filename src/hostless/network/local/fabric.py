"""The fabric of this machine: namespaces, veth pairs, routes and nftables, as the seam asks.

All work on the machine happens in one thread of its own, one call after the other: it moves between
network namespaces, which the event loop's thread never does. What is done, see `machine`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import ParamSpec, TypeVar

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.private_names import AnswerZone
from hostless.domain.probes import Judgement, Probe
from hostless.domain.public_addresses import public_domain_of
from hostless.domain.security_groups import GroupPolicy
from hostless.domain.vpc_endpoints import API_PORT
from hostless.network.laid_out import PATIENCE_SECONDS, LaidOut
from hostless.network.local.counting import counters_of_all
from hostless.network.local.dns import PrivateZone, nobody
from hostless.network.local.inspection import judgement_of
from hostless.network.local.machine import Machine, OpenVpc, VpcUnknown
from hostless.network.local.metadata_sockets import MetadataSockets
from hostless.network.local.names import namespace_name_of, table_name_of
from hostless.network.local.nameservers import Endpoint, HostNameservers
from hostless.network.local.nftables import NftablesFailed, nftables
from hostless.network.local.relay import Relay, listening_socket
from hostless.network.local.resolver import VpcResolver
from hostless.network.local.zones import VpcZones
from hostless.network.place import private_domain_of
from hostless.network.seam import HOST, InterfaceCounters, MetadataServer, NetworkFailed

P = ParamSpec("P")
R = TypeVar("R")


class LocalFabric:
    """Implements `hostless.network.seam.NetworkFabric`; needs root.

    engine_id: part of the name of everything made. region: decides the private domain.
    source: draws among the records of a name. patience_seconds: for subnets that are not there yet.
    api: where the engine's API answers on the host; None: VPCs are offered none.
    """

    def __init__(
        self,
        engine_id: str,
        region: str,
        nameservers: HostNameservers | None = None,
        source: Random | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        api: Endpoint | None = None,
    ) -> None:
        self._machine = Machine(engine_id)
        self._region = region
        self._nameservers = nameservers or HostNameservers()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="network")
        self._laid_out = LaidOut(patience_seconds)
        self._resolvers: dict[VpcId, VpcResolver] = {}
        self._source = source or Random()
        self._answers: tuple[AnswerZone, ...] = ()
        self._zones: dict[VpcId, VpcZones] = {}
        self._api = api
        self._relays: dict[NetworkInterfaceId, Relay] = {}
        self._metadata = MetadataSockets(engine_id, self._thread)

    async def lay_out(self, layout: NetworkLayout) -> None:
        """As the seam says; the host gets a route to the default VPC and to public addresses.

        Raises VpcRangeTaken and PublicRangeTaken when the host already uses a range, NetworkFailed
        else; all of them say which VPCs are refused, where the rest is as it should be. VPCs of
        this engine that are not given are removed.
        """
        named = {each.vpc.id for each in layout.vpcs if each.vpc.has_dns_support}
        for vpc_id in self._resolvers.keys() - named:
            self._close_resolver(vpc_id)
        self._metadata.keep([each.vpc.id for each in layout.vpcs])
        try:
            try:
                await self._perform(self._machine.lay_out, layout)
            finally:
                await self._follow(layout.public_cidr)
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"The network cannot be set up: {error}") from error

    async def _follow(self, public_cidr: str) -> None:
        """Who answers in VPCs, and who waits for a subnet, go by what the machine has."""
        opened = tuple(self._machine.vpcs.values())
        for each in opened:
            await self._metadata.open(each.layout.vpc.id)
            if each.layout.vpc.has_dns_support:
                await self._open_resolver(each, public_cidr)
        self._laid_out.replace(tuple(each.layout for each in opened))

    async def reserve(self, interface: NetworkInterface) -> NetworkPlace:
        return await self._have(self._machine.reserve, interface)

    async def attach(self, interface: NetworkInterface) -> NetworkPlace:
        return await self._have(self._machine.attach, interface)

    async def offer_api(self, interface: NetworkInterface) -> None:
        await self.attach(interface)
        if self._api is None or interface.id in self._relays:
            return
        namespace = namespace_name_of(self._machine.engine_id, interface.id)
        try:
            stream = await self._perform(listening_socket, namespace, interface.address, API_PORT)
        except OSError as error:
            raise NetworkFailed(f"Nothing can answer at {interface.id}: {error}") from error
        self._relays[interface.id] = relay = Relay(self._api)
        await relay.serve(stream)

    async def _have(
        self, make: Callable[[NetworkInterface], NetworkPlace], interface: NetworkInterface
    ) -> NetworkPlace:
        await self._laid_out.need(interface.subnet_id)
        try:
            return await self._perform(make, interface)
        except (OSError, VpcUnknown, NftablesFailed) as error:
            raise NetworkFailed(_unconfigured(error)) from error

    async def detach(self, interface_id: NetworkInterfaceId) -> None:
        """Raises NetworkFailed when the machine refuses; it can be tried again."""
        relay = self._relays.pop(interface_id, None)
        if relay is not None:
            relay.close()
        try:
            await self._perform(self._machine.detach, interface_id)
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"{interface_id} cannot be removed: {error}") from error

    async def counters(self) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
        try:
            return await self._perform(_counters, self._machine)
        except OSError as error:
            raise NetworkFailed(f"The network cannot be looked at: {error}") from error

    async def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        """As the seam says. Raises NetworkFailed; what was enforced before still is then."""
        try:
            await self._perform(self._machine.enforce, dict(policies), tuple(interfaces))
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"Security groups cannot be enforced: {error}") from error

    async def rulesets(self) -> Mapping[str, str]:
        try:
            return await self._perform(_rulesets, self._machine)
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"The network cannot be looked at: {error}") from error

    async def judge(self, probe: Probe) -> Judgement:
        """Beside the network's own thread: reading many rules takes longer than it may wait."""
        plans = await self._perform(self._machine.plans)
        try:
            return await asyncio.to_thread(judgement_of, self._machine.engine_id, plans, probe)
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"The network cannot be looked at: {error}") from error

    async def attached(self) -> frozenset[NetworkInterfaceId]:
        return await self._perform(self._machine.attached)

    def answer_zones(self, zones: tuple[AnswerZone, ...]) -> None:
        self._answers = zones
        for vpc_id, known in self._zones.items():
            known.replace(_zones_in(vpc_id, zones))

    async def answer_metadata(self, server: MetadataServer) -> None:
        self._metadata.server = server
        try:
            for vpc_id in self._machine.vpcs:
                await self._metadata.open(vpc_id)
        except OSError as error:
            raise NetworkFailed(f"Metadata cannot be told: {error}") from error

    async def close(self) -> None:
        self._metadata.keep(())
        for vpc_id in tuple(self._resolvers):
            self._close_resolver(vpc_id)
        for relay in self._relays.values():
            relay.close()
        self._relays.clear()
        await self._perform(self._machine.close)
        self._laid_out.replace(())

    async def purge(self) -> None:
        """As the seam says; `lay_out` need not have been called. Raises NetworkFailed."""
        await self.close()
        try:
            await self._perform(self._machine.purge)
        except (OSError, NftablesFailed) as error:
            raise NetworkFailed(f"The network cannot be removed: {error}") from error

    async def _open_resolver(self, opened: OpenVpc, public_cidr: str) -> None:
        vpc = opened.layout.vpc
        zone = PrivateZone(
            domain=private_domain_of(self._region),
            cidr=vpc.cidr_block,
            public_domain=public_domain_of(self._region),
            public_cidr=public_cidr,
            find_private=opened.router.find_private if vpc.has_dns_hostnames else nobody,
        )
        if vpc.id in self._resolvers:
            self._resolvers[vpc.id].zone = zone
            return
        sockets = await self._perform(opened.router.resolver_sockets)
        self._zones[vpc.id] = VpcZones(self._source)
        self._zones[vpc.id].replace(_zones_in(vpc.id, self._answers))
        self._resolvers[vpc.id] = VpcResolver(
            zone, self._zones[vpc.id], self._nameservers.endpoints
        )
        await self._resolvers[vpc.id].serve(*sockets)

    def _close_resolver(self, vpc_id: VpcId) -> None:
        del self._zones[vpc_id]
        self._resolvers.pop(vpc_id).close()

    async def _perform(self, call: Callable[P, R], *args: P.args, **_: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)


def _zones_in(vpc_id: VpcId, zones: Iterable[AnswerZone]) -> list[AnswerZone]:
    return [each for each in zones if each.vpc_id == vpc_id]


def _unconfigured(error: Exception) -> str:
    """As Fargate words it ("Stopped tasks error messages": ResourceInitializationError)."""
    what = "failed to configure ENI: failed to setup regular eni"
    return f"ResourceInitializationError: {what}: {error}"


def _rulesets(machine: Machine) -> dict[str, str]:
    routers: dict[str, str] = {vpc_id: each.router.text() for vpc_id, each in machine.vpcs.items()}
    if not routers:
        return {}
    with nftables() as tables:
        shared = tables.run(f"list table inet {table_name_of(machine.engine_id)}")
    return {HOST: shared, **routers}


def _counters(machine: Machine) -> dict[NetworkInterfaceId, InterfaceCounters]:
    return counters_of_all(
        {
            each.router.plan.namespace: tuple(each.router.groups.members.by_interface)
            for each in machine.vpcs.values()
        }
    )
