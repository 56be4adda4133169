"""Managed prefix lists through a real EC2 client: versions, entries, who refers to one."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.acls import is_dry
from tests.support.api_world import World, refusal

NOWHERE = "pl-0000000000000dead"
S3 = "pl-63a5400a"


@pytest.fixture
def office(ec2: Any) -> str:
    """The id of a list of two ranges."""
    entries = [{"Cidr": "10.1.0.0/16", "Description": "first"}, {"Cidr": "10.2.0.7/16"}]
    return make(ec2, MaxEntries=3, Entries=entries)


def make(ec2: Any, **changes: Any) -> str:
    usual = {"PrefixListName": "office", "MaxEntries": 5, "AddressFamily": "IPv4"}
    made = ec2.create_managed_prefix_list(**{**usual, **changes})
    return str(made["PrefixList"]["PrefixListId"])


def shown(ec2: Any, list_id: str) -> dict[str, Any]:
    answer = ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])
    found: dict[str, Any] = answer["PrefixLists"][0]
    return found


def ranges(ec2: Any, list_id: str, **members: Any) -> list[str]:
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=list_id, **members)
    return [entry["Cidr"] for entry in answer["Entries"]]


def test_a_list_is_shown_as_it_was_made(ec2: Any, world: World) -> None:
    tags = [{"ResourceType": "prefix-list", "Tags": [{"Key": "Name", "Value": "mine"}]}]
    made = ec2.create_managed_prefix_list(
        PrefixListName="home", MaxEntries=2, AddressFamily="IPv6", TagSpecifications=tags
    )["PrefixList"]
    id_ = made["PrefixListId"]
    assert made == {
        "PrefixListId": id_,
        "AddressFamily": "IPv6",
        "State": "create-complete",
        "PrefixListArn": f"arn:aws:ec2:us-east-1:{world.realm.account_id}:prefix-list/{id_}",
        "PrefixListName": "home",
        "MaxEntries": 2,
        "Version": 1,
        "Tags": [{"Key": "Name", "Value": "mine"}],
        "OwnerId": world.realm.account_id,
    }
    assert shown(ec2, id_) == made
    assert ranges(ec2, id_) == []


def test_entries_are_shown_in_their_canonical_form(ec2: Any, office: str) -> None:
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=office)
    assert answer["Entries"] == [
        {"Cidr": "10.1.0.0/16", "Description": "first"},
        {"Cidr": "10.2.0.0/16"},
    ]


def test_a_repeated_call_with_its_token_makes_one_list(ec2: Any) -> None:
    assert make(ec2, ClientToken="once") == make(ec2, ClientToken="once")
    assert make(ec2) != make(ec2)


def test_every_change_of_entries_is_a_version_that_can_be_restored(ec2: Any, office: str) -> None:
    changed = ec2.modify_managed_prefix_list(
        PrefixListId=office,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.3.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.1.0.0/16"}],
    )["PrefixList"]
    assert (changed["State"], changed["Version"]) == ("modify-complete", 2)
    assert ranges(ec2, office) == ["10.2.0.0/16", "10.3.0.0/16"]
    assert ranges(ec2, office, TargetVersion=1) == ["10.1.0.0/16", "10.2.0.0/16"]
    restored = ec2.restore_managed_prefix_list_version(
        PrefixListId=office, PreviousVersion=1, CurrentVersion=2
    )["PrefixList"]
    assert (restored["State"], restored["Version"]) == ("restore-complete", 3)
    assert ranges(ec2, office) == ["10.1.0.0/16", "10.2.0.0/16"]


def test_a_new_name_is_no_new_version(ec2: Any, office: str) -> None:
    ec2.modify_managed_prefix_list(PrefixListId=office, PrefixListName="lab")
    assert shown(ec2, office)["Version"] == 1
    assert shown(ec2, office)["PrefixListName"] == "lab"


def test_a_list_is_resized_but_not_beyond_its_entries(ec2: Any, office: str) -> None:
    ec2.modify_managed_prefix_list(PrefixListId=office, MaxEntries=2)
    assert shown(ec2, office)["MaxEntries"] == 2
    full = (
        "PrefixListMaxEntriesExceeded",
        "You've reached the maximum number of entries for the prefix list.",
    )
    more = {"PrefixListId": office, "AddEntries": [{"Cidr": "10.9.0.0/16"}], "CurrentVersion": 1}
    assert refusal(ec2.modify_managed_prefix_list, **more) == full
    smaller = {"PrefixListId": office, "MaxEntries": 1}
    assert refusal(ec2.modify_managed_prefix_list, **smaller) == full
    assert shown(ec2, office)["Version"] == 1


ADD = {"AddEntries": [{"Cidr": "10.9.0.0/16"}]}


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        (
            {**ADD, "CurrentVersion": 7},
            "PrefixListVersionMismatch",
            "The prefix list has the incorrect version number.",
        ),
        (
            {**ADD, "MaxEntries": 9},
            "InvalidParameterCombination",
            "You cannot modify the entries and the maximum entries for the prefix list in the "
            "same request.",
        ),
        (
            {**ADD, "RemoveEntries": [{"Cidr": "10.9.0.0/16"}]},
            "InvalidParameterValue",
            "Request cannot contain Cidr 10.9.0.0/16 in both AddPrefixListEntries and "
            "RemovePrefixListEntries",
        ),
        (
            {"AddEntries": [{"Cidr": "10.1.0.0/16"}]},
            "InvalidRequest",
            "The request received was invalid.",
        ),
        (
            {"RemoveEntries": [{"Cidr": "10.9.0.0/16"}]},
            "InvalidRequest",
            "The request received was invalid.",
        ),
        (
            {"AddEntries": [{"Cidr": "fd00::/8"}]},
            "InvalidParameterValue",
            "CIDR block fd00::/8 is malformed",
        ),
        (
            {"PrefixListName": "com.amazonaws.mine"},
            "InvalidParameterValue",
            "The prefix list name cannot start with com.amazonaws",
        ),
        (
            {"MaxEntries": 1001},
            "InvalidParameterValue",
            "Must specify a maximum number of entries between 1 and 1000",
        ),
        (
            {"PrefixListId": NOWHERE},
            "InvalidPrefixListID.NotFound",
            f"The prefix list ID '{NOWHERE}' does not exist",
        ),
        (
            {"PrefixListId": S3},
            "OperationNotPermitted",
            f"The prefix list {S3} is managed by AWS and cannot be changed",
        ),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    ec2: Any, office: str, members: dict[str, Any], code: str, message: str
) -> None:
    before = shown(ec2, office)
    asked = {"PrefixListId": office, **members}
    assert refusal(ec2.modify_managed_prefix_list, **asked) == (code, message)
    assert shown(ec2, office) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AddressFamily": "IPv5"}, "InvalidParameterValue"),
        ({"PrefixListName": ""}, "InvalidParameterValue"),
        ({"PrefixListName": "n" * 256}, "InvalidParameterValue"),
        ({"MaxEntries": 0}, "InvalidParameterValue"),
        ({"Entries": [{"Cidr": "10.0.0.0/8"}, {"Cidr": "10.1.0.0/8"}]}, "InvalidParameterValue"),
        ({"Entries": [{"Cidr": "10.0.0.0/8", "Description": "d" * 256}]}, "InvalidParameterValue"),
        (
            {"MaxEntries": 1, "Entries": [{"Cidr": "10.0.0.0/8"}, {"Cidr": "11.0.0.0/8"}]},
            "PrefixListMaxEntriesExceeded",
        ),
    ],
)
def test_a_list_that_cannot_be_is_not_made(ec2: Any, changes: dict[str, Any], code: str) -> None:
    usual = {"PrefixListName": "office", "MaxEntries": 5, "AddressFamily": "IPv4"}
    assert refusal(ec2.create_managed_prefix_list, **{**usual, **changes})[0] == code
    assert all(e["OwnerId"] == "AWS" for e in ec2.describe_managed_prefix_lists()["PrefixLists"])


def test_versions_that_are_not_there_are_refused(ec2: Any, office: str) -> None:
    asked = {"PrefixListId": office, "TargetVersion": 2}
    assert refusal(ec2.get_managed_prefix_list_entries, **asked) == (
        "InvalidParameterValue",
        f"The prefix list {office} has no version 2",
    )
    restoring = {"PrefixListId": office, "PreviousVersion": 1, "CurrentVersion": 1}
    assert refusal(ec2.restore_managed_prefix_list_version, **restoring) == (
        "InvalidParameterValue",
        f"The prefix list {office} has no previous version 1",
    )
    restoring = {"PrefixListId": office, "PreviousVersion": 1, "CurrentVersion": 2}
    assert refusal(ec2.restore_managed_prefix_list_version, **restoring)[0] == (
        "PrefixListVersionMismatch"
    )


def test_a_list_that_nobody_refers_to_is_deleted(ec2: Any, office: str) -> None:
    gone = ec2.delete_managed_prefix_list(PrefixListId=office)["PrefixList"]
    assert gone["State"] == "delete-complete"
    assert refusal(ec2.describe_managed_prefix_lists, PrefixListIds=[office]) == (
        "InvalidPrefixListID.NotFound",
        f"The prefix list ID '{office}' does not exist",
    )


def test_lists_are_found_by_every_filter(ec2: Any, world: World, office: str) -> None:
    def found(name: str, value: str) -> list[str]:
        filters = [{"Name": name, "Values": [value]}]
        answer = ec2.describe_managed_prefix_lists(Filters=filters)
        return [each["PrefixListId"] for each in answer["PrefixLists"]]

    ec2.create_tags(Resources=[office], Tags=[{"Key": "a", "Value": "b"}])
    assert found("owner-id", world.realm.account_id) == [office]
    assert found("prefix-list-id", office) == [office]
    assert found("prefix-list-name", "off*") == [office]
    assert found("tag:a", "b") == [office]
    assert S3 in found("owner-id", "AWS")


def test_aws_has_lists_of_its_own_without_ranges(ec2: Any) -> None:
    name = "com.amazonaws.us-east-1.s3"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    answer = ec2.describe_prefix_lists(Filters=filters)
    assert answer["PrefixLists"] == [{"PrefixListId": S3, "PrefixListName": name, "Cidrs": []}]
    assert shown(ec2, S3) == {
        "PrefixListId": S3,
        "PrefixListName": name,
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "PrefixListArn": f"arn:aws:ec2:us-east-1:aws:prefix-list/{S3}",
        "Tags": [],
        "OwnerId": "AWS",
    }
    names = {each["PrefixListName"] for each in ec2.describe_prefix_lists()["PrefixLists"]}
    assert "com.amazonaws.us-east-1.dynamodb" in names
    assert ranges(ec2, S3) == []


def test_a_page_has_at_least_one_item(ec2: Any) -> None:
    for size in (0, -1):
        assert refusal(ec2.describe_prefix_lists, MaxResults=size) == (
            "InvalidParameterValue",
            f"Value ( {size} ) for parameter maxResults is invalid. "
            "Expecting a value greater than 0.",
        )


def test_entries_come_in_pages(ec2: Any, office: str) -> None:
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(
        PrefixListId=office, PaginationConfig={"PageSize": 1}
    )
    assert [[e["Cidr"] for e in page["Entries"]] for page in pages] == [
        ["10.1.0.0/16"],
        ["10.2.0.0/16"],
    ]


def test_what_is_asked_dry_changes_nothing(ec2: Any, office: str) -> None:
    before = ec2.describe_managed_prefix_lists()["PrefixLists"]
    named = {"PrefixListId": office}
    new: dict[str, Any] = {"PrefixListName": "a", "MaxEntries": 5, "AddressFamily": "IPv4"}
    ec2.modify_managed_prefix_list(**named, CurrentVersion=1, **ADD)
    before = ec2.describe_managed_prefix_lists()["PrefixLists"]
    dry: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (ec2.create_managed_prefix_list, new),
        (ec2.modify_managed_prefix_list, {**named, "PrefixListName": "b"}),
        (
            ec2.restore_managed_prefix_list_version,
            {**named, "PreviousVersion": 1, "CurrentVersion": 2},
        ),
        (ec2.delete_managed_prefix_list, named),
        (ec2.describe_managed_prefix_lists, {}),
        (ec2.describe_prefix_lists, {}),
        (ec2.get_managed_prefix_list_entries, named),
        (ec2.get_managed_prefix_list_associations, named),
    ]
    for call, members in dry:
        assert is_dry(call, **members), call
    assert ec2.describe_managed_prefix_lists()["PrefixLists"] == before
