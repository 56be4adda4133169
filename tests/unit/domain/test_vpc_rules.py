"""Which ranges VPCs and subnets may have."""

import pytest

from hostless.domain.vpc_rules import (
    free_block,
    has_allowed_size,
    is_reserved,
    lies_in,
    new_ipv6_range,
    overlaps_any,
)


def test_ranges_have_16_to_65536_addresses() -> None:
    sizes = [prefix for prefix in range(33) if has_allowed_size(f"0.0.0.0/{prefix}")]
    assert sizes == list(range(16, 29))


@pytest.mark.parametrize(
    ("cidr", "is_refused"),
    [
        ("10.0.0.0/16", False),
        ("192.168.0.0/16", False),
        ("8.8.0.0/16", False),
        ("0.1.0.0/16", True),
        ("127.9.0.0/16", True),
        ("169.254.0.0/24", True),
        ("169.253.0.0/16", False),
        ("224.0.0.0/16", True),
        ("255.255.255.240/28", True),
    ],
)
def test_what_no_host_can_have_is_reserved(cidr: str, is_refused: bool) -> None:
    assert is_reserved(cidr) is is_refused


def test_a_range_lies_in_itself_and_in_a_wider_one() -> None:
    assert lies_in("10.0.0.0/24", "10.0.0.0/24")
    assert lies_in("10.0.255.0/24", "10.0.0.0/16")
    assert not lies_in("10.0.0.0/16", "10.0.0.0/24")
    assert lies_in("2001:db8:0:7::/64", "2001:db8::/56")


def test_neighbours_do_not_overlap() -> None:
    assert not overlaps_any("10.0.1.0/24", ["10.0.0.0/24", "10.0.2.0/23"])
    assert overlaps_any("10.0.1.0/24", ["10.1.0.0/16", "10.0.1.128/28"])
    assert not overlaps_any("10.0.1.0/24", [])


def test_the_first_free_block_is_found_between_others() -> None:
    assert free_block("10.0.0.0/16", 20, []) == "10.0.0.0/20"
    assert free_block("10.0.0.0/16", 20, ["10.0.0.16/28", "10.0.32.0/20"]) == "10.0.16.0/20"
    assert free_block("10.0.0.0/16", 20, ["10.0.0.0/16"]) is None


def test_ranges_of_ipv6_go_around_the_pool_past_those_that_are_taken() -> None:
    first = new_ipv6_range(0xABCDEF, [])
    assert first == "2001:db8:abcd:ef00::/56"
    assert new_ipv6_range(0xABCDEF, [first]) == "2001:db8:abcd:f000::/56"
    assert new_ipv6_range(2**24 - 1, ["2001:db8:ffff:ff00::/56"]) == "2001:db8::/56"
