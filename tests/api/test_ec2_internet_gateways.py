"""Internet gateways and those that let IPv6 out only, through a real EC2 client."""

from dataclasses import replace
from typing import Any

from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.domain.arns import VpcId
from hostless.domain.network import Vpc
from hostless.network.new_interface import new_interface
from hostless.store.kinds import NETWORK_INTERFACES, VPCS

UNKNOWN = "igw-0123456789abcdef0"
DRY = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


async def put_vpc(world: World) -> str:
    """Another VPC, with nothing in it."""
    vpc = Vpc(id=VpcId("vpc-0123456789abcdef0"), cidr_block="10.0.0.0/16")
    transaction = world.store.transaction("test")
    transaction.put(VPCS, vpc)
    await transaction.commit()
    return vpc.id


async def put_public_interface(world: World) -> None:
    subnet = world.network.subnets[0]
    interface = new_interface(subnet, "172.31.0.9", "0" * 17, "us-east-1", 0.0)
    transaction = world.store.transaction("test")
    transaction.put(NETWORK_INTERFACES, replace(interface, public_address="198.18.0.9"))
    await transaction.commit()


def shown(ec2: Any, gateway: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = ec2.describe_internet_gateways(InternetGatewayIds=[gateway])[
        "InternetGateways"
    ]
    return found[0]


def test_a_gateway_is_made_attached_detached_and_deleted(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    vpc = portal.run(put_vpc(world))
    tags = [{"Key": "Name", "Value": "way out"}]
    specification = [{"ResourceType": "internet-gateway", "Tags": tags}]
    made = ec2.create_internet_gateway(TagSpecifications=specification)["InternetGateway"]
    gateway = made["InternetGatewayId"]
    assert made == {
        "InternetGatewayId": gateway,
        "OwnerId": "000000000000",
        "Attachments": [],
        "Tags": tags,
    }
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert shown(ec2, gateway)["Attachments"] == [{"State": "available", "VpcId": vpc}]
    assert refusal(ec2.delete_internet_gateway, InternetGatewayId=gateway) == (
        "DependencyViolation",
        f"The internetGateway '{gateway}' has dependencies and cannot be deleted.",
    )
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_tags(Resources=[gateway], Tags=[{"Key": "a", "Value": "b"}])
    assert len(shown(ec2, gateway)["Tags"]) == 2
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    assert refusal(ec2.delete_internet_gateway, InternetGatewayId=gateway) == (
        "InvalidInternetGatewayID.NotFound",
        f"The internetGateway ID '{gateway}' does not exist",
    )


def test_a_vpc_has_one_gateway_and_a_gateway_one_vpc(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    vpc = portal.run(put_vpc(world))
    own, default = world.network.gateway.id, world.network.vpc.id
    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=own, VpcId=vpc) == (
        "Resource.AlreadyAssociated",
        f"resource {own} is already attached to network {default}",
    )
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=default) == (
        "InvalidParameterValue",
        f"Network {default} already has an internet gateway attached",
    )
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=own, VpcId=vpc) == (
        "Gateway.NotAttached",
        f"resource {own} is not attached to network {vpc}",
    )
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=other, VpcId=vpc)[0] == (
        "Gateway.NotAttached"
    )


def test_a_gateway_stays_while_somebody_is_known_to_the_world(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    portal.run(put_public_interface(world))
    own, vpc = world.network.gateway.id, world.network.vpc.id
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=own, VpcId=vpc) == (
        "DependencyViolation",
        f"Network {vpc} has some mapped public address(es). "
        "Please unmap those public address(es) before detaching the gateway.",
    )


def test_a_way_out_that_is_taken_away_is_a_blackhole(ec2: Any, world: World) -> None:
    own, vpc = world.network.gateway.id, world.network.vpc.id
    ec2.detach_internet_gateway(InternetGatewayId=own, VpcId=vpc)
    (table,) = ec2.describe_route_tables()["RouteTables"]
    assert [route["State"] for route in table["Routes"]] == ["active", "blackhole"]
    ec2.attach_internet_gateway(InternetGatewayId=own, VpcId=vpc)
    (table,) = ec2.describe_route_tables()["RouteTables"]
    assert [route["State"] for route in table["Routes"]] == ["active", "active"]


def test_gateways_are_found_by_their_vpc(ec2: Any, world: World) -> None:
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    own = world.network.gateway.id
    for name, value, expected in (
        ("attachment.vpc-id", world.network.vpc.id, {own}),
        ("attachment.state", "available", {own}),
        ("internet-gateway-id", other, {other}),
        ("owner-id", "000000000000", {own, other}),
    ):
        filters = [{"Name": name, "Values": [value]}]
        found = ec2.describe_internet_gateways(Filters=filters)["InternetGateways"]
        assert {each["InternetGatewayId"] for each in found} == expected, name


def test_refused_and_dry_calls_change_nothing(ec2: Any, world: World) -> None:
    own, vpc = world.network.gateway.id, world.network.vpc.id
    missing = (
        "InvalidInternetGatewayID.NotFound",
        f"The internetGateway ID '{UNKNOWN}' does not exist",
    )
    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=UNKNOWN, VpcId=vpc) == missing
    assert refusal(ec2.describe_internet_gateways, InternetGatewayIds=[UNKNOWN]) == missing
    assert refusal(ec2.delete_internet_gateway, InternetGatewayId="x")[0] == (
        "InvalidInternetGatewayId.Malformed"
    )
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=own, VpcId="vpc-00000000")[0] == (
        "InvalidVpcID.NotFound"
    )
    assert refusal(ec2.create_internet_gateway, DryRun=True) == DRY
    assert (
        refusal(ec2.detach_internet_gateway, InternetGatewayId=own, VpcId=vpc, DryRun=True) == DRY
    )
    assert shown(ec2, own)["Attachments"] == [{"State": "available", "VpcId": vpc}]
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1


def test_an_egress_only_gateway_is_one_of_its_vpc(ec2: Any, world: World) -> None:
    vpc = world.network.vpc.id
    tags = [{"Key": "Name", "Value": "out only"}]
    members: dict[str, Any] = {
        "VpcId": vpc,
        "ClientToken": "t",
        "TagSpecifications": [{"ResourceType": "egress-only-internet-gateway", "Tags": tags}],
    }
    assert refusal(ec2.create_egress_only_internet_gateway, VpcId=vpc, DryRun=True) == DRY
    made = ec2.create_egress_only_internet_gateway(**members)["EgressOnlyInternetGateway"]
    gateway = made["EgressOnlyInternetGatewayId"]
    assert made == {
        "EgressOnlyInternetGatewayId": gateway,
        "Attachments": [{"State": "attached", "VpcId": vpc}],
        "Tags": tags,
    }
    again = ec2.create_egress_only_internet_gateway(**members)["EgressOnlyInternetGateway"]
    assert again == made
    assert refusal(ec2.create_egress_only_internet_gateway, VpcId=vpc) == (
        "InvalidParameterValue",
        f"Network {vpc} already has an egress-only internet gateway attached",
    )
    describe = ec2.describe_egress_only_internet_gateways
    by_tag = [{"Name": "tag:Name", "Values": ["out*"]}]
    assert describe(Filters=by_tag)["EgressOnlyInternetGateways"] == [made]
    assert describe(EgressOnlyInternetGatewayIds=[gateway])["EgressOnlyInternetGateways"] == [made]
    delete = ec2.delete_egress_only_internet_gateway
    assert refusal(delete, EgressOnlyInternetGatewayId=gateway, DryRun=True) == DRY
    assert delete(EgressOnlyInternetGatewayId=gateway)["ReturnCode"] is True
    assert refusal(delete, EgressOnlyInternetGatewayId=gateway) == (
        "InvalidGatewayID.NotFound",
        f"The eigw ID '{gateway}' does not exist",
    )
    assert describe()["EgressOnlyInternetGateways"] == []
