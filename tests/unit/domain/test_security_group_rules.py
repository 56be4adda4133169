"""How rules of security groups are written down, and what they may say."""

import random

import pytest

from hostless.domain.arns import SecurityGroupId, VpcId
from hostless.domain.network import SecurityGroup
from hostless.domain.security_group_rules import (
    MOST_RULES,
    Permission,
    Ports,
    canonical_cidr,
    default_group_rules,
    egress_with_range,
    is_over_quota,
    new_rule,
    open_egress,
    permission_of,
    ports_of,
    ports_refusal,
    protocol_of,
)
from hostless.kit.ids import Ids

GROUP = SecurityGroupId("sg-00000000000000001")
HTTP = Ports(low=80, high=80)
IDS = Ids(random.Random(7))


@pytest.mark.parametrize(
    ("given", "protocol"),
    [
        ("tcp", "tcp"),
        ("TCP", "tcp"),
        ("6", "tcp"),
        ("17", "udp"),
        ("1", "icmp"),
        ("58", "icmpv6"),
        ("-1", "-1"),
        ("50", "50"),
        ("006", "tcp"),
        ("255", "255"),
        ("256", None),
        ("-2", None),
        ("all", None),
        ("٦", None),
        ("", None),
    ],
)
def test_a_protocol_is_a_name_where_there_is_one(given: str, protocol: str | None) -> None:
    assert protocol_of(given) == protocol


@pytest.mark.parametrize(
    ("protocol", "low", "high", "is_refused"),
    [
        ("tcp", 0, 65535, False),
        ("udp", 0, 65536, True),
        ("tcp", 81, 80, True),
        ("tcp", None, 80, True),
        ("icmp", -1, -1, False),
        ("icmp", 8, -1, False),
        ("icmp", -1, 0, True),
        ("icmp", 256, 0, True),
        ("icmp", None, None, True),
        ("icmpv6", None, None, False),
        ("icmpv6", 128, None, True),
        ("-1", 5, None, False),
        ("50", None, None, False),
    ],
)
def test_ports_fit_the_protocol(
    protocol: str, low: int | None, high: int | None, is_refused: bool
) -> None:
    assert (ports_refusal(protocol, low, high) is not None) is is_refused


def test_only_protocols_that_have_ports_keep_them() -> None:
    assert ports_of("tcp", 1, 2) == Ports(low=1, high=2)
    assert ports_of("icmpv6", None, None) == Ports(low=-1, high=-1)
    assert ports_of("-1", 1, 2) == Ports()
    assert ports_of("50", 1, 2) == Ports()


@pytest.mark.parametrize(
    ("given", "version", "cidr"),
    [
        ("10.1.2.3/8", 4, "10.0.0.0/8"),
        ("0.0.0.0/0", 4, "0.0.0.0/0"),
        ("10.0.0.1", 4, None),
        ("10.0.0.0/255.0.0.0", 4, None),
        ("10.0.0.0/33", 4, None),
        ("10.0.0/8", 4, None),
        ("::/0", 4, None),
        ("10.0.0.0/8", 6, None),
        ("2001:DB8:0::1/32", 6, "2001:db8::/32"),
        ("fe80::1%eth0/64", 6, None),
    ],
)
def test_a_range_is_kept_without_its_host_bits(given: str, version: int, cidr: str | None) -> None:
    assert canonical_cidr(given, version) == cidr


def test_a_default_group_lets_its_members_in_and_everything_out() -> None:
    group = SecurityGroup(id=GROUP, vpc_id=VpcId("vpc-1"), name="default", description="x")
    inward, outward = default_group_rules(group, Ids(random.Random(1)), has_ipv6=False)
    assert permission_of(inward) == Permission(
        protocol="-1", ports=Ports(), referenced_group_id=GROUP
    )
    assert permission_of(outward) == Permission(protocol="-1", ports=Ports(), cidr_ipv4="0.0.0.0/0")
    assert (inward.is_egress, outward.is_egress) == (False, True)
    assert inward.id != outward.id


def test_a_group_lets_ipv6_out_where_its_vpc_has_a_range_of_it() -> None:
    group = SecurityGroup(id=GROUP, vpc_id=VpcId("vpc-1"), name="x", description="x")
    everything = [rule.cidr_ipv6 for rule in open_egress(group, IDS, has_ipv6=True)]
    assert everything == [None, "::/0"]


def test_a_default_group_gains_ipv6_unless_what_may_go_out_was_changed() -> None:
    group = SecurityGroup(id=GROUP, vpc_id=VpcId("vpc-1"), name="default", description="x")
    rules = default_group_rules(group, IDS, has_ipv6=False)
    (gained,) = egress_with_range(group, rules, IDS)
    assert (gained.cidr_ipv6, gained.is_egress, gained.protocol) == ("::/0", True, "-1")
    web = Permission(protocol="tcp", ports=HTTP, cidr_ipv4="0.0.0.0/0")
    for changed in (
        rules[:1],
        (*rules, gained),
        (*rules, new_rule(IDS, GROUP, web, is_egress=True)),
        (rules[0], new_rule(IDS, GROUP, web, is_egress=True)),
    ):
        assert egress_with_range(group, changed, IDS) == ()
    inward = new_rule(IDS, GROUP, web, is_egress=False)
    assert len(egress_with_range(group, (*rules, inward), IDS)) == 1


def test_a_rule_says_what_it_was_made_of() -> None:
    permission = Permission(protocol="tcp", ports=HTTP, cidr_ipv6="::/0")
    assert permission_of(new_rule(Ids(random.Random(1)), GROUP, permission, is_egress=True)) == (
        permission
    )


def ranges(family: str, number: int) -> list[Permission]:
    return [
        Permission(protocol="tcp", ports=Ports(low=n, high=n), **{family: "any"})
        for n in range(number)
    ]


def test_each_address_family_has_its_own_quota_and_groups_count_in_both() -> None:
    full = ranges("cidr_ipv4", MOST_RULES)
    assert not is_over_quota(full, {})
    assert not is_over_quota([*full, *ranges("cidr_ipv6", MOST_RULES)], {})
    assert is_over_quota(ranges("cidr_ipv6", MOST_RULES + 1), {})
    assert is_over_quota([*full, *ranges("referenced_group_id", 1)], {})
    half = MOST_RULES // 2
    mixed = [*ranges("cidr_ipv4", half), *ranges("cidr_ipv6", half)]
    assert not is_over_quota([*mixed, *ranges("referenced_group_id", half)], {})


def test_a_prefix_list_counts_for_as_many_rules_as_it_may_have_entries() -> None:
    named = ranges("prefix_list_id", 2)
    assert not is_over_quota(named, {"any": MOST_RULES // 2})
    assert is_over_quota(named, {"any": MOST_RULES // 2 + 1})
