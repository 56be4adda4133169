"""Unit tests of giving out addresses."""

import pytest

from hostless.domain.addresses import (
    address_count,
    free_address,
    free_ipv6_address,
    gateway_of,
    mac_address_of,
)


def nobody(address: str) -> bool:
    return False


@pytest.mark.parametrize(("block", "count"), [("10.0.0.0/28", 11), ("172.31.0.0/20", 4091)])
def test_five_addresses_of_every_subnet_are_reserved(block: str, count: int) -> None:
    assert address_count(block) == count


def test_every_other_address_is_given_once_and_then_none() -> None:
    taken: set[str] = set()
    while (found := free_address("10.0.0.0/28", 7, taken.__contains__)) is not None:
        taken.add(found)
    assert taken == {f"10.0.0.{last}" for last in range(4, 15)}


def test_the_search_goes_around_the_range() -> None:
    assert free_address("10.0.0.0/28", 10, nobody) == "10.0.0.14"
    assert free_address("10.0.0.0/28", 11, nobody) == "10.0.0.4"


@pytest.mark.parametrize(
    ("start", "expected"),
    [(0, "2001:db8::4"), (2**64 - 6, "2001:db8::ffff:ffff:ffff:fffe"), (2**64 - 5, "2001:db8::4")],
)
def test_a_subnets_first_four_addresses_of_ipv6_and_its_last_are_never_given(
    start: int, expected: str
) -> None:
    assert free_ipv6_address("2001:db8::/64", start, nobody) == expected


def test_an_address_of_ipv6_that_somebody_has_is_passed_over() -> None:
    taken = {"2001:db8::4", "2001:db8::5"}
    assert free_ipv6_address("2001:db8::/64", 0, taken.__contains__) == "2001:db8::6"


def test_the_gateway_is_the_first_address() -> None:
    assert gateway_of("172.31.16.0/20") == "172.31.16.1"


def test_mac_addresses_are_locally_administered() -> None:
    mac = mac_address_of("0123456789abcdef0")
    assert mac == "0a:78:9a:bc:de:f0"
    assert int(mac[:2], 16) & 0b11 == 0b10
