"""Everything that the local fabric does to the machine, in one thread and without waiting.

It keeps nothing that the machine does not know: after a crash a new object finds all of it again
by name. Asking for what is there already changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import ParamSpec

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace
from hostless.domain.network_layout import NetworkLayout, VpcLayout
from hostless.domain.security_groups import GroupPolicy
from hostless.network.local import docker_firewall, namespaces
from hostless.network.local.egress import (
    change_links,
    close_egress,
    open_egress,
    open_ipv6_egress,
)
from hostless.network.local.interfaces import make_interface, remove_interface
from hostless.network.local.messages import delete_link
from hostless.network.local.names import (
    VpcPlan,
    host_link_of,
    namespace_name_of,
    resources_named,
    vpc_plan_of,
)
from hostless.network.local.nftables import NftablesFailed
from hostless.network.local.public_routes import PublicRoutes
from hostless.network.local.router import Router, open_router
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.place import place_of
from hostless.network.seam import NetworkFailed

P = ParamSpec("P")


class VpcUnknown(Exception):
    """The interface belongs to a VPC that is not laid out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVpc:
    """layout: what its router enforces. is_settled: False when it was half changed."""

    layout: VpcLayout
    router: Router
    is_settled: bool = True


class Machine:
    """engine_id: part of every name. vpcs: those that are laid out; may be read by any thread.

    All methods raise OSError and NftablesFailed.
    """

    def __init__(self, engine_id: str) -> None:
        self.engine_id = engine_id
        self.vpcs: Mapping[VpcId, OpenVpc] = {}
        self._layout: NetworkLayout | None = None
        self._links: list[str] | None = None
        self._publics = PublicRoutes(engine_id)
        self._policies: Mapping[SecurityGroupId, GroupPolicy] | None = None

    def lay_out(self, layout: NetworkLayout) -> None:
        """Have these VPCs and no others.

        Raises PublicRangeTaken, with nothing made, and NetworkFailed (VpcRangeTaken, too), which
        says which VPCs are refused; all else is as it should be then.
        """
        if layout == self._layout:
            return
        self._layout = None
        namespaces.prepare_folder()
        with Rtnetlink() as host:
            self._publics.need_pool(host, layout.public_cidr, left_of(self.engine_id, "vpc"))
            kept = {each.vpc.id for each in layout.vpcs}
            unremoved = _failure_of(self._remove_vpcs, host, kept)
            tried = [
                (each.vpc.id, _failure_of(self._lay_out_vpc, host, each, layout.public_cidr))
                for each in layout.vpcs
            ]
            if self.vpcs or self._links is not None:
                self._open_to_host(host, layout.public_cidr)
        if unremoved is not None:
            raise unremoved
        refused = {vpc_id: failure for vpc_id, failure in tried if failure is not None}
        if refused:
            raise _refusal_of(refused)
        self._layout = layout

    def _lay_out_vpc(self, host: Rtnetlink, layout: VpcLayout, public_cidr: str) -> None:
        known = self.vpcs.get(layout.vpc.id)
        if known is not None and known.is_settled and known.layout == layout:
            return
        plan = vpc_plan_of(self.engine_id, layout, public_cidr)
        if known is None:
            router = self._open_router(host, plan, layout)
        else:
            router = known.router
            self.vpcs = {**self.vpcs, layout.vpc.id: replace(known, is_settled=False)}
            try:
                router.become(host, plan)
            finally:  # What is refused is a range; ways and lists are no less in force for that.
                router.ways.apply(layout)
        self.vpcs = {**self.vpcs, layout.vpc.id: OpenVpc(layout=layout, router=router)}

    def _open_router(self, host: Rtnetlink, plan: VpcPlan, layout: VpcLayout) -> Router:
        router = open_router(host, plan)
        with ExitStack() as undoing:
            undoing.callback(router.close)
            router.groups.open(self.attached())
            router.ways.apply(layout)
            if self._policies is not None:
                router.groups.enforce(self._policies, ())
            undoing.pop_all()
        return router

    def _open_to_host(self, host: Rtnetlink, public_cidr: str) -> None:
        plans = self.plans()
        links = [plan.host_link for plan in plans]
        is_first = self._links is None
        if is_first:
            self._publics.open(host, public_cidr, plans)
            open_egress(self.engine_id, host, public_cidr, plans)
        elif links != self._links:
            change_links(self.engine_id, plans)
        if any(plan.ipv6_cidr is not None for plan in plans):
            open_ipv6_egress(self.engine_id, host)
        self._links = links
        self._lead_publics(host)
        if is_first:
            self._publics.forget_connections(plans)

    def _lead_publics(self, host: Rtnetlink) -> None:
        """Gateways' addresses, and those of interfaces."""
        wanted: dict[str, VpcPlan] = {}
        for each in self.vpcs.values():
            plan = each.router.plan
            wanted.update(dict.fromkeys(plan.nat_addresses, plan))
            wanted.update(dict.fromkeys(each.router.groups.members.by_public_address, plan))
        self._publics.lead(host, wanted, self.plans())

    def plans(self) -> list[VpcPlan]:
        return [each.router.plan for each in self.vpcs.values()]

    def reserve(self, interface: NetworkInterface) -> NetworkPlace:
        """Raises VpcUnknown."""
        if interface.vpc_id not in self.vpcs:
            raise VpcUnknown(interface.vpc_id)
        name = namespace_name_of(self.engine_id, interface.id)
        if not namespaces.exists(name):
            namespaces.make(name)
        layout = self.vpcs[interface.vpc_id].layout
        return place_of(interface, layout, str(namespaces.path_of(name)))

    def attach(self, interface: NetworkInterface) -> NetworkPlace:
        """Raises VpcUnknown. Before any packet can pass it is known in which groups it is."""
        place, public = self.reserve(interface), interface.public_address
        router = self.vpcs[interface.vpc_id].router
        if public is not None:
            self._make_room(interface, public)
        router.groups.admit(interface)
        make_interface(router, interface, namespace_name_of(self.engine_id, interface.id))
        if public is not None:
            with Rtnetlink() as host:
                self._publics.claim(host, public, router.plan)
        return place

    def _make_room(self, interface: NetworkInterface, public_address: str) -> None:
        """Nobody else has the address, nor a connection of its last owner."""
        for each in self.vpcs.values():
            groups = each.router.groups
            holder = groups.members.by_public_address.get(public_address)
            if holder is not None and holder.interface_id != interface.id:
                groups.dismiss(holder.interface_id)
        if self._publics.has_left(public_address):
            self._publics.forget_connections(self.plans())

    def detach(self, interface_id: NetworkInterfaceId) -> None:
        routers = [each.router for each in self.vpcs.values()]
        members = [router.groups.members.by_interface.get(interface_id) for router in routers]
        publics = [each.public_address for each in members if each and each.public_address]
        if publics:
            with Rtnetlink() as host:
                self._publics.release(host, *publics)
        remove_interface(routers, interface_id, namespace_name_of(self.engine_id, interface_id))
        for router in routers:
            router.groups.dismiss(interface_id)

    def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        """interfaces: any; those that are here carry their groups from now on.

        Where it fails in one VPC it is as it should be in the others.
        """
        self._policies = policies
        here = self.attached()
        present = [interface for interface in interfaces if interface.id in here]
        tried = [
            _failure_of(
                each.router.groups.enforce,
                policies,
                [interface for interface in present if interface.vpc_id == vpc_id],
            )
            for vpc_id, each in self.vpcs.items()
        ]
        if self._links is not None:
            with Rtnetlink() as host:
                self._lead_publics(host)
        for failure in filter(None, tried):
            raise failure

    def attached(self) -> frozenset[NetworkInterfaceId]:
        return frozenset(map(NetworkInterfaceId, left_of(self.engine_id, "eni")))

    def close(self) -> None:
        """Leave everything as it is."""
        for each in self.vpcs.values():
            each.router.close()
        self.vpcs, self._layout, self._links = {}, None, None
        self._publics = PublicRoutes(self.engine_id)

    def purge(self) -> None:
        """Works without `lay_out`. Links go with their namespaces, but for the few of the host."""
        self.close()
        for interface_id in left_of(self.engine_id, "eni"):
            namespaces.drop(namespace_name_of(self.engine_id, interface_id))
        with Rtnetlink() as host:
            self._remove_vpcs(host, keeping=set())
            self._publics.purge(host)
        close_egress(self.engine_id)

    def _remove_vpcs(self, host: Rtnetlink, keeping: set[VpcId]) -> None:
        for vpc_id in map(VpcId, sorted(set(left_of(self.engine_id, "vpc")) - keeping)):
            if vpc_id in self.vpcs:
                self.vpcs[vpc_id].router.close()
                self.vpcs = {id_: each for id_, each in self.vpcs.items() if id_ != vpc_id}
            host_link = host_link_of(self.engine_id, vpc_id)
            docker_firewall.let_through_no_more([host_link])
            host.perform(delete_link(host_link))
            namespaces.drop(namespace_name_of(self.engine_id, vpc_id))


def left_of(engine_id: str, kind: str) -> tuple[str, ...]:
    """The ids of what the engine has made here, or what was left by one that is gone."""
    return resources_named(engine_id, namespaces.names(), kind)


def _failure_of(call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> Exception | None:
    try:
        call(*args, **kwargs)
    except (NetworkFailed, OSError, NftablesFailed) as failure:
        return failure
    return None


def _refusal_of(failures: Mapping[VpcId, Exception]) -> NetworkFailed:
    """The first of them, of all these VPCs."""
    first = next(iter(failures.values()))
    if not isinstance(first, NetworkFailed):
        told = NetworkFailed(f"The network cannot be set up: {first}")
        told.__cause__ = first
        first = told
    first.refused = frozenset(failures)
    return first
