"""What ranges of addresses VPCs and subnets may have. Pure; what is said otherwise is the API's.

Source: "IP addressing for your VPCs and subnets", Amazon VPC User Guide. Ranges are in canonical
form (`security_group_rules.canonical_cidr`).

Ranges of IPv6 that AWS would provide come from 2001:db8::/32 here. No network on the internet has
it (RFC 3849), so it hides nothing from tasks or the host; and unlike unique local addresses
(fc00::/7) it ranks before IPv4 in what programs try first (RFC 6724), as AWS's addresses do.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 28
"""Of VPCs and of subnets: 65,536 addresses to 16."""
SUBNET_IPV6_PREFIX = 64
_RESERVED = tuple(
    IPv4Network(each) for each in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
)
IPV6_POOL = "2001:db8::/32"
_IPV6_START = IPV6_POOL.partition("::")[0]
_IPV6_BLOCKS = 2**24


def has_allowed_size(cidr: str) -> bool:
    return LARGEST_PREFIX <= IPv4Network(cidr).prefixlen <= SMALLEST_PREFIX


def is_reserved(cidr: str) -> bool:
    """Whether it has addresses that no host of a VPC can have: loopback, multicast and such."""
    return any(IPv4Network(cidr).overlaps(each) for each in _RESERVED)


def lies_in(inner: str, outer: str) -> bool:
    """Both of one version."""
    return bool(ip_network(inner).subnet_of(ip_network(outer)))  # type: ignore[arg-type]


def overlaps_any(cidr: str, others: Iterable[str]) -> bool:
    wanted = ip_network(cidr)
    return any(wanted.overlaps(ip_network(other)) for other in others)


def free_block(outer: str, prefix: int, taken: Iterable[str]) -> str | None:
    """The first range of the size that overlaps none of the taken ones; None when there is none."""
    there = [IPv4Network(each) for each in taken]
    for block in IPv4Network(outer).subnets(new_prefix=prefix):
        if not any(block.overlaps(each) for each in there):
            return str(block)
    return None


def new_ipv6_range(start: int, taken: Iterable[str]) -> str | None:
    """The first /56 that nobody has, counted from the `start`th one of the pool, around it.

    start: any number that is not negative; a random one, so that engines side by side rarely meet.
    """
    there = frozenset(taken)
    for step in range(_IPV6_BLOCKS):
        digits = f"{(start + step) % _IPV6_BLOCKS:06x}"
        block = str(IPv6Network(f"{_IPV6_START}:{digits[:4]}:{digits[4:]}00::/56"))
        if block not in there:
            return block
    return None
