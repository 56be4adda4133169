"""Network ACLs as chains of nftables, compiled from records. Pure.

A list is one chain a direction, for all subnets that have it: its entries in their order, each
saying `return` or `drop`, and the drop of what fits none. It knows no connections, as AWS's lists
do not. Who is asked when is `way_rules`' business.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout
from hostless.network.local.traffic import (
    EVERY_PROTOCOL,
    NAMES_OF_NUMBERS,
    Family,
    in_range,
    traffic_of,
)

AclDirection = Literal["in", "out"]


def acl_chain_of(subnet: SubnetLayout, direction: AclDirection) -> str:
    """A subnet without a list lets nothing pass, as one with an empty list."""
    return f"{subnet.acl_id or 'no-acl'}-{direction}"


def acl_lines_of(subnet: SubnetLayout, direction: AclDirection) -> tuple[str, ...]:
    """The rules of the subnet's list, for whatever packets are sent through it."""
    name = subnet.acl_id or "no network ACL"
    lines = (
        f'{line} comment "{name} {entry.number} {direction}"'
        for entry in _entries_of(subnet.acl, direction)
        for line in _line_of(entry, direction)
    )
    return (*lines, f'drop comment "{name} * {direction}"')


def lets_all_pass(subnet: SubnetLayout, direction: AclDirection, family: Family) -> bool:
    """Whether the subnet's list need not be asked about packets of this family."""
    for entry in _entries_of(subnet.acl, direction):
        cidr = entry.cidr_ipv4 if family == "ipv4" else entry.cidr_ipv6
        if cidr is not None:
            return entry.allows and entry.protocol == EVERY_PROTOCOL and cidr.endswith("/0")
    return False


def _entries_of(
    entries: Iterable[NetworkAclEntry], direction: AclDirection
) -> Iterator[NetworkAclEntry]:
    return (entry for entry in entries if entry.is_egress == (direction == "out"))


def _line_of(entry: NetworkAclEntry, direction: AclDirection) -> Iterator[str]:
    """No line for an entry that no packet fits: ICMP of the one family in a range of the other."""
    cidr = entry.cidr_ipv4 or entry.cidr_ipv6
    if cidr is None:
        return
    family: Family = "ipv6" if entry.cidr_ipv4 is None else "ipv4"
    is_icmp = NAMES_OF_NUMBERS.get(entry.protocol) in ("icmp", "icmpv6")
    first, last = (
        (entry.icmp_type, entry.icmp_code) if is_icmp else (entry.from_port, entry.to_port)
    )
    what = traffic_of(entry.protocol, first, last, family)
    if what is None:
        return
    peer = in_range("saddr" if direction == "in" else "daddr", cidr)
    yield " ".join(filter(None, (peer, what, "return" if entry.allows else "drop")))
