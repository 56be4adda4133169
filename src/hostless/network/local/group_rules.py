"""Security groups as chains of nftables, compiled from records. Pure.

A group is two sets of its members' addresses, of IPv4 and of IPv6, and two chains: what may come
in, what may go out. The groups that one interface carries are its bundle; a bundle has two chains
too, which ask its groups one after the other. So a changed rule changes the chains of its group
(and of the bundles for which it decides what is tracked), and one interface more or less changes
elements of sets only. What lies around these chains is `forwarding_table`'s business.

AWS tracks connections, and a tracked one outlives the rule that let it pass; but a flow that a rule
lets pass from or to everywhere, while another lets everything pass the other way, is not tracked:
its packets are held against the rules, one by one, and it ends with its rule (Amazon EC2 User
Guide, "Security group connection tracking"). Which of its two ends does not track a connection is
noted in its mark.

What may come in is accepted, and that is the end of it. What may go out is only marked: whoever is
to receive it is still to be asked.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import SecurityGroupId
from hostless.domain.security_groups import GroupPolicy, SecurityGroupRule
from hostless.network.local.traffic import (
    EVERY_PROTOCOL,
    NAMES_OF_NUMBERS,
    End,
    Family,
    in_range,
    traffic_of,
)

Direction = Literal["in", "out"]
DIRECTIONS: tuple[Direction, Direction] = ("in", "out")
SENT = 1
"""The mark of a packet that its sender's groups let pass, until the receiver's are asked."""
_PASSING: Mapping[Direction, str] = {"in": "accept", "out": f"meta mark set {SENT} return"}
Bundle = tuple[SecurityGroupId, ...]
Policies = Mapping[SecurityGroupId, GroupPolicy]

OF_IPV6 = "-ipv6"
UNTRACKED_BY_CALLER, UNTRACKED_BY_CALLED = 1, 2
"""Bits of a connection's mark: the end that opened it, or the other, does not track it."""
ORDINARY = "ct state established ct mark 0"
"""Almost every packet: of a connection that both ends track, and that is not a NAT gateway's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """What there is of groups in one VPC, but for who is in them.

    groups: each has its sets and its chains. chains: their rules, in order, by name; None where it
    is not known what a chain holds.
    """

    groups: frozenset[SecurityGroupId] = frozenset()
    chains: Mapping[str, tuple[str, ...] | None]


def ipv6_set_of(group: SecurityGroupId) -> str:
    """Of the members' addresses of IPv6; that of IPv4 has the group's own name."""
    return f"{group}{OF_IPV6}"


def bundle_of(groups: Iterable[SecurityGroupId]) -> Bundle:
    return tuple(sorted(set(groups)))


def group_chain_of(group: SecurityGroupId, direction: Direction) -> str:
    return f"{group}-{direction}"


def bundle_chain_of(bundle: Bundle, direction: Direction) -> str:
    digest = hashlib.sha256(" ".join(bundle).encode()).hexdigest()
    return f"bundle-{digest[:16]}-{direction}"


def ruleset_of(policies: Policies, bundles: Iterable[Bundle]) -> Ruleset:
    """policies: of one VPC. bundles: those that interfaces carry; a group of one that has no
    policy, as one that a rule names, has no members' traffic let through by itself.

    An interface that carries no group at all is not filtered: AWS makes network load balancers so
    ("Update the security groups for your Network Load Balancer", Elastic Load Balancing).
    """
    bundles = tuple(bundles)
    named = {rule.referenced_group_id for policy in policies.values() for rule in policy.rules}
    groups = {*policies, *named, *(group for bundle in bundles for group in bundle)} - {None}
    chains: dict[str, tuple[str, ...]] = {}
    for direction in DIRECTIONS:
        for group in groups:
            if group is not None:
                rules = _rules_of((group,), policies, direction)
                chains[group_chain_of(group, direction)] = _unique(
                    line for rule in rules for line in _lines_of(rule, direction)
                )
        for bundle in bundles:
            chains[bundle_chain_of(bundle, direction)] = (
                *_untracked_lines(bundle, policies, direction),
                *(f"jump {group_chain_of(group, direction)}" for group in bundle),
                *(() if bundle else (_PASSING[direction],)),
            )
    return Ruleset(groups=frozenset(g for g in groups if g is not None), chains=chains)


def _rules_of(
    groups: Bundle, policies: Policies, direction: Direction
) -> Iterator[SecurityGroupRule]:
    """In an order that depends on nothing but the rules."""
    for group in groups:
        policy = policies.get(group)
        rules = () if policy is None else policy.rules
        yield from sorted(
            (rule for rule in rules if rule.is_egress == (direction == "out")), key=lambda r: r.id
        )


def _lines_of(rule: SecurityGroupRule, direction: Direction) -> Iterator[str]:
    for family, peer in _peers_of(rule, direction):
        what = traffic_of(rule.protocol, rule.from_port, rule.to_port, family)
        if what is not None:
            yield " ".join(filter(None, (peer, what, _PASSING[direction])))


def _peers_of(rule: SecurityGroupRule, direction: Direction) -> Iterator[tuple[Family, str]]:
    """Who is at the other end. Rules that name prefix lists come as rules about their ranges."""
    end: End = "saddr" if direction == "in" else "daddr"
    if rule.cidr_ipv4 is not None:
        yield "ipv4", in_range(end, rule.cidr_ipv4)
    if rule.cidr_ipv6 is not None:
        yield "ipv6", in_range(end, rule.cidr_ipv6)
    if rule.referenced_group_id is not None:
        yield "ipv4", f"ip {end} @{rule.referenced_group_id}"
        yield "ipv6", f"ip6 {end} @{ipv6_set_of(rule.referenced_group_id)}"


def _untracked_lines(bundle: Bundle, policies: Policies, direction: Direction) -> tuple[str, ...]:
    """Rules that mark what they let pass; before the others, as they decide what is tracked."""
    back: Direction = "out" if direction == "in" else "in"
    bit = UNTRACKED_BY_CALLED if direction == "in" else UNTRACKED_BY_CALLER
    rules = tuple(_rules_of(bundle, policies, direction))
    answers = tuple(_rules_of(bundle, policies, back))
    lines: list[str] = []
    for protocol in ("tcp", "udp"):
        for family in _open_families(answers, protocol):
            for rule in rules:
                what = _traffic_from_everywhere(rule, protocol, family)
                if what is not None:
                    lines.append(
                        f"meta nfproto {family} ct direction original {what} "
                        f"ct mark set ct mark | {bit} {_PASSING[direction]}"
                    )
    return _unique(lines)


def _open_families(rules: Iterable[SecurityGroupRule], protocol: str) -> tuple[Family, ...]:
    """The families of which everything of the protocol passes, from or to everywhere."""
    every = f"meta l4proto {protocol}"
    rules = tuple(rules)
    families: tuple[Family, Family] = ("ipv4", "ipv6")
    return tuple(
        family
        for family in families
        if any(_traffic_from_everywhere(rule, protocol, family) == every for rule in rules)
    )


def _traffic_from_everywhere(rule: SecurityGroupRule, protocol: str, family: Family) -> str | None:
    """What the rule lets pass of this protocol from or to everywhere; None for nothing."""
    everywhere = (family, f"meta nfproto {family}")
    if everywhere not in _peers_of(rule, "in"):
        return None
    if rule.protocol == EVERY_PROTOCOL:
        return f"meta l4proto {protocol}"
    if NAMES_OF_NUMBERS.get(rule.protocol, rule.protocol) != protocol:
        return None
    return traffic_of(protocol, rule.from_port, rule.to_port, family)


def _unique(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
