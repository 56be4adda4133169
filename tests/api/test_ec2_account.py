"""What EC2 says of the account and its region, through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal


def test_attributes_of_the_account_are_a_new_ones(ec2: Any, world: World) -> None:
    shown = ec2.describe_account_attributes()["AccountAttributes"]
    assert {
        each["AttributeName"]: each["AttributeValues"][0]["AttributeValue"] for each in shown
    } == {
        "default-vpc": world.network.vpc.id,
        "supported-platforms": "VPC",
        "max-instances": "20",
        "max-elastic-ips": "5",
        "vpc-max-elastic-ips": "5",
        "vpc-max-security-groups-per-interface": "5",
    }
    call = ec2.describe_account_attributes
    for name in {each["AttributeName"] for each in shown}:
        (one,) = call(AttributeNames=[name])["AccountAttributes"]
        assert one in shown
    assert refusal(call, DryRun=True)[0] == "DryRunOperation"
    code, sentence = refusal(call, AttributeNames=["colour"])
    assert code == "InvalidParameterValue"
    assert "colour" in sentence


def test_the_region_is_the_only_one(ec2: Any) -> None:
    region = {
        "RegionName": "us-east-1",
        "Endpoint": "ec2.us-east-1.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    }
    assert ec2.describe_regions()["Regions"] == [region]
    assert ec2.describe_regions(RegionNames=["us-east-1"], AllRegions=True)["Regions"] == [region]
    filters = [{"Name": "region-name", "Values": ["eu-*"]}]
    assert ec2.describe_regions(Filters=filters)["Regions"] == []
    assert refusal(ec2.describe_regions, RegionNames=["eu-west-1"]) == (
        "InvalidParameterValue",
        "Invalid region names: [eu-west-1]",
    )


@pytest.mark.parametrize(
    "operation", ["describe_vpc_classic_link", "describe_vpc_classic_link_dns_support"]
)
def test_ec2_classic_is_gone(ec2: Any, world: World, operation: str) -> None:
    for members in ({}, {"VpcIds": [world.network.vpc.id]}):
        assert refusal(getattr(ec2, operation), **members) == (
            "UnsupportedOperation",
            "The functionality you requested is not available in this region.",
        )


def test_there_are_no_vpn_gateways(ec2: Any, world: World) -> None:
    """Asked as the CDK asks when it looks a VPC up."""
    filters = [
        {"Name": "attachment.vpc-id", "Values": [world.network.vpc.id]},
        {"Name": "attachment.state", "Values": ["attached"]},
        {"Name": "state", "Values": ["available"]},
    ]
    assert ec2.describe_vpn_gateways(Filters=filters)["VpnGateways"] == []
    nowhere = "vgw-0123456789abcdef0"
    assert refusal(ec2.describe_vpn_gateways, VpnGatewayIds=[nowhere]) == (
        "InvalidVpnGatewayID.NotFound",
        f"The vpnGateway ID '{nowhere}' does not exist",
    )
    unknown = [{"Name": "colour", "Values": ["red"]}]
    assert refusal(ec2.describe_vpn_gateways, Filters=unknown)[0] == "InvalidParameterValue"
