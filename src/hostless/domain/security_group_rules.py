"""What rules of security groups may say, and how they are written down.

Two ways of saying the same thing are one rule: `6` is `tcp`, `10.0.0.9/8` is `10.0.0.0/8`.
Sources: the EC2 model (shapes IpPermission and SecurityGroupRuleRequest), "Amazon VPC quotas", VPC
User Guide. Sentences are EC2's own, except where a comment says "our words".
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hostless.domain.arns import SecurityGroupId, SecurityGroupRuleId
from hostless.domain.network import SecurityGroup
from hostless.domain.security_groups import SecurityGroupRule
from hostless.kit.ids import Ids

MOST_RULES = 60
"""Of one direction and one address family; a rule about a group counts for both families."""
ALL = "-1"
_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
_EVERYWHERE, _EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
_LARGEST_PORT = 65535
_LARGEST_ICMP = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """low, high: of the port range, or ICMP type and code; None where there are none."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a rule lets pass, without the group that it belongs to; equal ones are one rule.

    Members as in SecurityGroupRule.
    """

    protocol: str
    ports: Ports
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    referenced_group_id: SecurityGroupId | None = None
    prefix_list_id: str | None = None

    @property
    def peer(self) -> str:
        """Who is at the other end."""
        named = (self.cidr_ipv4, self.cidr_ipv6, self.referenced_group_id, self.prefix_list_id)
        return next(peer for peer in named if peer is not None)

    def __str__(self) -> str:
        """As EC2 writes it in an error: `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`.

        Known of TCP, UDP, ICMP, all protocols and numbers.
        """
        return f"peer: {self.peer}, {_spoken(self.protocol, self.ports)}, ALLOW"


def permission_of(rule: SecurityGroupRule) -> Permission:
    return Permission(
        protocol=rule.protocol,
        ports=Ports(low=rule.from_port, high=rule.to_port),
        cidr_ipv4=rule.cidr_ipv4,
        cidr_ipv6=rule.cidr_ipv6,
        referenced_group_id=rule.referenced_group_id,
        prefix_list_id=rule.prefix_list_id,
    )


def new_rule(
    ids: Ids, group_id: SecurityGroupId, permission: Permission, *, is_egress: bool
) -> SecurityGroupRule:
    return SecurityGroupRule(
        id=SecurityGroupRuleId(f"sgr-{ids.hex(17)}"),
        group_id=group_id,
        is_egress=is_egress,
        protocol=permission.protocol,
        from_port=permission.ports.low,
        to_port=permission.ports.high,
        cidr_ipv4=permission.cidr_ipv4,
        cidr_ipv6=permission.cidr_ipv6,
        referenced_group_id=permission.referenced_group_id,
        prefix_list_id=permission.prefix_list_id,
    )


_ALL_IPV4 = Permission(protocol=ALL, ports=Ports(), cidr_ipv4=_EVERYWHERE)
_ALL_IPV6 = Permission(protocol=ALL, ports=Ports(), cidr_ipv6=_EVERYWHERE_IPV6)


def open_egress(group: SecurityGroup, ids: Ids, *, has_ipv6: bool) -> tuple[SecurityGroupRule, ...]:
    """What every new group has: everything out, of IPv6 where its VPC has a range of it (Amazon VPC
    User Guide, "Default security groups")."""
    wanted = (_ALL_IPV4, _ALL_IPV6) if has_ipv6 else (_ALL_IPV4,)
    return tuple(new_rule(ids, group.id, each, is_egress=True) for each in wanted)


def egress_with_range(
    group: SecurityGroup, rules: Iterable[SecurityGroupRule], ids: Ids
) -> tuple[SecurityGroupRule, ...]:
    """The rules that a default group gains with its VPC's range of IPv6: none where somebody has
    changed what may go out (Amazon VPC User Guide, "Default security groups").

    rules: the group's.
    """
    if [permission_of(rule) for rule in rules if rule.is_egress] != [_ALL_IPV4]:
        return ()
    return (new_rule(ids, group.id, _ALL_IPV6, is_egress=True),)


def default_group_rules(
    group: SecurityGroup, ids: Ids, *, has_ipv6: bool
) -> tuple[SecurityGroupRule, ...]:
    """What a VPC's default group has: everything from its members in, everything out."""
    members = Permission(protocol=ALL, ports=Ports(), referenced_group_id=group.id)
    inward = new_rule(ids, group.id, members, is_egress=False)
    return (inward, *open_egress(group, ids, has_ipv6=has_ipv6))


def protocol_of(given: str) -> str | None:
    """As rules have it: a name where there is one, else a number; None when it is no protocol."""
    name = given.strip().lower()
    if name == ALL or name in _NAMES.values():
        return name
    if not (name.isascii() and name.isdigit()) or len(name) > 3 or int(name) > 255:
        return None
    return _NAMES.get(int(name), str(int(name)))


def ports_of(protocol: str, low: int | None, high: int | None) -> Ports:
    """As rules have them. Without ports: protocols other than TCP, UDP and ICMP."""
    if protocol == "icmpv6" and low is None and high is None:
        return Ports(low=-1, high=-1)
    return Ports(low=low, high=high) if protocol in _NAMES.values() else Ports()


def ports_refusal(protocol: str, low: int | None, high: int | None) -> str | None:
    """Why a rule cannot have these ports. protocol: of `protocol_of`."""
    if protocol in ("tcp", "udp"):
        return _port_range_refusal(low, high)
    if protocol == "icmp" or (protocol == "icmpv6" and (low, high) != (None, None)):
        return _icmp_refusal(low, high)
    return None


def _port_range_refusal(low: int | None, high: int | None) -> str | None:
    if low is None or high is None:
        return "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
    for port in (low, high):
        if not 0 <= port <= _LARGEST_PORT:
            return f"TCP/UDP port ({port}) out of range"
    return f"Invalid TCP/UDP port range ({low}:{high})" if low > high else None


def _icmp_refusal(type_: int | None, code: int | None) -> str | None:
    if type_ is None or code is None:
        return "Invalid value for portRange. Must specify both from and to ports with ICMP."
    if not -1 <= type_ <= _LARGEST_ICMP:
        return f"ICMP type ({type_}) out of range"
    if not -1 <= code <= _LARGEST_ICMP or (type_ == -1 and code != -1):
        return f"ICMP code ({code}) out of range"
    return None


def canonical_cidr(given: str, version: int) -> str | None:
    """The range without host bits, as EC2 keeps it; None when it is none. version: 4 or 6."""
    if "%" in given or not given.rpartition("/")[2].isdigit():
        return None
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        return None
    return str(network) if network.version == version else None


def is_over_quota(permissions: Iterable[Permission], list_sizes: Mapping[str, int]) -> bool:
    """Whether rules of one direction are more than a group may have.

    IPv4 and IPv6 rules are counted apart; a rule about a group or a prefix list counts in both, and
    a prefix list for as many rules as it may ever have entries. list_sizes: these, by id.
    """
    ipv4 = ipv6 = both = 0
    for each in permissions:
        if each.cidr_ipv4 is not None:
            ipv4 += 1
        elif each.cidr_ipv6 is not None:
            ipv6 += 1
        else:
            both += list_sizes.get(each.prefix_list_id or "", 1)
    return both + max(ipv4, ipv6) > MOST_RULES


def _spoken(protocol: str, ports: Ports) -> str:
    if protocol == ALL:
        return "ALL"
    if protocol in ("tcp", "udp"):
        return f"{protocol.upper()}, from port: {ports.low}, to port: {ports.high}"
    if protocol in ("icmp", "icmpv6"):
        type_, code = ("ALL" if n == -1 else n for n in (ports.low, ports.high))
        return f"{protocol.upper()}, type: {type_}, code: {code}"
    return f"protocol: {protocol}"
