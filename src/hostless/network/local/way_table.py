"""The table in a VPC's router that decides where packets get: routes, NAT gateways, network ACLs.

Pure. The router's own routes lead to every interface, and all else to the host; this table takes
out what the subnet's route table has no way for. It asks packet by packet and knows no connection,
as AWS's routers do: a way that is gone is gone for connections too, and whoever has no way to the
caller cannot answer. Its size goes by the number of subnets, tables and lists, not of interfaces.

It is replaced as a whole, in one transaction. Its base chains accept by policy, as those of a
transaction under way already see packets, without rules; so what is refused is refused by rules.

A packet asks the list of the subnet that it leaves, the route table, and the list of the subnet
that it enters; between interfaces of one subnet there is nothing to ask. Behind a NAT gateway are
the ways and the list of the gateway's own subnet too. The mark of a packet on its way out is the
address of its NAT gateway; which of them has a connection is decided by its first packet, and the
others refuse it then. Exempt is what the host opens itself, under its address of the VPC.
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
from hostless.network.local.names import ROUTER_END_OF_HOST_LINK
from hostless.network.local.traffic import End, Family, in_range

TABLE = "ways"
NAT_PROTOCOLS, NAT_PORTS = "icmp, tcp, udp", "1024-65535"
"""What a NAT gateway carries, and its source ports (Amazon VPC User Guide, "NAT gateway basics",
"Network ACLs")."""
FROM_HOST = f'iifname "{ROUTER_END_OF_HOST_LINK}"'
TO_HOST = f'oifname "{ROUTER_END_OF_HOST_LINK}"'
HEADERS: Mapping[Family, str] = {"ipv4": "ip", "ipv6": "ip6"}

Chains = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nat:
    """A NAT gateway that some route leads to. subnet: its own."""

    id: str
    address: str
    subnet: SubnetLayout

    @property
    def mark(self) -> str:
        return f"{int(IPv4Address(self.address)):#010x}"


def table_of(host_address: str, layout: VpcLayout) -> str:
    """One transaction that makes the table, new or anew.

    host_address: under which the host speaks to the VPC, if it does.
    """
    nats = _nats_of(layout)
    chains: Chains = {
        "prerouting": tuple(_prerouting_of(nats)),
        "forward": (
            "type filter hook forward priority filter - 10; policy accept;",
            *(_exempt_of(host_address) if layout.is_routed_from_host else ()),
            *_forward_of(layout.subnets, nats),
        ),
        "postrouting": tuple(_postrouting_of(nats)),
        "routes": tuple(_routes_of(layout.subnets)),
    }
    for subnet in layout.subnets:
        chains |= _route_chains_of(subnet) | _border_chains_of(subnet)
    for nat in nats:
        chains |= {nat.id: tuple(_nat_lines_of(nat))}
    written = "\n".join(_written(name, lines) for name, lines in chains.items())
    return f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{written}\n}}\n"


def _written(name: str, lines: Iterable[str]) -> str:
    return "\n".join((f"  chain {name} {{", *(f"    {line}" for line in lines), "  }"))


def _nats_of(layout: VpcLayout) -> tuple[_Nat, ...]:
    subnets = {each.subnet.id: each for each in layout.subnets}
    ways = {way.target: way for each in layout.subnets for way in each.ways}
    return tuple(
        _Nat(id=way.target, address=way.nat_address, subnet=subnets[way.nat_subnet_id])
        for way in ways.values()
        if way.nat_address is not None and way.nat_subnet_id is not None
    )


def _prerouting_of(nats: tuple[_Nat, ...]) -> Iterator[str]:
    """Packets as NAT gateways get them from the world, before they are translated back."""
    yield "type filter hook prerouting priority mangle; policy accept;"
    yield from _asking(FROM_HOST, "ip daddr", _lists_of(nats, "in"))


def _exempt_of(host_address: str) -> tuple[str, str]:
    return (
        f'{FROM_HOST} ip saddr {host_address} accept comment "the host"',
        f'{TO_HOST} ip daddr {host_address} accept comment "the host"',
    )


def _forward_of(subnets: tuple[SubnetLayout, ...], nats: tuple[_Nat, ...]) -> Iterator[str]:
    yield f'{FROM_HOST} {TO_HOST} drop comment "nobody has the address"'
    for family, header in HEADERS.items():
        yield from _asking("", f"{header} saddr", _borders_of(subnets, "out", family))
    yield f"{TO_HOST} jump routes"
    back = _lists_of(nats, "out")
    yield from _asking(f"{FROM_HOST} ct direction reply", "ct reply ip daddr", back)
    closed = {_range_of(s, "ipv6"): f"jump {_back_chain_of(s)}" for s in subnets if _closes(s)}
    yield from _asking(FROM_HOST, "ip6 daddr", closed)
    for family, header in HEADERS.items():
        yield from _asking("", f"{header} daddr", _borders_of(subnets, "in", family))


def _postrouting_of(nats: tuple[_Nat, ...]) -> Iterator[str]:
    """Before other chains translate sources: what goes by a NAT gateway goes under its address."""
    yield "type nat hook postrouting priority srcnat - 5; policy accept;"
    for nat in nats:
        mine, told = f"{TO_HOST} meta mark {nat.mark}", f'comment "{nat.id}"'
        with_ports = "meta l4proto { tcp, udp }"
        yield f"{mine} {with_ports} snat ip to {nat.address}:{NAT_PORTS} {told}"
        yield f"{mine} snat ip to {nat.address} {told}"


def _asking(which: str, key: str, asked: Mapping[str | None, str]) -> Iterator[str]:
    """A rule that sends packets where the map says; none when it says nothing."""
    elements = ", ".join(f"{value} : {to}" for value, to in asked.items() if value is not None)
    if elements:
        yield f"{which} {key} vmap {{ {elements} }}".lstrip()


def _range_of(subnet: SubnetLayout, family: Family) -> str | None:
    if family == "ipv4":
        return subnet.subnet.cidr_block
    return None if subnet.subnet.ipv6 is None else subnet.subnet.ipv6.cidr_block


# Network ACLs


def _lists_of(nats: tuple[_Nat, ...], direction: AclDirection) -> dict[str | None, str]:
    return {
        nat.address: f"jump {acl_chain_of(nat.subnet, direction)}"
        for nat in nats
        if not lets_all_pass(nat.subnet, direction, "ipv4")
    }


def _borders_of(
    subnets: tuple[SubnetLayout, ...], direction: AclDirection, family: Family
) -> dict[str | None, str]:
    return {
        _range_of(subnet, family): f"jump {subnet.subnet.id}-{direction}"
        for subnet in subnets
        if not lets_all_pass(subnet, direction, family)
    }


def _border_chains_of(subnet: SubnetLayout) -> Chains:
    """The list's chain, and the subnet's own, which spares packets that do not leave the subnet."""
    chains: Chains = {}
    directions: tuple[AclDirection, AclDirection] = ("in", "out")
    for direction in directions:
        end = "saddr" if direction == "in" else "daddr"
        asked = [family for family in HEADERS if not lets_all_pass(subnet, direction, family)]
        lists = acl_chain_of(subnet, direction)
        lines = tuple(
            f"{HEADERS[family]} {end} != {range_} jump {lists}"
            for family in asked
            if (range_ := _range_of(subnet, family)) is not None
        )
        if lines:
            chains[f"{subnet.subnet.id}-{direction}"] = lines
            chains[lists] = acl_lines_of(subnet, direction)
    return chains


# Route tables


def _routes_of(subnets: tuple[SubnetLayout, ...]) -> Iterator[str]:
    """`goto`: what a route table's chain has decided is decided."""
    for family, header in HEADERS.items():
        tables = {
            _range_of(subnet, family): f"goto {subnet.route_table_id}"
            for subnet in subnets
            if subnet.route_table_id
        }
        yield from _asking("", f"{header} saddr", tables)
    yield 'drop comment "no route table"'


def _route_chains_of(subnet: SubnetLayout) -> Chains:
    """Subnets with the same route table have the same ways."""
    id_ = subnet.route_table_id
    if not id_:
        return {}
    lines = (_routed(subnet, way, verdict) for way in subnet.ways for verdict in _verdicts_of(way))
    chains: Chains = {id_: (*lines, f'drop comment "{id_} no route"')}
    if _closes(subnet):
        chains[_back_chain_of(subnet)] = tuple(_back_lines_of(subnet))
    return chains


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
    """Ends in the ways of the gateway's subnet; one that leads to a NAT gateway is none."""
    told = f'comment "{nat.id}"'
    yield f"meta l4proto != {{ {NAT_PROTOCOLS} }} drop {told}"
    yield f"ct status confirmed ct reply ip daddr != {nat.address} drop {told}"
    for direction in ("in", "out"):
        if not lets_all_pass(nat.subnet, direction, "ipv4"):
            yield f"jump {acl_chain_of(nat.subnet, direction)}"
    for way in nat.subnet.ways:
        if ":" not in way.destination:
            leads = way.through == "internet"
            verdict = f"meta mark set {nat.mark} return" if leads else "drop"
            yield _routed(nat.subnet, way, verdict)
    yield f'drop comment "{nat.subnet.route_table_id} no route"'
