"""Security groups for tests: records by hand and at random, and what they mean.

The meaning is told apart from the compiler: straight from the records, one packet at a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from random import Random

from tests.contract.network_suite import Range

from hostless.domain.arns import SecurityGroupId, SecurityGroupRuleId, VpcId
from hostless.domain.network import NetworkInterface
from hostless.domain.security_groups import GroupPolicy, SecurityGroupRule

Policies = dict[SecurityGroupId, GroupPolicy]
NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}


def group_id(number: int) -> SecurityGroupId:
    return SecurityGroupId(f"sg-{number:017x}")


def rule(
    group: int,
    *,
    is_egress: bool = False,
    protocol: str = "-1",
    ports: tuple[int, int] | None = None,
    cidr: str | None = None,
    of_group: int | None = None,
    number: int = 0,
) -> SecurityGroupRule:
    """number: tells rules of one group apart that are otherwise alike."""
    name = f"{group} {is_egress} {protocol} {ports} {cidr} {of_group} {number}"
    return SecurityGroupRule(
        id=SecurityGroupRuleId(f"sgr-{name.encode().hex()}"),
        group_id=group_id(group),
        is_egress=is_egress,
        protocol=protocol,
        from_port=None if ports is None else ports[0],
        to_port=None if ports is None else ports[1],
        cidr_ipv4=cidr,
        referenced_group_id=None if of_group is None else group_id(of_group),
    )


def policies(vpc_id: VpcId, rules: Iterable[SecurityGroupRule], *more: int) -> Policies:
    """Of these rules; more: numbers of groups that have none."""
    rules = tuple(rules)
    groups = {each.group_id for each in rules} | set(map(group_id, more))
    return {
        group: GroupPolicy(
            group_id=group, vpc_id=vpc_id, rules=tuple(r for r in rules if r.group_id == group)
        )
        for group in sorted(groups)
    }


def everything_passes(range_: Range) -> Policies:
    """For the group that the interfaces of `range_` carry."""
    return policies(
        range_.vpc.id,
        [rule(1, is_egress=is_egress, cidr="0.0.0.0/0") for is_egress in (False, True)],
    )


def carrying(interface: NetworkInterface, *groups: int) -> NetworkInterface:
    return replace(interface, security_groups=tuple(map(group_id, groups)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """port: of TCP and UDP; an echo request has none."""

    caller: str
    called: str
    protocol: str
    port: int = 0


def passes(
    attempt: Attempt, policies: Policies, carried: Mapping[str, tuple[SecurityGroupId, ...]]
) -> bool:
    """carried: by address; addresses of no interface are the world's, which has no groups."""

    def let_pass(own: str, peer: str, is_egress: bool) -> bool:
        return own not in carried or any(
            _matches(rule, attempt, peer, carried.get(peer, ()))
            for group in carried[own]
            if group in policies
            for rule in policies[group].rules
            if rule.is_egress is is_egress
        )

    return let_pass(attempt.caller, attempt.called, True) and let_pass(
        attempt.called, attempt.caller, False
    )


def _matches(
    rule: SecurityGroupRule, attempt: Attempt, peer: str, peer_groups: tuple[SecurityGroupId, ...]
) -> bool:
    if rule.cidr_ipv4 is not None and IPv4Address(peer) not in IPv4Network(rule.cidr_ipv4):
        return False
    if rule.referenced_group_id is not None and rule.referenced_group_id not in peer_groups:
        return False
    if rule.protocol == "-1":
        return True
    if rule.protocol not in (attempt.protocol, NUMBERS[attempt.protocol]):
        return False
    if attempt.protocol == "icmp":
        return rule.from_port in (None, -1) or (
            rule.from_port == 8 and rule.to_port in (None, -1, 0)
        )
    if rule.from_port is None or rule.to_port is None:
        return True
    return rule.from_port <= attempt.port <= rule.to_port


class RandomRules:
    """groups: numbers of the groups. ports: those that are tried. cidrs: who may be meant."""

    def __init__(
        self, random: Random, groups: range, ports: tuple[int, ...], cidrs: tuple[str, ...]
    ) -> None:
        self._random = random
        self._groups = groups
        self._ports = ports
        self._cidrs = cidrs
        self._made = 0

    def some(self, count: int) -> list[SecurityGroupRule]:
        return [self.one() for _ in range(count)]

    def changed(self, rules: list[SecurityGroupRule]) -> list[SecurityGroupRule]:
        """A few fewer, a few others."""
        draw = self._random
        kept = [each for each in rules if draw.random() > 0.25]
        return kept + self.some(draw.randint(1, 4))

    def one(self) -> SecurityGroupRule:
        draw, self._made = self._random, self._made + 1
        protocol = draw.choice(("-1", "tcp", "tcp", "tcp", "udp", "udp", "icmp", "17", "6"))
        by_group = draw.random() < 0.5
        return rule(
            draw.choice(self._groups),
            is_egress=draw.random() < 0.5,
            protocol=protocol,
            ports=self._ports_for(protocol),
            cidr=None if by_group else draw.choice(self._cidrs),
            of_group=draw.choice(self._groups) if by_group else None,
            number=self._made,
        )

    def _ports_for(self, protocol: str) -> tuple[int, int] | None:
        draw = self._random
        if protocol == "-1":
            return None
        if protocol == "icmp":
            return draw.choice(((-1, -1), (8, -1), (8, 0), (0, 0), (3, 4)))
        first, last = sorted(draw.choice(self._ports) + draw.randint(-1, 1) for _ in range(2))
        return draw.choice(((first, last), (first, first), (0, 65535)))
