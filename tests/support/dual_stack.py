"""VPCs with IPv6 for tests with real packets: ranges, addresses, and a host that has it too."""

import contextlib
import secrets
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv6Network

from tests.contract.network_suite import Range
from tests.support.layouts import EVERYTHING as ALL_IPV4
from tests.support.layouts import TO_WORLD
from tests.support.networks import own_host, sh

from hostless.domain.network import Ipv6Range, NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import VpcLayout, Way
from hostless.network.local import namespaces, sysctl

WORLD, HOST_UPLINK = "3fff:1::1", "3fff:1::2"
OUT = Way(destination="::/0", through="internet", target="igw-00000000000000001")
OUT_ONLY = replace(OUT, through="egress_only", target="eigw-00000000000000001")
ALL_IPV6 = tuple(
    NetworkAclEntry(number=101, is_egress=out, allows=True, cidr_ipv6="::/0")
    for out in (True, False)
)


def range_of(range_: Range) -> IPv6Network:
    """The /56 of the VPC, made of its id."""
    return IPv6Network(f"2001:db8:{range_.vpc.id[-8:-4]}:{range_.vpc.id[-4:-2]}00::/56")


def subnet_range_of(range_: Range, subnet: int) -> IPv6Network:
    return list(range_of(range_).subnets(new_prefix=64))[subnet]


def dual(
    range_: Range,
    *ways: Way,
    acl: Iterable[NetworkAclEntry] = ALL_IPV6,
) -> VpcLayout:
    """The VPC with a range of IPv6, its subnets too. ways: of IPv6. acl: its entries of IPv6."""
    layout = range_.layout().vpcs[0]
    subnets = tuple(
        replace(
            each,
            subnet=replace(
                each.subnet,
                ipv6=Ipv6Range(
                    association_id=f"subnet-cidr-assoc-{number}",
                    cidr_block=str(subnet_range_of(range_, number)),
                ),
            ),
            ways=(*ways, TO_WORLD),
            acl=tuple(sorted((*ALL_IPV4, *acl), key=lambda entry: entry.number)),
        )
        for number, each in enumerate(layout.subnets)
    )
    whole = Ipv6Range(association_id="vpc-cidr-assoc-1", cidr_block=str(range_of(range_)))
    return replace(layout, vpc=replace(layout.vpc, ipv6=whole), subnets=subnets)


def with_ipv6(interface: NetworkInterface, range_: Range, number: int) -> NetworkInterface:
    """Number 10 + `number` of its subnet's range."""
    index = [each.id for each in range_.subnets].index(interface.subnet_id)
    return replace(interface, ipv6_address=str(subnet_range_of(range_, index)[10 + number]))


@contextlib.contextmanager
def host_with_ipv6() -> Iterator[str]:
    """A host of one's own (`own_host`), the world's namespace is yielded; both have IPv6.

    The world knows the way to addresses of VPCs.
    """
    with own_host() as world:
        sysctl.write(sysctl.quiet_ipv6_on("uplink"))
        with namespaces.inside(world):
            sysctl.write(sysctl.quiet_ipv6_on("inside"))
        sh(f"ip address add {HOST_UPLINK}/64 dev uplink nodad")
        sh(f"ip -n {world} address add {WORLD}/64 dev inside nodad")
        sh(f"ip -6 route add default via {WORLD}")
        sh(f"ip -n {world} -6 route add 2001:db8::/32 via {HOST_UPLINK}")
        yield world


def can_ping(address: str, seconds: float = 1.0, size: int = 8) -> bool:
    """One ICMPv6 echo."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
        icmp.settimeout(seconds)
        number = secrets.token_bytes(2)
        try:
            icmp.connect((address, 0))
            icmp.send(bytes([128, 0, 0, 0]) + number + b"\0\1" + bytes(size))
            while True:
                answer = icmp.recv(65535)
                if answer[0] == 129 and answer[4:6] == number:
                    return True
        except OSError:
            return False


def send_forged(source: str, target: str, port: int, data: bytes) -> None:
    """A datagram with a source address of the sender's choice."""
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    length = 8 + len(data)
    head = port.to_bytes(2, "big") * 2 + length.to_bytes(2, "big")
    summed = ends + length.to_bytes(4, "big") + b"\0\0\0\x11" + head + b"\0\0" + data
    summed += b"\0" * (len(summed) % 2)
    total = sum(int.from_bytes(summed[i : i + 2], "big") for i in range(0, len(summed), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    packet = b"\x60\0\0\0" + length.to_bytes(2, "big") + b"\x11\x40" + ends
    packet += head + (~total & 0xFFFF).to_bytes(2, "big") + data
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (target, 0))
