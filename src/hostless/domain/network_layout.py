"""The network as a fabric sees it: what the records of VPCs come to, subnet by subnet. Pure.

Longest prefix first, and a route whose target is gone leads nowhere (Amazon VPC User Guide, "Route
priority"; a `blackhole`). Rules of security groups are not part of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Literal

from hostless.domain.arns import (
    DhcpOptionsId,
    EgressOnlyGatewayId,
    InternetGatewayId,
    NatGatewayId,
    PrefixListId,
    SubnetId,
    VpcId,
)
from hostless.domain.dhcp_options import DhcpOptions
from hostless.domain.gateways import AddressPool, EgressOnlyGateway, InternetGateway, NatGateway
from hostless.domain.network import Subnet, Vpc
from hostless.domain.network_acls import NetworkAcl, NetworkAclAssociation, NetworkAclEntry
from hostless.domain.prefix_lists import PrefixList
from hostless.domain.routing import LOCAL, Route, RouteTable, RouteTableAssociation

Through = Literal["internet", "nat", "egress_only", "nowhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecords:
    """Every record that says what the network is like, but for who is in it."""

    pool: AddressPool
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    route_table_associations: tuple[RouteTableAssociation, ...] = ()
    internet_gateways: tuple[InternetGateway, ...] = ()
    egress_only_gateways: tuple[EgressOnlyGateway, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    acls: tuple[NetworkAcl, ...] = ()
    acl_associations: tuple[NetworkAclAssociation, ...] = ()
    dhcp_options: tuple[DhcpOptions, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where packets to a range outside of the VPC go.

    destination: range of IPv4 or IPv6. through: `internet` lets pass whoever has a public address
    (IPv4) or an address (IPv6); `nat` hands over to a NAT gateway, which sends under nat_address,
    its public one, where the ways and the list of nat_subnet_id, its own in this VPC, let it;
    `egress_only` lets no connection in. target: what the route names, for the reader.
    """

    destination: str
    through: Through
    target: str
    nat_address: str | None = None
    nat_subnet_id: SubnetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetLayout:
    """ways: the first one whose destination fits decides; what fits none goes nowhere.

    acl: in the order in which they are asked; what fits none is denied.
    """

    subnet: Subnet
    route_table_id: str
    ways: tuple[Way, ...]
    acl_id: str
    acl: tuple[NetworkAclEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcLayout:
    """is_routed_from_host: whether the host reaches private addresses: those of the default VPC.

    dhcp_options: None for AWS's own set.
    """

    vpc: Vpc
    subnets: tuple[SubnetLayout, ...]
    is_routed_from_host: bool
    dhcp_options: DhcpOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLayout:
    """public_cidr: the range of the pool of public addresses."""

    public_cidr: str
    vpcs: tuple[VpcLayout, ...]


def layout_of(records: NetworkRecords) -> NetworkLayout:
    options: Mapping[DhcpOptionsId | None, DhcpOptions] = {o.id: o for o in records.dhcp_options}
    reading = _Reading(records)
    return NetworkLayout(
        public_cidr=records.pool.cidr_block,
        vpcs=tuple(
            VpcLayout(
                vpc=vpc,
                subnets=tuple(
                    reading.subnet(each) for each in records.subnets if each.vpc_id == vpc.id
                ),
                is_routed_from_host=vpc.is_default,
                dhcp_options=options.get(vpc.dhcp_options_id),
            )
            for vpc in records.vpcs
        ),
    )


class _Reading:
    """The records, found by what they belong to."""

    def __init__(self, records: NetworkRecords) -> None:
        self._vpcs = {subnet.id: subnet.vpc_id for subnet in records.subnets}
        self._tables = {table.id: table for table in records.route_tables}
        associations = records.route_table_associations
        self._own = {a.subnet_id: a.route_table_id for a in associations if a.subnet_id}
        self._main = {a.vpc_id: a.route_table_id for a in associations if a.subnet_id is None}
        self._internet = {g.id: g.vpc_id for g in records.internet_gateways}
        self._egress_only = {g.id: g.vpc_id for g in records.egress_only_gateways}
        self._nats: dict[NatGatewayId, NatGateway] = {g.id: g for g in records.nat_gateways}
        self._prefix_lists: dict[PrefixListId, PrefixList] = {p.id: p for p in records.prefix_lists}
        acls = {acl.id: acl for acl in records.acls}
        self._acls = {a.subnet_id: acls.get(a.acl_id) for a in records.acl_associations}

    def subnet(self, subnet: Subnet) -> SubnetLayout:
        table = self.table_of(subnet.id, subnet.vpc_id)
        acl = self._acls.get(subnet.id)
        return SubnetLayout(
            subnet=subnet,
            route_table_id=table.id if table else "",
            ways=self._ways(table, subnet.vpc_id),
            acl_id=acl.id if acl else "",
            acl=tuple(sorted(acl.entries, key=lambda e: e.number)) if acl else (),
        )

    def table_of(self, subnet_id: SubnetId, vpc_id: VpcId) -> RouteTable | None:
        id_ = self._own.get(subnet_id) or self._main.get(vpc_id)
        return self._tables.get(id_) if id_ else None

    def _ways(self, table: RouteTable | None, vpc_id: VpcId) -> tuple[Way, ...]:
        routes = table.routes if table else ()
        ways = [
            self._way(route, destination, vpc_id)
            for route in sorted(routes, key=_names_a_list)
            if route.target != LOCAL
            for destination in self._destinations(route)
        ]
        return tuple(sorted(ways, key=lambda way: -ip_network(way.destination).prefixlen))

    def _destinations(self, route: Route) -> Iterable[str]:
        listed = self._prefix_lists.get(PrefixListId(route.destination))
        if listed is not None:
            return [entry.cidr_block for entry in listed.entries]
        return [] if _names_a_list(route) else [route.destination]

    def _way(self, route: Route, destination: str, vpc_id: VpcId) -> Way:
        way = Way(destination=destination, through="nowhere", target=route.target)
        if self._internet.get(InternetGatewayId(route.target)) == vpc_id:
            return replace(way, through="internet")
        if self._egress_only.get(EgressOnlyGatewayId(route.target)) == vpc_id:
            return replace(way, through="egress_only")
        gateway = self._nats.get(NatGatewayId(route.target))
        if gateway is None or not self._carries(gateway, vpc_id):
            return way
        return replace(
            way,
            through="nat",
            nat_address=gateway.public_address,
            nat_subnet_id=gateway.subnet_id,
        )

    def _carries(self, gateway: NatGateway, vpc_id: VpcId) -> bool:
        """Whether it takes packets. A private one has no public address, and nowhere to send to."""
        is_there = gateway.state in ("pending", "available")
        is_in_vpc = self._vpcs.get(gateway.subnet_id) == vpc_id
        return is_there and is_in_vpc and gateway.public_address is not None


def _names_a_list(route: Route) -> bool:
    """Of equally long prefixes one that a route names itself goes first (the guide again)."""
    return route.destination.startswith("pl-")
