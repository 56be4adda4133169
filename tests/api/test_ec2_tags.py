"""Tags of EC2 resources through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal

A, B = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}


@pytest.fixture
def resources(ec2: Any, world: World) -> dict[str, str]:
    """One resource of every kind that exists without a task, by resource type."""
    network = world.network
    return {
        "vpc": network.vpc.id,
        "subnet": network.subnets[0].id,
        "security-group": network.parts.security_group.id,
        "security-group-rule": network.parts.rules[0].id,
    }


def described(ec2: Any, **filters: list[str]) -> list[tuple[str, str, str]]:
    members = [{"Name": name.replace("_", "-"), "Values": v} for name, v in filters.items()]
    tags = ec2.describe_tags(Filters=members)["Tags"]
    return [(tag["ResourceType"], tag["Key"], tag["Value"]) for tag in tags]


def test_every_kind_of_resource_is_tagged_in_one_call(ec2: Any, resources: dict[str, str]) -> None:
    ec2.create_tags(Resources=list(resources.values()), Tags=[A, B])
    for kind, resource in resources.items():
        assert described(ec2, resource_id=[resource]) == [(kind, "a", "1"), (kind, "b", "")]
    assert ec2.describe_vpcs()["Vpcs"][0]["Tags"] == [A, B]
    rules = ec2.describe_security_group_rules(
        SecurityGroupRuleIds=[resources["security-group-rule"]]
    )
    assert rules["SecurityGroupRules"][0]["Tags"] == [A, B]
    ec2.create_tags(Resources=[resources["vpc"]], Tags=[{"Key": "a", "Value": "2"}])
    assert described(ec2, key=["a"], resource_type=["vpc"]) == [("vpc", "a", "2")]
    assert len(described(ec2, value=["1"])) == 3


def test_tags_go_by_key_by_value_or_all(ec2: Any, resources: dict[str, str]) -> None:
    vpc = resources["vpc"]
    ec2.create_tags(Resources=[vpc], Tags=[A, B, {"Key": "c", "Value": "3"}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "other"}, {"Key": "c"}])
    assert described(ec2) == [("vpc", "a", "1"), ("vpc", "b", "")]
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}])
    assert described(ec2) == [("vpc", "a", "1")]
    ec2.delete_tags(Resources=[vpc])
    assert described(ec2) == []


def test_tags_have_pages(ec2: Any, resources: dict[str, str]) -> None:
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(7)]
    ec2.create_tags(Resources=[resources["vpc"]], Tags=tags)
    pages = ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["Tags"]) for page in pages] == [5, 2]
    assert refusal(ec2.describe_tags, MaxResults=1) == (
        "InvalidParameterValue",
        "Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
    )


@pytest.mark.parametrize(
    ("resource", "tags", "code", "sentence"),
    [
        ("x", [A], "InvalidID", "The ID 'x' is not valid"),
        (
            "subnet-0123456789abcdef0",
            [A],
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0123456789abcdef0' does not exist",
        ),
        (
            None,
            [{"Key": "aws:x", "Value": ""}],
            "InvalidParameterValue",
            "Value ( aws:x ) for parameter key is invalid. "
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        (None, [A, A], "InvalidParameterValue", "Duplicate tag key 'a' specified."),
        (
            None,
            [{"Key": f"k{number}", "Value": ""} for number in range(51)],
            "TagLimitExceeded",
            "The maximum number of Tags for a resource has been reached.",
        ),
    ],
)
def test_tags_that_cannot_be_put_on_are_put_on_nothing(
    ec2: Any,
    resources: dict[str, str],
    resource: str | None,
    tags: list[dict[str, str]],
    code: str,
    sentence: str,
) -> None:
    named = [resources["vpc"], *([resource] if resource else [])]
    assert refusal(ec2.create_tags, Resources=named, Tags=tags) == (code, sentence)
    assert refusal(ec2.create_tags, Resources=named[:1], Tags=[A], DryRun=True)[0] == (
        "DryRunOperation"
    )
    assert described(ec2) == []
