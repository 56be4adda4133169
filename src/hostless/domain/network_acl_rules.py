"""What entries of network ACLs may say, and how they are written down.

Sources: the EC2 model (CreateNetworkAclEntry), "Amazon VPC quotas", VPC User Guide. Sentences are
EC2's own, except where a comment says "our words".
"""

from collections.abc import Iterable

from hostless.domain.network_acls import LAST_RULE, NetworkAclEntry
from hostless.domain.security_group_rules import ports_refusal

ALL_PROTOCOLS = "-1"
ICMP, TCP, UDP, ICMPV6 = "1", "6", "17", "58"


def number_refusal(number: int) -> str | None:
    """Why there cannot be an entry of this number, or why it cannot be changed."""
    if 1 <= number < LAST_RULE:
        return None
    # our words
    return (
        f"Value ({number}) for parameter ruleNumber is invalid. "
        f"The rule number must be between 1 and {LAST_RULE - 1}."
    )


def protocol_refusal(protocol: str) -> str | None:
    """Names are none: EC2 takes numbers here, whatever it takes in security groups."""
    if protocol == ALL_PROTOCOLS:
        return None
    if protocol.isascii() and protocol.isdigit() and len(protocol) <= 3 and int(protocol) <= 255:
        return None
    return f"Invalid value '{protocol}' for IP protocol. Unknown protocol."


def has_ports(protocol: str) -> bool:
    return protocol in (TCP, UDP)


def has_icmp_type(protocol: str, *, is_ipv6: bool) -> bool:
    """ICMPv6 in IPv4 packets is let pass or denied whatever its type (model)."""
    return protocol == ICMP or (protocol == ICMPV6 and is_ipv6)


def traffic_refusal(entry: NetworkAclEntry) -> str | None:
    """Why an entry cannot have these ports, or this type and code."""
    if has_ports(entry.protocol):
        return ports_refusal("tcp", entry.from_port, entry.to_port)
    if has_icmp_type(entry.protocol, is_ipv6=entry.cidr_ipv6 is not None):
        return ports_refusal("icmp", entry.icmp_type, entry.icmp_code)
    return None


def entries_like(entry: NetworkAclEntry, entries: Iterable[NetworkAclEntry]) -> int:
    """How many of a list's entries count against a quota beside this one: those of its direction
    and address family, the one that denies the rest among them.
    """
    is_ipv6 = entry.cidr_ipv6 is not None
    alike = [
        each
        for each in entries
        if each.is_egress is entry.is_egress and (each.cidr_ipv6 is not None) is is_ipv6
    ]
    has_last = any(each.number >= LAST_RULE for each in alike)
    return len(alike) + (0 if has_last else 1)


def with_entry(
    entries: Iterable[NetworkAclEntry], added: NetworkAclEntry
) -> tuple[NetworkAclEntry, ...]:
    """In the place of the one that has the same number and direction, if there is one."""
    return (*without_entry(entries, added.number, is_egress=added.is_egress), added)


def without_entry(
    entries: Iterable[NetworkAclEntry], number: int, *, is_egress: bool
) -> tuple[NetworkAclEntry, ...]:
    return tuple(e for e in entries if (e.number, e.is_egress) != (number, is_egress))
