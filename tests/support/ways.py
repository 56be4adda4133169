"""Route tables, NAT gateways and network ACLs for tests: as values, and what they mean.

The meaning is told apart from the compiler: straight from the values, one packet at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """port: the destination's, of TCP and UDP. icmp: type and code."""

    source: str
    target: str
    protocol: str
    port: int = 0
    icmp: tuple[int, int] = (8, 0)


NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17"}


def gets_there(packet: Packet, vpc: VpcLayout) -> bool:
    """Whether routes and lists let the packet, with its private addresses, get where it wants.

    Addresses outside of the VPC are the world's, and those inside are interfaces'.
    """
    left, entered = (_subnet_of(end, vpc) for end in (packet.source, packet.target))
    if left is not None and left is entered:
        return True
    if left is not None and not _allows(left, packet, is_egress=True):
        return False
    if entered is not None:
        return _allows(entered, packet, is_egress=False) and (
            left is not None or _comes_in(entered, packet, vpc)
        )
    return left is not None and _leads_out(left, packet, vpc)


def _comes_in(entered: SubnetLayout, packet: Packet, vpc: VpcLayout) -> bool:
    """From the world; of a NAT gateway's connection, if that is where the way back leads."""
    way_back = _way_to(packet.source, entered)
    if way_back is None or way_back.through != "nat":
        return True
    gateway = _gateway_of(way_back, vpc)
    return _allows(gateway, packet, is_egress=True)


def _leads_out(left: SubnetLayout, packet: Packet, vpc: VpcLayout) -> bool:
    found = _way_to(packet.target, left)
    if found is None or found.through != "nat":
        return found is not None and found.through == "internet"
    gateway = _gateway_of(found, vpc)
    onward = _way_to(packet.target, gateway)
    return (
        all(_allows(gateway, packet, is_egress=out) for out in (True, False))
        and onward is not None
        and onward.through == "internet"
    )


def _gateway_of(found: Way, vpc: VpcLayout) -> SubnetLayout:
    return next(each for each in vpc.subnets if each.subnet.id == found.nat_subnet_id)


def _subnet_of(address: str, vpc: VpcLayout) -> SubnetLayout | None:
    for each in vpc.subnets:
        if ip_address(address) in ip_network(each.subnet.cidr_block):
            return each
    return None


def _way_to(address: str, subnet: SubnetLayout) -> Way | None:
    fitting = [w for w in subnet.ways if ip_address(address) in ip_network(w.destination)]
    return max(fitting, key=lambda w: ip_network(w.destination).prefixlen, default=None)


def _allows(subnet: SubnetLayout, packet: Packet, *, is_egress: bool) -> bool:
    peer = ip_address(packet.target if is_egress else packet.source)
    fitting = [
        each
        for each in subnet.acl
        if each.is_egress == is_egress
        and each.cidr_ipv4 is not None
        and peer in ip_network(each.cidr_ipv4)
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
