"""Who may talk to whom, group by group, in few words."""

from dataclasses import replace

import pytest
from tests.support.network_sights import CALLER, EVERYWHERE, HOME, SERVER, Small
from tests.support.security_groups import group_id, policies, rule

from hostless.domain.group_talk import INTERNET, talks_of
from hostless.domain.security_groups import SecurityGroupRule

ONE, TWO = group_id(1), group_id(2)
Said = dict[tuple[str, str], tuple[tuple[str, ...], bool]]


def said(*rules: SecurityGroupRule, small: Small | None = None) -> Said:
    """Traffic, and whether it is partial, by who talks to whom."""
    given = policies(HOME.vpc.id, rules, 1, 2)
    sight = replace(small or Small(policies={}), policies=given).sight
    talks = talks_of(sight, HOME.vpc.id)
    return {(talk.source, talk.target): (talk.traffic, talk.is_partial) for talk in talks}


OUT = rule(1, is_egress=True, of_group=2)


def test_what_may_leave_the_one_and_enter_the_other_is_what_they_may_say() -> None:
    into = rule(2, protocol="tcp", ports=(80, 90), of_group=1)
    assert said(OUT, into) == {(ONE, TWO): (("tcp 80-90",), False)}
    narrow = rule(1, is_egress=True, protocol="tcp", ports=(85, 99), of_group=2)
    assert said(narrow, into) == {(ONE, TWO): (("tcp 85-90",), False)}
    assert said(into) == {}
    assert said(rule(1, is_egress=True, protocol="udp", of_group=2), into) == {}


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        ([(80, 80), (81, 90)], ("tcp 80-90",)),
        ([(80, 80), (82, 82)], ("tcp 80", "tcp 82")),
        ([(80, 90), (85, 85)], ("tcp 80-90",)),
        ([(0, 65535)], ("tcp",)),
    ],
)
def test_ports_that_touch_are_one_range(
    ports: list[tuple[int, int]], told: tuple[str, ...]
) -> None:
    rules = [rule(2, protocol="tcp", ports=each, of_group=1) for each in ports]
    assert said(OUT, *rules)[ONE, TWO][0] == told


def test_everything_makes_the_rest_superfluous() -> None:
    rules = [rule(2, of_group=1), rule(2, protocol="tcp", ports=(1, 2), of_group=1)]
    assert said(OUT, *rules)[ONE, TWO][0] == ("everything",)


def test_icmp_is_told_by_type() -> None:
    rules = [
        rule(2, protocol="icmp", ports=(8, -1), of_group=1),
        rule(2, protocol="50", of_group=1),
    ]
    assert said(OUT, *rules)[ONE, TWO][0] == ("icmp 8", "protocol 50")


def test_a_range_that_holds_some_of_the_members_lets_some_talk() -> None:
    into = rule(2, protocol="tcp", ports=(80, 80), cidr=f"{CALLER.address}/32")
    assert said(OUT, into) == {(ONE, TWO): (("tcp 80",), False)}
    another = replace(CALLER, id="eni-2", address="10.20.0.77")  # type: ignore[arg-type]
    two = Small(policies={}, interfaces=(CALLER, another, SERVER))
    assert said(OUT, into, small=two) == {(ONE, TWO): (("tcp 80",), True)}
    elsewhere = rule(2, protocol="tcp", ports=(80, 80), cidr="192.168.0.0/16")
    assert said(OUT, elsewhere) == {}


def test_the_internet_is_what_is_not_the_vpcs_own() -> None:
    out = rule(1, is_egress=True, cidr=EVERYWHERE)
    web = rule(1, protocol="tcp", ports=(443, 443), cidr=EVERYWHERE)
    assert said(out, web) == {
        (ONE, ONE): (("tcp 443",), False),
        (ONE, INTERNET): (("everything",), False),
        (INTERNET, ONE): (("tcp 443",), False),
    }
    some = rule(1, is_egress=True, cidr="192.0.2.0/24")
    assert said(some)[ONE, INTERNET] == (("everything",), True)
    assert said(rule(1, is_egress=True, cidr=HOME.vpc.cidr_block)) == {}


def test_the_internet_talks_to_groups_with_a_public_address_only() -> None:
    private = rule(2, protocol="tcp", ports=(443, 443), cidr=EVERYWHERE)
    assert (INTERNET, TWO) not in said(private)


DUAL = tuple(
    replace(each, ipv6_address=f"2001:db8::{number}")
    for number, each in enumerate((CALLER, SERVER), 1)
)


def ipv6(given: SecurityGroupRule, cidr: str = "::/0") -> SecurityGroupRule:
    return replace(given, cidr_ipv4=None, cidr_ipv6=cidr)


def test_groups_talk_by_ipv6_where_both_sides_let_it_pass_and_have_it() -> None:
    out, into = ipv6(rule(1, is_egress=True)), ipv6(rule(2, protocol="tcp", ports=(80, 80)))
    both = Small(policies={}, interfaces=DUAL)
    assert said(out, into, small=both)[ONE, TWO] == (("tcp 80",), False)
    assert (ONE, TWO) not in said(out, into)
    by_ipv4 = rule(1, is_egress=True, cidr=EVERYWHERE)
    assert (ONE, TWO) not in said(by_ipv4, into, small=both)
    one_of_two = replace(DUAL[1], id="eni-9", address="10.20.0.77", ipv6_address=None)  # type: ignore[arg-type]
    some = Small(policies={}, interfaces=(*DUAL, one_of_two))
    assert said(out, into, small=some)[ONE, TWO] == (("tcp 80",), True)


def test_what_passes_by_ipv4_is_not_partial_since_some_have_no_ipv6() -> None:
    into = rule(2, protocol="tcp", ports=(80, 80), of_group=1)
    some = Small(policies={}, interfaces=(DUAL[0], SERVER))
    assert said(OUT, into, small=some)[ONE, TWO] == (("tcp 80",), False)


def test_every_address_of_ipv6_is_public() -> None:
    web = ipv6(rule(2, protocol="tcp", ports=(443, 443)))
    both = Small(policies={}, interfaces=DUAL)
    assert said(web, small=both)[INTERNET, TWO] == (("tcp 443",), False)
    assert (INTERNET, TWO) not in said(web)
