"""Security groups as text; what packets make of it is proven on the real fabric."""

from dataclasses import replace

import pytest
from tests.support.security_groups import group_id, policies, rule

from hostless.domain.arns import VpcId
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local.group_rules import bundle_chain_of, bundle_of, ruleset_of

VPC = VpcId("vpc-1")
EVERYWHERE = "0.0.0.0/0"
SENT = "meta mark set 1 return"
"""Who receives it is asked after that, and so it must not be accepted."""


def lines(name: str, *rules: SecurityGroupRule) -> tuple[str, ...] | None:
    return ruleset_of(policies(VPC, rules), ()).chains[name]


@pytest.mark.parametrize(
    ("protocol", "ports", "expected"),
    [
        ("-1", None, "accept"),
        ("tcp", (80, 80), "tcp dport 80 accept"),
        ("6", (80, 90), "tcp dport 80-90 accept"),
        ("udp", (0, 65535), "meta l4proto udp accept"),
        ("17", None, "meta l4proto udp accept"),
        ("icmp", (-1, -1), "meta l4proto icmp accept"),
        ("icmp", (8, -1), "icmp type 8 accept"),
        ("1", (3, 4), "icmp type 3 icmp code 4 accept"),
        ("50", None, "meta l4proto 50 accept"),
    ],
)
def test_a_rule_says_which_packets(
    protocol: str, ports: tuple[int, int] | None, expected: str
) -> None:
    made = rule(1, protocol=protocol, ports=ports, cidr="10.0.0.0/8")
    assert lines(f"{group_id(1)}-in", made) == (f"ip saddr 10.0.0.0/8 {expected}",)
    assert lines(f"{group_id(1)}-out", made) == ()


def test_a_rule_says_who_is_at_the_other_end() -> None:
    made = rule(1, is_egress=True, cidr="10.1.2.3/8")
    assert lines(f"{group_id(1)}-out", made) == (f"ip daddr 10.0.0.0/8 {SENT}",)
    made = rule(1, is_egress=True, cidr=EVERYWHERE)
    assert lines(f"{group_id(1)}-out", made) == (f"meta nfproto ipv4 {SENT}",)
    made = rule(1, of_group=2)
    assert lines(f"{group_id(1)}-in", made) == (
        f"ip saddr @{group_id(2)} accept",
        f"ip6 saddr @{group_id(2)}-ipv6 accept",
    )
    six = replace(rule(1, protocol="icmpv6"), cidr_ipv6="::/0")
    assert lines(f"{group_id(1)}-in", six) == ("meta nfproto ipv6 meta l4proto icmpv6 accept",)


@pytest.mark.parametrize(
    "nothing",
    [
        rule(1, protocol="tcp", ports=(9, 8), cidr=EVERYWHERE),
        rule(1, protocol="icmpv6", cidr=EVERYWHERE),
        replace(rule(1, protocol="icmp"), cidr_ipv6="::/0"),
        replace(rule(1), prefix_list_id="pl-1"),
    ],
)
def test_a_rule_that_no_packet_can_meet_is_no_line(nothing: SecurityGroupRule) -> None:
    assert lines(f"{group_id(1)}-in", nothing) == ()


def test_the_order_of_rules_and_groups_does_not_matter() -> None:
    rules = [rule(n, cidr=f"10.{n}.0.0/16", is_egress=bool(n % 2)) for n in range(1, 6)]
    bundles = [bundle_of((group_id(2), group_id(1))), bundle_of((group_id(3),))]
    there = ruleset_of(policies(VPC, rules), bundles)
    assert there == ruleset_of(policies(VPC, rules[::-1]), bundles[::-1])
    assert bundle_of((group_id(1), group_id(2))) == bundles[0]


def test_groups_that_have_no_rules_are_there_and_empty() -> None:
    found = ruleset_of(policies(VPC, [rule(1, of_group=2)]), [bundle_of((group_id(3),))])
    assert found.groups == {group_id(n) for n in (1, 2, 3)}
    for group in (2, 3):
        assert found.chains[f"{group_id(group)}-in"] == ()


def test_what_every_one_may_send_is_not_tracked_when_every_answer_may_leave() -> None:
    web = rule(1, protocol="tcp", ports=(80, 80), cidr=EVERYWHERE)
    out = rule(2, is_egress=True, cidr=EVERYWHERE)
    bundle, alone = bundle_of((group_id(1), group_id(2))), bundle_of((group_id(1),))
    chains = ruleset_of(policies(VPC, [web, out]), [bundle, alone]).chains
    assert chains[bundle_chain_of(bundle, "in")] == (
        "meta nfproto ipv4 ct direction original tcp dport 80 ct mark set ct mark | 2 accept",
        f"jump {group_id(1)}-in",
        f"jump {group_id(2)}-in",
    )
    assert chains[bundle_chain_of(alone, "in")] == (f"jump {group_id(1)}-in",)
    assert chains[bundle_chain_of(bundle, "out")] == (
        f"jump {group_id(1)}-out",
        f"jump {group_id(2)}-out",
    )


def test_an_interface_without_any_group_is_not_filtered() -> None:
    chains = ruleset_of({}, [bundle_of(())]).chains
    assert [chains[bundle_chain_of((), direction)] for direction in ("in", "out")] == [
        ("accept",),
        (SENT,),
    ]
