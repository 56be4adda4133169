"""The default VPC and tasks' interfaces through a real EC2 client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal


def test_the_default_vpc_is_shown_to_the_field(ec2: Any, world: World) -> None:
    vpc_id = world.network.vpc.id
    assert ec2.describe_vpcs()["Vpcs"] == [
        {
            "VpcId": vpc_id,
            "CidrBlock": "172.31.0.0/16",
            "CidrBlockAssociationSet": [
                {
                    "AssociationId": f"vpc-cidr-assoc-{vpc_id.removeprefix('vpc-')}",
                    "CidrBlock": "172.31.0.0/16",
                    "CidrBlockState": {"State": "associated"},
                }
            ],
            "DhcpOptionsId": "default",
            "InstanceTenancy": "default",
            "IsDefault": True,
            "OwnerId": "000000000000",
            "State": "available",
            "Tags": [],
        }
    ]


def test_three_subnets_lie_in_three_zones(ec2: Any, world: World) -> None:
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [world.network.vpc.id]}])[
        "Subnets"
    ]
    assert {(s["AvailabilityZone"], s["CidrBlock"]) for s in subnets} == {
        ("us-east-1a", "172.31.0.0/20"),
        ("us-east-1b", "172.31.16.0/20"),
        ("us-east-1c", "172.31.32.0/20"),
    }
    assert {s["AvailableIpAddressCount"] for s in subnets} == {4091}
    assert {s["AvailabilityZoneId"] for s in subnets} == {"use1-az1", "use1-az2", "use1-az3"}
    assert all(s["DefaultForAz"] and s["MapPublicIpOnLaunch"] for s in subnets)


def test_the_default_group_lets_its_members_in_and_everything_out(ec2: Any, world: World) -> None:
    group = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]
    assert group["GroupId"] == world.network.parts.security_group.id
    assert group["Description"] == "default VPC security group"
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [
        {"GroupId": group["GroupId"], "UserId": "000000000000"}
    ]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


def test_zones_are_the_regions(ec2: Any) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [(zone["ZoneName"], zone["State"]) for zone in zones] == [
        ("us-east-1a", "available"),
        ("us-east-1b", "available"),
        ("us-east-1c", "available"),
    ]
    one = ec2.describe_availability_zones(ZoneNames=["us-east-1b"])["AvailabilityZones"]
    assert [zone["ZoneId"] for zone in one] == ["use1-az2"]
    assert refusal(ec2.describe_availability_zones, ZoneNames=["x"]) == (
        "InvalidParameterValue",
        "Invalid availability zone: [x]",
    )


@pytest.mark.parametrize(
    ("operation", "member", "given", "code", "sentence"),
    [
        (
            "describe_subnets",
            "SubnetIds",
            "subnet-0123456789abcdef0",
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0123456789abcdef0' does not exist",
        ),
        (
            "describe_vpcs",
            "VpcIds",
            "vpc-0123456789abcdef0",
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-0123456789abcdef0' does not exist",
        ),
        (
            "describe_security_groups",
            "GroupIds",
            "sg-0123456789abcdef0",
            "InvalidGroup.NotFound",
            "The security group 'sg-0123456789abcdef0' does not exist",
        ),
        (
            "describe_network_interfaces",
            "NetworkInterfaceIds",
            "eni-0123456789abcdef0",
            "InvalidNetworkInterfaceID.NotFound",
            "The networkInterface ID 'eni-0123456789abcdef0' does not exist",
        ),
        (
            "describe_vpcs",
            "VpcIds",
            "x",
            "InvalidVpcID.Malformed",
            'Invalid id: "x" (expecting "vpc-...")',
        ),
    ],
)
def test_ids_that_name_nothing(
    ec2: Any, operation: str, member: str, given: str, code: str, sentence: str
) -> None:
    assert refusal(getattr(ec2, operation), **{member: [given]}) == (code, sentence)


def filtered(ec2: Any, *filters: tuple[str, list[str]]) -> list[str]:
    members = [{"Name": name, "Values": values} for name, values in filters]
    return [s["CidrBlock"] for s in ec2.describe_subnets(Filters=members)["Subnets"]]


def test_filters_join_by_and_values_by_or_and_wildcards_stand_for_others(ec2: Any) -> None:
    assert len(filtered(ec2, ("availability-zone", ["us-east-1?"]))) == 3
    assert len(filtered(ec2, ("cidr-block", ["*.0.0/20", "*.32.0/20"]))) == 2
    both = (("cidr-block", ["172.*"]), ("availability-zone", ["us-east-1b"]))
    assert filtered(ec2, *both) == ["172.31.16.0/20"]
    assert filtered(ec2, ("cidr-block", [r"172.31.0.0\*"])) == []
    assert filtered(ec2, ("tag:Name", ["*"])) == []
    assert len(filtered(ec2, ("default-for-az", ["true"]))) == 3


def test_an_unknown_filter_is_refused(ec2: Any) -> None:
    filters = [{"Name": "colour", "Values": ["red"]}]
    assert refusal(ec2.describe_subnets, Filters=filters) == (
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    )


def test_subnets_have_pages(ec2: Any) -> None:
    pages = list(ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))
    assert sum(len(page["Subnets"]) for page in pages) == 3
    assert refusal(ec2.describe_subnets, NextToken="nonsense")[0] == "InvalidParameterValue"


def test_a_dry_run_says_so(ec2: Any) -> None:
    assert refusal(ec2.describe_vpcs, DryRun=True) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
