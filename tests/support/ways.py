"""Route tables, NAT gateways and network ACLs for tests: as values, and what they mean.

The meaning is told apart from the compiler: straight from the values, one packet at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from random import Random

from tests.contract.network_suite import Range

from hostless.domain.network import Subnet
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout, Through, VpcLayout, Way

EVERYWHERE = "0.0.0.0/0"
IGW = "igw-00000000000000001"


def way(through: Through, destination: str = EVERYWHERE, target: str = IGW) -> Way:
    return Way(destination=destination, through=through, target=target)


def nat_way(number: int, address: str, subnet: Subnet, destination: str = EVERYWHERE) -> Way:
    """By NAT gateway number so-and-so."""
    return Way(
        destination=destination,
        through="nat",
        target=f"nat-{number:017x}",
        nat_address=address,
        nat_subnet_id=subnet.id,
    )


def entry(
    number: int,
    *,
    allows: bool = True,
    is_egress: bool = False,
    protocol: str = "-1",
    cidr: str = EVERYWHERE,
    ports: tuple[int, int] | None = None,
    icmp: tuple[int, int] | None = None,
) -> NetworkAclEntry:
    made = NetworkAclEntry(
        number=number,
        is_egress=is_egress,
        allows=allows,
        protocol=protocol,
        from_port=None if ports is None else ports[0],
        to_port=None if ports is None else ports[1],
        icmp_type=None if icmp is None else icmp[0],
        icmp_code=None if icmp is None else icmp[1],
    )
    return replace(made, cidr_ipv6=cidr) if ":" in cidr else replace(made, cidr_ipv4=cidr)


EVERYTHING = (entry(100), entry(100, is_egress=True))


def subnet_with(
    subnet: Subnet,
    ways: Iterable[Way] = (),
    acl: Iterable[NetworkAclEntry] = EVERYTHING,
    *,
    table: int = 1,
    list_: int = 1,
) -> SubnetLayout:
    """table, list_: numbers of the route table and the network ACL."""
    longest_first = sorted(ways, key=lambda w: -ip_network(w.destination).prefixlen)
    return SubnetLayout(
        subnet=subnet,
        route_table_id=f"rtb-{table:017x}",
        ways=tuple(longest_first),
        acl_id=f"acl-{list_:017x}",
        acl=tuple(sorted(acl, key=lambda e: e.number)),
    )


def vpc_with(range_: Range, *subnets: SubnetLayout, is_routed_from_host: bool = True) -> VpcLayout:
    return VpcLayout(vpc=range_.vpc, subnets=subnets, is_routed_from_host=is_routed_from_host)


NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """source, target: private addresses of the VPC, or those of the world.

    port: the destination's, of TCP and UDP. icmp: type and code.
    """

    source: str
    target: str
    protocol: str
    port: int = 0
    icmp: tuple[int, int] = (0, 0)


def is_answered(request: Packet, answer: Packet, vpc: VpcLayout) -> bool:
    """Whether both get where they want, by routes and lists alone.

    Whoever is called by the world has a public address, as has who calls the world by an internet
    gateway.
    """
    caller, called = (_subnet_of(end, vpc) for end in (request.source, request.target))
    if caller is not None and called is not None:
        return all(_crosses(packet, caller, called) for packet in (request, answer))
    if called is not None:
        way = _way_to(request.source, called)
        leads = way is not None and way.through == "internet"
        return leads and _enters(called, request) and _leaves(called, answer)
    assert caller is not None
    return (
        _leaves(caller, request)
        and _leads_out(caller, request, answer, vpc)
        and _enters(caller, answer)
    )


def _crosses(packet: Packet, one: SubnetLayout, other: SubnetLayout) -> bool:
    if one is other:
        return True
    is_from_one = ip_address(packet.source) in ip_network(one.subnet.cidr_block)
    left, entered = (one, other) if is_from_one else (other, one)
    return _leaves(left, packet) and _enters(entered, packet)


def _leads_out(caller: SubnetLayout, request: Packet, answer: Packet, vpc: VpcLayout) -> bool:
    way = _way_to(request.target, caller)
    if way is None or way.through != "nat":
        return way is not None and way.through == "internet"
    gateway = next(each for each in vpc.subnets if each.subnet.id == way.nat_subnet_id)
    onward = _way_to(request.target, gateway)
    return (
        onward is not None
        and onward.through == "internet"
        and all(_enters(gateway, each) and _leaves(gateway, each) for each in (request, answer))
    )


def _subnet_of(address: str, vpc: VpcLayout) -> SubnetLayout | None:
    for each in vpc.subnets:
        if ip_address(address) in ip_network(each.subnet.cidr_block):
            return each
    return None


def _way_to(address: str, subnet: SubnetLayout) -> Way | None:
    fitting = [w for w in subnet.ways if ip_address(address) in ip_network(w.destination)]
    return max(fitting, key=lambda w: ip_network(w.destination).prefixlen, default=None)


def _enters(subnet: SubnetLayout, packet: Packet) -> bool:
    return _allows((e for e in subnet.acl if not e.is_egress), packet, packet.source)


def _leaves(subnet: SubnetLayout, packet: Packet) -> bool:
    return _allows((e for e in subnet.acl if e.is_egress), packet, packet.target)


def _allows(entries: Iterable[NetworkAclEntry], packet: Packet, peer: str) -> bool:
    fitting = [
        each
        for each in entries
        if each.cidr_ipv4 is not None
        and ip_address(peer) in ip_network(each.cidr_ipv4)
        and _means(each, packet)
    ]
    return bool(fitting) and min(fitting, key=lambda e: e.number).allows


def _means(each: NetworkAclEntry, packet: Packet) -> bool:
    if each.protocol == "-1":
        return True
    if each.protocol != NUMBERS[packet.protocol]:
        return False
    if packet.protocol == "icmp":
        type_, code = each.icmp_type, each.icmp_code
        return type_ in (None, -1, packet.icmp[0]) and code in (None, -1, packet.icmp[1])
    if each.from_port is None or each.to_port is None:
        return True
    return each.from_port <= packet.port <= each.to_port


class RandomWays:
    """cidrs, ports: whom and what entries may mean. nats: public addresses of NAT gateways."""

    def __init__(
        self,
        random: Random,
        subnets: tuple[Subnet, ...],
        ports: tuple[int, ...],
        cidrs: tuple[str, ...],
        destinations: tuple[str, ...],
        nats: tuple[str, ...],
    ) -> None:
        self._random = random
        self._subnets = subnets
        self._ports = ports
        self._cidrs = cidrs
        self._destinations = destinations
        self._nats = [(number, nat, random.choice(subnets)) for number, nat in enumerate(nats)]

    def some(self) -> tuple[SubnetLayout, ...]:
        """Every subnet with one of three tables and of three lists."""
        return self.changed(tuple(map(subnet_with, self._subnets)))

    def changed(self, before: Iterable[SubnetLayout]) -> tuple[SubnetLayout, ...]:
        """Subnets' tables and lists are others, but for some that stay what they are."""
        draw = self._random
        tables = {number: self._table() for number in range(3)}
        lists = {number: self._list() for number in range(3)}
        made = [
            subnet_with(each.subnet, tables[table], lists[list_], table=table, list_=list_)
            for each in before
            for table, list_ in ((draw.randrange(3), draw.randrange(3)),)
        ]
        return tuple(made)

    def _table(self) -> tuple[Way, ...]:
        draw = self._random
        return tuple(
            self._way(destination)
            for destination in self._destinations
            if draw.random() < (0.8 if destination == EVERYWHERE else 0.3)
        )

    def _way(self, destination: str) -> Way:
        kind = self._random.choice(("internet", "internet", "nat", "nat", "nat", "nowhere"))
        if kind == "nat":
            return nat_way(*self._random.choice(self._nats), destination)
        return way("internet" if kind == "internet" else "nowhere", destination)

    def _list(self) -> tuple[NetworkAclEntry, ...]:
        """Most of what is not spoken about passes."""
        draw = self._random
        if draw.random() < 0.2:
            return EVERYTHING
        entries = [self._entry(number) for number in range(10, 10 + draw.randint(1, 10))]
        rest = [entry(100, is_egress=out) for out in (True, False) if draw.random() < 0.85]
        return (*draw.sample(entries, len(entries)), *rest)

    def _entry(self, number: int) -> NetworkAclEntry:
        draw = self._random
        protocol = draw.choice(("-1", "6", "6", "17", "17", "1", "50"))
        first, last = sorted(draw.choice(self._ports) + draw.randint(-1, 1) for _ in range(2))
        ports = draw.choice(((first, last), (first, first), (0, 65535), (1024, 65535), (0, 1023)))
        return entry(
            number,
            allows=draw.random() < 0.5,
            is_egress=draw.random() < 0.5,
            protocol=protocol,
            cidr=draw.choice(self._cidrs),
            ports=ports if protocol in ("6", "17") else None,
            icmp=draw.choice(((-1, -1), (8, -1), (8, 0), (0, 0))) if protocol == "1" else None,
        )
