"""Where packets of a VPC get: routes, NAT gateways and network ACLs as chains of nftables. Pure.

The router's own routes lead to every interface, and all else to the host; these chains take out
what the subnet's route table has no way for. They ask packet by packet and know no connection, as
AWS's routers do: a way that is gone is gone for connections too, and whoever has no way to the
caller cannot answer. Their number goes by that of route tables and lists, not of interfaces.

A packet asks the list of the subnet that it leaves, the route table, and the list of the subnet
that it enters; between interfaces of one subnet there is nothing to ask. Behind a NAT gateway are
the ways and the list of the gateway's own subnet too. The mark of a packet on its way out is the
address of its NAT gateway; by which of them, if any, a connection goes is decided by its first
packet, and no other way takes it then. Exempt is what the host opens itself, under its address of
the VPC.

There are no verdict maps: the elements of one that goes are out of force a moment before the rule
that asks it, and packets that are under way then are lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from hostless.domain.network_layout import SubnetLayout, VpcLayout, Way
from hostless.network.local.acl_rules import (
    AclDirection,
    acl_chain_of,
    acl_lines_of,
    lets_all_pass,
)
from hostless.network.local.group_rules import ORDINARY
from hostless.network.local.names import ROUTER_END_OF_HOST_LINK
from hostless.network.local.traffic import End, Family, in_range

ARRIVING, ORDINARY_CHAIN, CROSSING, LEAVING = "arriving", "ordinary", "crossing", "leaving"
"""The chains where packets come in, before they are translated; where those pass that nobody is
asked about, and all others; and where they go, when the NAT gateway has been found."""
NAT_PROTOCOLS, NAT_PORTS = "icmp, tcp, udp", "1024-65535"
"""What a NAT gateway carries, and its source ports (Amazon VPC User Guide, "NAT gateway basics",
"Network ACLs")."""
BEGAN_BY_NAT = 4
"""A bit of a connection's mark, beside those of `group_rules`: it cannot go on in another way."""
FROM_HOST = f'iifname "{ROUTER_END_OF_HOST_LINK}"'
TO_HOST = f'oifname "{ROUTER_END_OF_HOST_LINK}"'
HEADERS: Mapping[Family, str] = {"ipv4": "ip", "ipv6": "ip6"}

Chains = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nat:
    """A NAT gateway that some route leads to. subnet: its own."""

    id: str
    address: str
    subnet: SubnetLayout

    @property
    def mark(self) -> str:
        return f"{int(IPv4Address(self.address)):#010x}"


def chains_of(host_address: str, layout: VpcLayout) -> Chains:
    """Rules, in order, by chain. host_address: under which the host speaks to the VPC, if it does.

    Every rule has a comment that says what it comes from, if it decides something. Where nothing is
    to be asked of what arrives or leaves, the chain for it is missing.
    """
    subnets, nats = layout.subnets, _nats_of(layout)
    within = tuple(_within_of(subnets))
    arriving, leaving = tuple(_arriving_of(nats)), tuple(_leaving_of(nats))
    exempt = _exempt_of(host_address) if layout.is_routed_from_host else ()
    return {
        **({ARRIVING: arriving} if arriving else {}),
        ORDINARY_CHAIN: tuple(f"{each} {ORDINARY} accept" for each in within),
        CROSSING: (
            *(f"{each} return" for each in within),
            *exempt,
            *_crossing_of(subnets, nats),
        ),
        **({LEAVING: leaving} if leaving else {}),
        "routes": tuple(_routes_of(subnets)),
        **{chain: lines for subnet in subnets for chain, lines in _route_chains_of(subnet)},
        **dict(_acl_chains_of(subnets)),
        **{nat.id: tuple(_nat_lines_of(nat)) for nat in nats},
        **{_onward_chain_of(nat.subnet): tuple(_onward_lines_of(nat.subnet)) for nat in nats},
    }


def _nats_of(layout: VpcLayout) -> tuple[_Nat, ...]:
    subnets = {each.subnet.id: each for each in layout.subnets}
    ways = {way.target: way for each in layout.subnets for way in each.ways}
    return tuple(
        _Nat(id=way.target, address=way.nat_address, subnet=subnets[way.nat_subnet_id])
        for way in ways.values()
        if way.nat_address is not None and way.nat_subnet_id is not None
    )


def _arriving_of(nats: tuple[_Nat, ...]) -> Iterator[str]:
    """Packets as NAT gateways get them from the world."""
    yield from _asking(f"{FROM_HOST} ip daddr", _lists_of(nats, "in"))


def _within_of(subnets: tuple[SubnetLayout, ...]) -> Iterator[str]:
    """Packets of which nothing is asked where no list is: what stays within the VPC."""
    directions: tuple[AclDirection, AclDirection] = ("in", "out")
    if not any(
        value is not None
        for direction in directions
        for family in HEADERS
        for _, value in _borders_of(subnets, direction, family)
    ):
        yield f"{FROM_HOST.replace(' ', ' != ')} {TO_HOST.replace(' ', ' != ')}"


def _exempt_of(host_address: str) -> tuple[str, str]:
    return (
        f'{FROM_HOST} ip saddr {host_address} return comment "the host"',
        f'{TO_HOST} ip daddr {host_address} return comment "the host"',
    )


def _crossing_of(subnets: tuple[SubnetLayout, ...], nats: tuple[_Nat, ...]) -> Iterator[str]:
    yield f'{FROM_HOST} {TO_HOST} drop comment "nobody has the address"'
    for family, header in HEADERS.items():
        yield from _asking(f"{header} saddr", _borders_of(subnets, "out", family))
    yield f"{TO_HOST} jump routes"
    by_nat = f"ct mark & {BEGAN_BY_NAT} == {BEGAN_BY_NAT}"
    yield f'{TO_HOST} meta mark 0 {by_nat} drop comment "began by a NAT gateway"'
    yield from _asking(f"{FROM_HOST} ct direction reply ct reply ip daddr", _lists_of(nats, "out"))
    closed = [(f"jump {_back_chain_of(s)}", _range_of(s, "ipv6")) for s in subnets if _closes(s)]
    yield from _asking(f"{FROM_HOST} ip6 daddr", closed)
    for family, header in HEADERS.items():
        yield from _asking(f"{header} daddr", _borders_of(subnets, "in", family))


def _leaving_of(nats: tuple[_Nat, ...]) -> Iterator[str]:
    for nat in nats:
        mine, told = f"{TO_HOST} meta mark {nat.mark}", f'comment "{nat.id}"'
        with_ports = "meta l4proto { tcp, udp }"
        yield f"{mine} {with_ports} snat ip to {nat.address}:{NAT_PORTS} {told}"
        yield f"{mine} snat ip to {nat.address} {told}"


def _asking(key: str, asked: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """A rule for each thing to do. asked: what to do with which value of the key, if any."""
    values: dict[str, list[str]] = {}
    for verdict, value in asked:
        if value is not None:
            values.setdefault(verdict, []).append(value)
    for verdict, some in values.items():
        yield f"{key} {{ {', '.join(some)} }} {verdict}"


def _range_of(subnet: SubnetLayout, family: Family) -> str | None:
    if family == "ipv4":
        return subnet.subnet.cidr_block
    return None if subnet.subnet.ipv6 is None else subnet.subnet.ipv6.cidr_block


# Network ACLs


def _lists_of(nats: tuple[_Nat, ...], direction: AclDirection) -> Iterator[tuple[str, str]]:
    for nat in nats:
        if not lets_all_pass(nat.subnet, direction, "ipv4"):
            yield f"jump {acl_chain_of(nat.subnet, direction)}", nat.address


def _borders_of(
    subnets: tuple[SubnetLayout, ...], direction: AclDirection, family: Family
) -> Iterator[tuple[str, str | None]]:
    for subnet in subnets:
        if not lets_all_pass(subnet, direction, family):
            yield f"jump {acl_chain_of(subnet, direction)}", _range_of(subnet, family)


def _acl_chains_of(
    subnets: tuple[SubnetLayout, ...],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of lists that are asked: first they spare what does not leave its subnet."""
    directions: tuple[AclDirection, AclDirection] = ("in", "out")
    for direction in directions:
        having: dict[str, list[SubnetLayout]] = {}
        for each in subnets:
            having.setdefault(acl_chain_of(each, direction), []).append(each)
        for chain, some in having.items():
            spared = tuple(
                f"{header} saddr {range_} {header} daddr {range_} return comment "
                f'"within {each.subnet.id}"'
                for each in some
                for family, header in HEADERS.items()
                if not lets_all_pass(each, direction, family)
                and (range_ := _range_of(each, family)) is not None
            )
            if spared:
                yield chain, (*spared, *acl_lines_of(some[0], direction))


# Route tables


def _routes_of(subnets: tuple[SubnetLayout, ...]) -> Iterator[str]:
    """`goto`: what a route table's chain has decided is decided."""
    for family, header in HEADERS.items():
        yield from _asking(
            f"{header} saddr",
            [(f"goto {s.route_table_id}", _range_of(s, family)) for s in subnets if _is_routed(s)],
        )
    yield 'drop comment "no route table"'


def _is_routed(subnet: SubnetLayout) -> bool:
    return bool(subnet.route_table_id)


def _route_chains_of(subnet: SubnetLayout) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Subnets with the same route table have the same ways."""
    id_ = subnet.route_table_id
    if _is_routed(subnet):
        lines = (_routed(subnet, way, each) for way in subnet.ways for each in _verdicts_of(way))
        yield id_, (*lines, _no_route(subnet))
    if _closes(subnet):
        yield _back_chain_of(subnet), tuple(_back_lines_of(subnet))


def _no_route(subnet: SubnetLayout) -> str:
    return f'drop comment "{subnet.route_table_id} no route"'


def _routed(subnet: SubnetLayout, way: Way, verdict: str, end: End = "daddr") -> str:
    told = f"{subnet.route_table_id} {way.destination} {way.target}"
    return f'{in_range(end, way.destination)} {verdict} comment "{told}"'


def _verdicts_of(way: Way) -> tuple[str, ...]:
    """NAT gateways carry IPv4 only, as they do not translate from IPv6; egress-only ones IPv6."""
    is_ipv6 = ":" in way.destination
    match way.through:
        case "internet":
            return ("return",)
        case "nat" if not is_ipv6:
            return (f"goto {way.target}",)
        case "egress_only" if is_ipv6:
            return ("ct direction original return", "drop")
        case _:
            return ("drop",)


# Egress-only internet gateways


def _closes(subnet: SubnetLayout) -> bool:
    is_dual = subnet.subnet.ipv6 is not None
    return is_dual and any(way.through == "egress_only" for way in subnet.ways)


def _back_chain_of(subnet: SubnetLayout) -> str:
    return f"{subnet.route_table_id}-back"


def _back_lines_of(subnet: SubnetLayout) -> Iterator[str]:
    """Nobody opens connections to where the way back is an egress-only gateway's."""
    for way in subnet.ways:
        if ":" in way.destination:
            if way.through == "egress_only":
                yield _routed(subnet, way, "ct direction original drop", end="saddr")
            yield _routed(subnet, way, "return", end="saddr")


# NAT gateways


def _nat_lines_of(nat: _Nat) -> Iterator[str]:
    """No answer passes, not even to a caller that comes from outside by this very gateway."""
    told = f'comment "{nat.id}"'
    yield f"meta l4proto != {{ {NAT_PROTOCOLS} }} drop {told}"
    yield f"ct direction reply drop {told}"
    yield f"ct status confirmed ct reply ip daddr != {nat.address} drop {told}"
    for direction in ("in", "out"):
        if not lets_all_pass(nat.subnet, direction, "ipv4"):
            yield f"jump {acl_chain_of(nat.subnet, direction)}"
    yield f"ct mark set ct mark | {BEGAN_BY_NAT}"
    yield f"meta mark set {nat.mark} goto {_onward_chain_of(nat.subnet)}"


def _onward_chain_of(subnet: SubnetLayout) -> str:
    return f"{subnet.route_table_id or 'no-table'}-onward"


def _onward_lines_of(subnet: SubnetLayout) -> Iterator[str]:
    """The ways of NAT gateways in the subnet; one that leads to a NAT gateway is none."""
    for way in subnet.ways:
        if ":" not in way.destination:
            yield _routed(subnet, way, "return" if way.through == "internet" else "drop")
    yield _no_route(subnet)
