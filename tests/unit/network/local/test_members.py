"""The book of who is in the groups of a VPC."""

from dataclasses import replace

from tests.contract.network_suite import Range

from hostless.domain.network import NetworkInterface
from hostless.network.local.members import Members

RANGE = Range("10.20.0.0/22")
FIRST, SECOND = RANGE.interface(1, public=1), RANGE.interface(2)


def members_of(*interfaces: NetworkInterface) -> Members:
    return Members(Members().strangers(interfaces))


def test_members_are_found_by_whatever_is_theirs() -> None:
    members = members_of(FIRST, SECOND)
    member = members.by_interface[FIRST.id]
    assert members.by_address[FIRST.address] is member
    assert list(members.by_public_address.items()) == [(RANGE.public_address(1), member)]


def test_who_is_in_as_it_should_be_is_no_stranger() -> None:
    members = members_of(FIRST, SECOND)
    others = [
        replace(FIRST, security_groups=()),
        replace(FIRST, public_address=RANGE.public_address(2)),
        replace(SECOND, address="10.20.0.99"),
    ]
    assert members.strangers((FIRST, SECOND)) == []
    assert [each.interface_id for each in members.strangers(others)] == [o.id for o in others]


def test_who_comes_replaces_itself_and_whoever_has_one_of_its_addresses() -> None:
    members = members_of(FIRST, SECOND)
    third = RANGE.interface(3)
    for coming, leaving in (
        (third, []),
        (replace(FIRST, public_address=None), [FIRST]),
        (replace(third, address=SECOND.address), [SECOND]),
        (replace(third, public_address=FIRST.public_address), [FIRST]),
        (replace(SECOND, public_address=FIRST.public_address), [SECOND, FIRST]),
    ):
        found = members.predecessors(members.strangers((coming,)))
        assert [each.interface_id for each in found] == [each.id for each in leaving]


def test_who_leaves_leaves_nothing() -> None:
    members = members_of(FIRST, SECOND)
    members.change(tuple(members.by_interface.values()), ())
    assert not members.by_interface
    assert not members.by_address
    assert not members.by_public_address
