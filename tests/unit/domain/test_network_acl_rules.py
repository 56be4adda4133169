"""What entries of network ACLs may say."""

from dataclasses import replace

import pytest

from hostless.domain.network_acl_rules import (
    entries_like,
    has_icmp_type,
    has_ports,
    number_refusal,
    protocol_refusal,
    traffic_refusal,
    with_entry,
    without_entry,
)
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.new_vpc import last_entries

WEB = NetworkAclEntry(
    number=100,
    is_egress=False,
    allows=True,
    protocol="6",
    cidr_ipv4="0.0.0.0/0",
    from_port=80,
    to_port=80,
)


@pytest.mark.parametrize("number", [1, 100, 32766])
def test_numbers_of_users_are_taken(number: int) -> None:
    assert number_refusal(number) is None


@pytest.mark.parametrize("number", [-1, 0, 32767, 32768])
def test_other_numbers_are_not(number: int) -> None:
    assert f"Value ({number})" in str(number_refusal(number))


@pytest.mark.parametrize("protocol", ["-1", "0", "6", "255"])
def test_protocols_are_numbers(protocol: str) -> None:
    assert protocol_refusal(protocol) is None


@pytest.mark.parametrize("protocol", ["tcp", "256", "", "-2", "٦", "1.0"])
def test_nothing_else_is_a_protocol(protocol: str) -> None:
    assert "Unknown protocol" in str(protocol_refusal(protocol))


def test_ports_and_types_belong_to_the_protocols_that_have_them() -> None:
    assert [has_ports(each) for each in ("6", "17", "1", "-1")] == [True, True, False, False]
    assert has_icmp_type("1", is_ipv6=False)
    assert has_icmp_type("58", is_ipv6=True)
    assert not has_icmp_type("58", is_ipv6=False)
    assert traffic_refusal(WEB) is None
    assert traffic_refusal(replace(WEB, from_port=None)) is not None
    assert traffic_refusal(replace(WEB, protocol="50", from_port=None, to_port=None)) is None
    six = replace(WEB, protocol="58", cidr_ipv4=None, cidr_ipv6="::/0")
    assert traffic_refusal(six) is not None
    assert traffic_refusal(replace(six, icmp_type=-1, icmp_code=-1)) is None


def test_an_entry_takes_the_place_of_its_number_in_its_direction_only() -> None:
    out = replace(WEB, is_egress=True)
    deny = replace(WEB, allows=False)
    assert with_entry((WEB, out), deny) == (out, deny)
    assert without_entry((WEB, out), 100, is_egress=True) == (WEB,)


def test_quotas_count_a_direction_and_a_family_with_the_entry_that_ends_them() -> None:
    entries = (*last_entries(has_ipv6=False), WEB, replace(WEB, number=101))
    assert entries_like(WEB, entries) == 3
    assert entries_like(replace(WEB, is_egress=True), entries) == 1
    assert entries_like(replace(WEB, cidr_ipv4=None, cidr_ipv6="::/0"), entries) == 1
