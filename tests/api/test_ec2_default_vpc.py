"""The default VPC and its subnets, deleted and made anew, and quotas, through a real EC2 client."""

from typing import Any

from tests.support.api_world import World, refusal
from tests.support.client import LoopThread, make_client

from hostless.domain.api_limits import ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings


def test_a_default_vpc_is_made_when_there_is_none(ec2: Any, world: World) -> None:
    assert refusal(ec2.create_default_vpc) == (
        "DefaultVpcAlreadyExists",
        "A Default VPC already exists for this account in this region.",
    )
    for subnet in world.network.subnets:
        ec2.delete_subnet(SubnetId=subnet.id)
    assert refusal(ec2.delete_vpc, VpcId=world.network.vpc.id)[0] == "DependencyViolation"
    gateway = world.network.gateway.id
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=world.network.vpc.id)
    ec2.delete_vpc(VpcId=world.network.vpc.id)
    attribute = ec2.describe_account_attributes(AttributeNames=["default-vpc"])
    assert attribute["AccountAttributes"][0]["AttributeValues"] == [{"AttributeValue": "none"}]
    assert refusal(ec2.create_default_subnet, AvailabilityZone="us-east-1a") == (
        "DefaultVpcDoesNotExist",
        "There is no default VPC in which to carry out the request.",
    )
    code, sentence = refusal(ec2.create_security_group, GroupName="web", Description="web")
    assert (code, sentence) == ("VPCIdNotSpecified", "No default VPC for this user")
    made = ec2.create_default_vpc()["Vpc"]
    assert (made["CidrBlock"], made["IsDefault"]) == ("172.31.0.0/16", True)
    hostnames = ec2.describe_vpc_attribute(VpcId=made["VpcId"], Attribute="enableDnsHostnames")
    assert hostnames["EnableDnsHostnames"] == {"Value": True}
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [made["VpcId"]]}])[
        "Subnets"
    ]
    assert all(subnet["DefaultForAz"] for subnet in subnets)
    assert {subnet["CidrBlock"] for subnet in subnets} == {
        "172.31.0.0/20",
        "172.31.16.0/20",
        "172.31.32.0/20",
    }


def test_a_default_subnet_comes_back_where_there_is_none(ec2: Any, world: World) -> None:
    second = world.network.subnets[1]
    call = ec2.create_default_subnet
    assert refusal(call, AvailabilityZone="us-east-1b") == (
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        "A default subnet already exists in the specified Availability Zone.",
    )
    assert refusal(call, AvailabilityZone="us-east-1z")[0] == "InvalidParameterValue"
    assert refusal(call)[0] == "MissingParameter"
    ec2.delete_subnet(SubnetId=second.id)
    assert refusal(call, AvailabilityZone="us-east-1b", DryRun=True)[0] == "DryRunOperation"
    made = call(AvailabilityZone="us-east-1b")["Subnet"]
    assert (made["CidrBlock"], made["DefaultForAz"], made["MapPublicIpOnLaunch"]) == (
        "172.31.16.0/20",
        True,
        True,
    )


def test_a_full_default_vpc_has_no_room_for_a_default_subnet(ec2: Any, world: World) -> None:
    default = world.network.vpc.id
    ec2.delete_subnet(SubnetId=world.network.subnets[0].id)
    for cidr in ("172.31.0.0/28", "172.31.48.0/20", "172.31.64.0/18", "172.31.128.0/17"):
        ec2.create_subnet(VpcId=default, CidrBlock=cidr)
    assert refusal(ec2.create_default_subnet, AvailabilityZone="us-east-1a") == (
        "InsufficientCidrBlocks",
        "The specified VPC does not have enough free cidr blocks to satisfy the request",
    )


async def limited_world() -> World:
    limits = ApiLimits(quotas=Quotas(vpcs=2, subnets_per_vpc=4, elastic_addresses=7))
    return await World(settings=Settings(state_dir="/nowhere", api_limits=limits)).open()


def test_quotas_are_enforced_where_they_are_asked_for(portal: LoopThread) -> None:
    world = portal.run(limited_world())
    ec2 = make_client(world.application(), portal, "ec2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    attributes = ec2.describe_account_attributes()["AccountAttributes"]
    assert {
        each["AttributeName"]
        for each in attributes
        if each["AttributeValues"] == [{"AttributeValue": "7"}]
    } == {"max-elastic-ips", "vpc-max-elastic-ips"}
    assert refusal(ec2.create_vpc, CidrBlock="10.0.0.0/16") == (
        "VpcLimitExceeded",
        "The maximum number of VPCs has been reached.",
    )
    default = world.network.vpc.id
    ec2.create_subnet(VpcId=default, CidrBlock="172.31.64.0/20")
    assert refusal(ec2.create_subnet, VpcId=default, CidrBlock="172.31.80.0/20") == (
        "SubnetLimitExceeded",
        "The maximum number of subnets has been reached.",
    )
