"""The questions that Terraform and the CDK ask of a VPC, as they ask them."""

from typing import Any

from tests.support.api_world import World


def by(**filters: str) -> list[dict[str, Any]]:
    """Filters; `_` stands for a hyphen, `__` for a point."""
    return [
        {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]}
        for name, value in filters.items()
    ]


def test_what_terraform_reads_of_a_vpc_that_it_made_is_there(ec2: Any) -> None:
    """As `aws_vpc` refreshes itself: attributes, and the ids of what came with the VPC."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="default")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    attributes = ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics")
    for name in attributes:
        assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)["VpcId"] == vpc
    (acl,) = ec2.describe_network_acls(Filters=by(default="true", vpc_id=vpc))["NetworkAcls"]
    assert acl["IsDefault"]
    main = by(association__main="true", vpc_id=vpc)
    (table,) = ec2.describe_route_tables(Filters=main)["RouteTables"]
    assert [route["GatewayId"] for route in table["Routes"]] == ["local"]
    default = by(group_name="default", vpc_id=vpc)
    (group,) = ec2.describe_security_groups(Filters=default)["SecurityGroups"]
    assert group["VpcId"] == vpc


def test_the_cdk_finds_a_vpc_with_its_subnets_and_route_tables(ec2: Any, world: World) -> None:
    """As `Vpc.fromLookup` asks; a subnet is public where its table leads to an `igw-`."""
    (vpc,) = ec2.describe_vpcs(Filters=by(isDefault="true"))["Vpcs"]
    of_vpc = by(vpc_id=vpc["VpcId"])
    subnets = ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    assert {subnet["AvailabilityZone"] for subnet in subnets} == set(world.realm.zones())
    (table,) = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    assert [each["Main"] for each in table["Associations"]] == [True]
    assert any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"])
    attached = by(attachment__vpc_id=vpc["VpcId"], attachment__state="attached", state="available")
    assert ec2.describe_vpn_gateways(Filters=attached)["VpnGateways"] == []
