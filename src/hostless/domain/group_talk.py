"""Who may talk to whom by the rules of their security groups, group by group. Pure.

Routes and network ACLs are not part of it: what they make of one packet is `reachability`'s
business.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Literal

from hostless.domain.arns import SecurityGroupId, VpcId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_sight import NetworkSight
from hostless.domain.security_groups import GroupPolicy, SecurityGroupRule
from hostless.domain.traffic import (
    WITH_PORTS,
    contains,
    port_range,
    protocol_number,
    traffic_told,
)

INTERNET = "internet"
Family = Literal["ipv4", "ipv6"]
Share = Literal["all", "some", "none"]
"""Of a group's members, or of the addresses of the internet."""
_EVERYWHERE: Mapping[Family, str] = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """source, target: ids of groups, or INTERNET. traffic: `tcp 80-90`, `icmp`, `everything`.

    is_partial: some of it passes between some of the members only.
    """

    source: str
    target: str
    traffic: tuple[str, ...]
    is_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """protocol: None for every one. first, last: ports, or type and code of ICMP."""

    protocol: int | None
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        protocol = "-1" if self.protocol is None else str(self.protocol)
        return traffic_told(protocol, self.first, self.last)


def talks_of(sight: NetworkSight, vpc_id: VpcId) -> tuple[Talk, ...]:
    """Between the VPC's groups, and between each of them and the internet; what is nothing is left
    out.
    """
    policies = sorted(
        (each for each in sight.policies.values() if each.vpc_id == vpc_id),
        key=lambda policy: policy.group_id,
    )
    reading = _Reading(sight, vpc_id)
    found = [reading.between(a, b) for a in policies for b in policies]
    found += [reading.out(policy) for policy in policies]
    found += [reading.into(policy) for policy in policies]
    return tuple(talk for talk in found if talk.traffic)


class _Reading:
    def __init__(self, sight: NetworkSight, vpc_id: VpcId) -> None:
        self._sight = sight
        vpc = sight.vpcs[vpc_id].vpc
        self._cidr = vpc.cidr_block
        self._own = (vpc.cidr_block, *((vpc.ipv6.cidr_block,) if vpc.ipv6 else ()))
        self._shares: dict[tuple[str, SecurityGroupId, Family], Share] = {}
        self._members: dict[SecurityGroupId, list[NetworkInterface]] = {}
        for interface in sight.interfaces:
            if interface.vpc_id == vpc_id:
                for group in interface.security_groups:
                    self._members.setdefault(group, []).append(interface)

    def between(self, caller: GroupPolicy, called: GroupPolicy) -> Talk:
        """What IPv6 adds to what is said by IPv4 anyway."""
        names = caller.group_id, called.group_id
        kinds = self._kinds_between(caller, called, "ipv4")
        both = [*kinds, *self._kinds_between(caller, called, "ipv6")]
        talk, with_ipv6 = _talk(*names, kinds), _talk(*names, both)
        return talk if talk.traffic == with_ipv6.traffic else with_ipv6

    def _kinds_between(
        self, caller: GroupPolicy, called: GroupPolicy, family: Family
    ) -> list[tuple[_Kind, bool]]:
        out = self._about(called.group_id, caller, family, is_egress=True)
        into = self._about(caller.group_id, called, family, is_egress=False)
        return [
            (both, "some" in (share, other))
            for kind, share in out
            for peer, other in into
            for both in _both(kind, peer)
        ]

    def _about(
        self, group: SecurityGroupId, policy: GroupPolicy, family: Family, *, is_egress: bool
    ) -> list[tuple[_Kind, Share]]:
        """What the policy's rules of the direction let pass of the group's members."""
        own = (rule for rule in policy.rules if rule.is_egress == is_egress)
        shares = [(_kind_of(rule), self._share(rule, group, family)) for rule in own]
        return [(kind, share) for kind, share in shares if share != "none"]

    def out(self, caller: GroupPolicy) -> Talk:
        kinds = [
            (_kind_of(rule), share == "some")
            for rule in caller.rules
            if rule.is_egress and (share := self._share_outside(rule)) != "none"
        ]
        return _talk(caller.group_id, INTERNET, kinds)

    def into(self, called: GroupPolicy) -> Talk:
        """From the internet, which knows public addresses only; those of IPv6 all are."""
        members = self._members.get(called.group_id, [])
        has_public = any(each.public_address for each in members)
        has_ipv6 = any(each.ipv6_address for each in members)
        kinds = [
            (_kind_of(rule), share == "some")
            for rule in called.rules
            if (has_ipv6 if rule.cidr_ipv6 else has_public)
            and not rule.is_egress
            and (share := self._share_outside(rule)) != "none"
        ]
        return _talk(INTERNET, called.group_id, kinds)

    def _share(self, rule: SecurityGroupRule, group: SecurityGroupId, family: Family) -> Share:
        """Of the group's members that the rule is about, by their addresses of the family."""
        if rule.referenced_group_id is not None:
            if rule.referenced_group_id != group:
                return "none"
            cidr = _EVERYWHERE[family]
        else:
            cidr = _range_of(rule)
        key = (cidr, group, family)
        if key not in self._shares:
            self._shares[key] = self._share_in(*key)
        return self._shares[key]

    def _share_in(self, cidr: str, group: SecurityGroupId, family: Family) -> Share:
        """Of a group without members: what it would be of any, who need not have IPv6."""
        members = self._members.get(group)
        if not members:
            return "all" if family == "ipv4" and _holds(cidr, self._cidr) else "none"
        addresses = [m.address if family == "ipv4" else m.ipv6_address for m in members]
        inside = [address is not None and contains(cidr, address) for address in addresses]
        if not any(inside):
            return "none"
        return "all" if all(inside) else "some"

    def _share_outside(self, rule: SecurityGroupRule) -> Share:
        """Of the addresses that are not the VPC's own."""
        cidr = _range_of(rule)
        if not cidr or any(_holds(own, cidr) for own in self._own):
            return "none"
        return "all" if ip_network(cidr).prefixlen == 0 else "some"


def _range_of(rule: SecurityGroupRule) -> str:
    """Empty for a rule about a group."""
    return rule.cidr_ipv4 or rule.cidr_ipv6 or ""


def _holds(outer: str, inner: str) -> bool:
    """Whether the one range is in the other."""
    network = ip_network(inner, strict=False)
    return contains(outer, str(network[0])) and contains(outer, str(network[-1]))


def _kind_of(rule: SecurityGroupRule) -> _Kind:
    number = protocol_number(rule.protocol)
    if number is None:
        return _Kind(protocol=None)
    if number in WITH_PORTS:
        first, last = port_range(rule.from_port, rule.to_port)
        return _Kind(protocol=number, first=first, last=last)
    return _Kind(protocol=number, first=rule.from_port, last=rule.to_port)


def _both(one: _Kind, other: _Kind) -> Iterator[_Kind]:
    """What is of both kinds."""
    if one.protocol is None or other.protocol is None:
        yield other if one.protocol is None else one
    elif one.protocol == other.protocol and one.protocol in WITH_PORTS:
        first = max(one.first or 0, other.first or 0)
        last = min(one.last or 0, other.last or 0)
        if first <= last:
            yield _Kind(protocol=one.protocol, first=first, last=last)
    elif one.protocol == other.protocol:
        pairs = ((one.first, other.first), (one.last, other.last))
        if all(a == b or _is_any(a) or _is_any(b) for a, b in pairs):
            type_, code = (b if _is_any(a) else a for a, b in pairs)
            yield _Kind(protocol=one.protocol, first=type_, last=code)


def _is_any(number: int | None) -> bool:
    """Of ICMP's types and codes."""
    return number is None or number == -1


def _talk(source: str, target: str, kinds: Iterable[tuple[_Kind, bool]]) -> Talk:
    kinds = tuple(kinds)
    plain = _merged(kind for kind, _ in kinds)
    return Talk(
        source=source,
        target=target,
        traffic=tuple(str(kind) for kind in plain),
        is_partial=any(is_partial for _, is_partial in kinds),
    )


def _merged(kinds: Iterable[_Kind]) -> list[_Kind]:
    """The same in few words: ports that overlap or touch are one range."""
    merged: list[_Kind] = []
    for kind in sorted(set(kinds), key=_order):
        last = merged[-1] if merged else None
        if last is not None and last.protocol is None:
            break
        if last is not None and _touches(last, kind):
            merged[-1] = replace(last, last=max(last.last or 0, kind.last or 0))
        else:
            merged.append(kind)
    return merged


def _touches(lower: _Kind, higher: _Kind) -> bool:
    is_alike = lower.protocol == higher.protocol and lower.protocol in WITH_PORTS
    return is_alike and (higher.first or 0) <= (lower.last or 0) + 1


def _order(kind: _Kind) -> tuple[int, int, int]:
    """Everything first, then by protocol and port."""
    return (
        -1 if kind.protocol is None else kind.protocol,
        -1 if kind.first is None else kind.first,
        -1 if kind.last is None else kind.last,
    )
