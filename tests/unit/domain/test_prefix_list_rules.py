"""What a change makes of a prefix list."""

import pytest

from hostless.domain.arns import PrefixListId
from hostless.domain.prefix_list_rules import (
    changed_entries,
    entries_refusal,
    name_refusal,
    size_refusal,
)
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry

ONE, TWO, THREE = (PrefixListEntry(cidr_block=f"10.{n}.0.0/16") for n in (1, 2, 3))
OFFICE = PrefixList(
    id=PrefixListId("pl-1"), name="office", family="IPv4", most_entries=9, versions=((ONE, TWO),)
)


def test_entries_are_taken_away_before_others_come() -> None:
    assert changed_entries(OFFICE, [THREE], [ONE.cidr_block]) == (TWO, THREE)
    assert changed_entries(OFFICE, [], []) == (ONE, TWO)


@pytest.mark.parametrize(("added", "removed"), [([ONE], []), ([], [THREE.cidr_block])])
def test_what_is_there_does_not_come_and_what_is_not_does_not_go(
    added: list[PrefixListEntry], removed: list[str]
) -> None:
    assert changed_entries(OFFICE, added, removed) is None


def test_a_request_names_each_range_once() -> None:
    assert entries_refusal([ONE, TWO], [THREE.cidr_block]) is None
    assert entries_refusal([ONE, ONE]) is not None
    assert entries_refusal([], [ONE.cidr_block] * 2) is not None
    assert "in both" in str(entries_refusal([ONE], [ONE.cidr_block]))


def test_names_and_sizes_have_bounds() -> None:
    assert name_refusal("office") is None
    assert all(name_refusal(name) for name in ("", "n" * 256, "com.amazonaws.x"))
    assert [size_refusal(n) is None for n in (0, 1, 1000, 1001)] == [False, True, True, False]
