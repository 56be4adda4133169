"""Everything that the local fabric does to the machine, in one thread and without waiting.

It keeps nothing that the machine does not know: after a crash a new object finds all of it again
by name. Asking for what is there already changes nothing.
"""

import socket
from collections.abc import Iterable, Mapping

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace, Subnet, Vpc
from hostless.domain.network_layout import VpcLayout
from hostless.domain.probes import Judgement, Probe
from hostless.domain.security_groups import GroupPolicy
from hostless.network.local import docker_firewall, namespaces
from hostless.network.local.egress import close_egress, open_egress
from hostless.network.local.inspection import judgement_of
from hostless.network.local.interfaces import make_interface, remove_interface
from hostless.network.local.messages import delete_link
from hostless.network.local.names import (
    host_link_of,
    namespace_name_of,
    resources_named,
    vpc_plan_of,
)
from hostless.network.local.router import Router, open_router
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.place import place_of


class VpcUnknown(Exception):
    """The interface belongs to a VPC that was not opened."""


class Machine:
    """engine_id: part of every name. All methods raise OSError and NftablesFailed."""

    def __init__(self, engine_id: str) -> None:
        self._engine_id = engine_id
        self._vpcs: dict[VpcId, tuple[Vpc, Router]] = {}
        self._policies: Mapping[SecurityGroupId, GroupPolicy] | None = None

    def open(self, vpcs: Iterable[Vpc], subnets: Iterable[Subnet]) -> None:
        """Raises VpcRangeTaken; the VPCs before the refused one are open then.

        A VPC of this engine's that is neither given nor open is left from a state folder that is
        gone, and goes too.
        """
        vpcs, subnets = tuple(vpcs), tuple(subnets)
        namespaces.prepare_folder()
        with Rtnetlink() as host:
            self._remove_vpcs(host, {vpc.id for vpc in vpcs} | self._vpcs.keys())
            for vpc in vpcs:
                router = open_router(host, vpc_plan_of(self._engine_id, vpc, subnets))
                if vpc.id in self._vpcs:
                    self._vpcs.pop(vpc.id)[1].close()
                self._vpcs[vpc.id] = vpc, router
                router.groups.open(self.attached())
                if self._policies is not None:
                    router.groups.enforce(self._policies, ())
            plans = [router.plan for _, router in self._vpcs.values()]
            open_egress(self._engine_id, host, plans)
            docker_firewall.let_through(plan.host_link for plan in plans)

    def find_ways(self, layouts: Iterable[VpcLayout]) -> None:
        """layouts: of VPCs that are open."""
        for layout in layouts:
            self._vpcs[layout.vpc.id][1].ways.apply(layout)

    def reserve(self, interface: NetworkInterface) -> NetworkPlace:
        """Raises VpcUnknown."""
        vpc, _ = self._vpc_of(interface)
        name = namespace_name_of(self._engine_id, interface.id)
        if not namespaces.exists(name):
            namespaces.make(name)
        return place_of(interface, vpc, str(namespaces.path_of(name)))

    def attach(self, interface: NetworkInterface) -> NetworkPlace:
        """Raises VpcUnknown. Before any packet can pass it is known in which groups it is."""
        place = self.reserve(interface)
        _, router = self._vpc_of(interface)
        router.groups.admit(interface)
        make_interface(router, interface, namespace_name_of(self._engine_id, interface.id))
        return place

    def _vpc_of(self, interface: NetworkInterface) -> tuple[Vpc, Router]:
        if interface.vpc_id not in self._vpcs:
            raise VpcUnknown(interface.vpc_id)
        return self._vpcs[interface.vpc_id]

    def detach(self, interface_id: NetworkInterfaceId) -> None:
        routers = [router for _, router in self._vpcs.values()]
        remove_interface(routers, interface_id, namespace_name_of(self._engine_id, interface_id))
        for router in routers:
            router.groups.dismiss(interface_id)

    def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        """interfaces: any; those that are here carry their groups from now on."""
        self._policies = policies
        here = self.attached()
        present = [interface for interface in interfaces if interface.id in here]
        for vpc_id, (_, router) in self._vpcs.items():
            own = [interface for interface in present if interface.vpc_id == vpc_id]
            router.groups.enforce(policies, own)

    def rulesets(self) -> dict[VpcId, str]:
        return {
            vpc_id: router.groups.text() + router.ways.text()
            for vpc_id, (_, router) in self._vpcs.items()
        }

    def judge(self, probe: Probe) -> Judgement:
        plans = [router.plan for _, router in self._vpcs.values()]
        return judgement_of(self._engine_id, plans, probe)

    def attached(self) -> frozenset[NetworkInterfaceId]:
        return frozenset(map(NetworkInterfaceId, self._left("eni")))

    def resolver_sockets(self, vpc_id: VpcId) -> tuple[list[socket.socket], list[socket.socket]]:
        """Sockets for UDP and for TCP at the addresses of the VPC's resolver."""
        return self._vpcs[vpc_id][1].resolver_sockets()

    def close(self) -> None:
        for _, router in self._vpcs.values():
            router.close()
        self._vpcs.clear()

    def purge(self) -> None:
        """Works without `open`. Links go with their namespaces, but for the few of the host."""
        self.close()
        for interface_id in self._left("eni"):
            namespaces.drop(namespace_name_of(self._engine_id, interface_id))
        with Rtnetlink() as host:
            self._remove_vpcs(host, keeping=set())
        close_egress(self._engine_id)

    def _remove_vpcs(self, host: Rtnetlink, keeping: set[VpcId]) -> None:
        for vpc_id in sorted(set(self._left("vpc")) - keeping):
            host_link = host_link_of(self._engine_id, vpc_id)
            docker_firewall.let_through_no_more([host_link])
            host.perform(delete_link(host_link))
            namespaces.drop(namespace_name_of(self._engine_id, vpc_id))

    def _left(self, kind: str) -> tuple[str, ...]:
        return resources_named(self._engine_id, namespaces.names(), kind)
