"""NAT gateways, through a real EC2 client, over a running controller of the network's layout."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.controllers.network.layout import LayoutController
from hostless.kit.clock import SystemClock
from hostless.network.new_interface import new_interface
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import NETWORK_INTERFACES, SUBNETS

UNKNOWN = "nat-0123456789abcdef0"
DRY = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
AT_ONCE = {"Delay": 0.02, "MaxAttempts": 500}


@pytest.fixture
def laying_out(world: World, portal: LoopThread) -> Iterator[None]:
    """The controller, with the simulated fabric."""

    async def start() -> asyncio.Task[None]:
        controller = LayoutController(world.store, SimulatedFabric(), SystemClock())
        return asyncio.get_running_loop().create_task(controller.run())

    running = portal.run(start())
    yield

    async def stop() -> None:
        running.cancel()
        await asyncio.wait([running])

    portal.run(stop())


@pytest.fixture
def allocation(ec2: Any) -> str:
    return str(ec2.allocate_address(Domain="vpc")["AllocationId"])


@pytest.fixture
def subnet(world: World) -> str:
    return world.network.subnets[0].id


def shown(ec2: Any, gateway: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    return found[0]


def wait(ec2: Any, waiter: str, gateway: str) -> None:
    ec2.get_waiter(waiter).wait(NatGatewayIds=[gateway], WaiterConfig=AT_ONCE)


def failed(ec2: Any, **members: Any) -> dict[str, Any]:
    """What is told of a gateway that boto3's waiter gave up on."""
    gateway = ec2.create_nat_gateway(**members)["NatGateway"]["NatGatewayId"]
    with pytest.raises(WaiterError):
        wait(ec2, "nat_gateway_available", gateway)
    return shown(ec2, gateway)


def test_a_gateway_is_pending_then_available_then_deleted(
    ec2: Any, world: World, laying_out: None, allocation: str, subnet: str
) -> None:
    tags = [{"Key": "Name", "Value": "nat"}]
    specification = [{"ResourceType": "natgateway", "Tags": tags}]
    made = ec2.create_nat_gateway(
        SubnetId=subnet, AllocationId=allocation, TagSpecifications=specification
    )["NatGateway"]
    gateway = made["NatGatewayId"]
    assert (made["State"], made["VpcId"]) == ("pending", world.network.vpc.id)
    wait(ec2, "nat_gateway_available", gateway)
    (elastic,) = ec2.describe_addresses()["Addresses"]
    found = shown(ec2, gateway)
    (address,) = found["NatGatewayAddresses"]
    assert address == {
        "AllocationId": allocation,
        "AssociationId": elastic["AssociationId"],
        "NetworkInterfaceId": elastic["NetworkInterfaceId"],
        "PrivateIp": elastic["PrivateIpAddress"],
        "PublicIp": elastic["PublicIp"],
        "IsPrimary": True,
        "Status": "succeeded",
    }
    assert found == {
        "NatGatewayId": gateway,
        "VpcId": world.network.vpc.id,
        "SubnetId": subnet,
        "State": "available",
        "ConnectivityType": "public",
        "AvailabilityMode": "zonal",
        "NatGatewayAddresses": [address],
        "CreateTime": found["CreateTime"],
        "Tags": tags,
    }
    ids = [elastic["NetworkInterfaceId"]]
    (interface,) = ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    assert interface["Description"] == f"Interface for NAT Gateway {gateway}"
    assert interface["Association"]["AllocationId"] == allocation
    assert interface["Association"]["PublicIp"] == elastic["PublicIp"]
    assert ec2.delete_nat_gateway(NatGatewayId=gateway)["NatGatewayId"] == gateway
    wait(ec2, "nat_gateway_deleted", gateway)
    assert shown(ec2, gateway)["DeleteTime"]
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.release_address(AllocationId=allocation)


def test_a_route_leads_to_a_gateway_while_it_is_there(
    ec2: Any, world: World, laying_out: None, allocation: str, subnet: str
) -> None:
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    gateway = made["NatGatewayId"]
    table = ec2.create_route_table(VpcId=world.network.vpc.id)["RouteTable"]["RouteTableId"]
    members = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**members, NatGatewayId=gateway)

    def route() -> dict[str, Any]:
        (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return dict(found["Routes"][1])

    assert route() == {
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": gateway,
        "Origin": "CreateRoute",
        "State": "active",
    }
    filters = [{"Name": "route.nat-gateway-id", "Values": [gateway]}]
    assert len(ec2.describe_route_tables(Filters=filters)["RouteTables"]) == 1
    ipv6 = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0", "NatGatewayId": gateway}
    assert refusal(ec2.create_route, **ipv6)[0] == "InvalidParameterValue"
    wait(ec2, "nat_gateway_available", gateway)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    wait(ec2, "nat_gateway_deleted", gateway)
    assert route()["State"] == "blackhole"
    assert refusal(ec2.replace_route, **members, NatGatewayId=gateway) == (
        "InvalidNatGatewayID.NotFound",
        f"The natGateway ID '{gateway}' does not exist",
    )


def test_an_address_in_use_fails_the_second_gateway(
    ec2: Any, laying_out: None, allocation: str, subnet: str
) -> None:
    members = {"SubnetId": subnet, "AllocationId": allocation}
    first = ec2.create_nat_gateway(**members)["NatGateway"]["NatGatewayId"]
    wait(ec2, "nat_gateway_available", first)
    second = failed(ec2, **members)
    assert (second["FailureCode"], second["FailureMessage"]) == (
        "Resource.AlreadyAssociated",
        f"Elastic IP address {allocation} is already associated",
    )
    (elastic,) = ec2.describe_addresses()["Addresses"]
    assert (
        elastic["NetworkInterfaceId"]
        == (shown(ec2, first)["NatGatewayAddresses"][0]["NetworkInterfaceId"])
    )
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1
    ec2.delete_nat_gateway(NatGatewayId=second["NatGatewayId"])
    wait(ec2, "nat_gateway_deleted", second["NatGatewayId"])
    assert shown(ec2, first)["State"] == "available"


def test_a_public_gateway_fails_where_there_is_no_way_out(
    ec2: Any, world: World, laying_out: None, allocation: str, subnet: str
) -> None:
    vpc = world.network.vpc.id
    ec2.detach_internet_gateway(InternetGatewayId=world.network.gateway.id, VpcId=vpc)
    found = failed(ec2, SubnetId=subnet, AllocationId=allocation)
    assert (found["FailureCode"], found["FailureMessage"]) == (
        "Gateway.NotAttached",
        f"Network {vpc} has no Internet gateway attached",
    )
    assert found["NatGatewayAddresses"][0]["Status"] == "failed"
    (elastic,) = ec2.describe_addresses()["Addresses"]
    assert "AssociationId" not in elastic
    private = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    wait(ec2, "nat_gateway_available", private["NatGatewayId"])
    (address,) = shown(ec2, private["NatGatewayId"])["NatGatewayAddresses"]
    assert "PublicIp" not in address


async def fill(world: World) -> None:
    """Make a subnet of eleven addresses out of the first one, and give them all away."""
    subnet = replace(world.network.subnets[0], cidr_block="172.31.0.0/28")
    transaction = world.store.transaction("test")
    transaction.put(SUBNETS, subnet)
    for last in range(4, 15):
        interface = new_interface(subnet, f"172.31.0.{last}", f"{last:017x}", "us-east-1", 0.0)
        transaction.put(NETWORK_INTERFACES, interface)
    await transaction.commit()


def test_a_gateway_fails_in_a_full_subnet(
    ec2: Any, world: World, portal: LoopThread, laying_out: None, allocation: str, subnet: str
) -> None:
    portal.run(fill(world))
    found = failed(ec2, SubnetId=subnet, AllocationId=allocation)
    assert (found["FailureCode"], found["FailureMessage"]) == (
        "InsufficientFreeAddressesInSubnet",
        "Subnet has insufficient free addresses to create this NAT gateway",
    )
    (elastic,) = ec2.describe_addresses()["Addresses"]
    assert "AssociationId" not in elastic


def test_a_gateway_may_have_the_address_that_it_asks_for(
    ec2: Any, allocation: str, subnet: str
) -> None:
    members = {"SubnetId": subnet, "ConnectivityType": "private"}
    made = ec2.create_nat_gateway(**members, PrivateIpAddress="172.31.0.9")["NatGateway"]
    assert made["NatGatewayAddresses"][0]["PrivateIp"] == "172.31.0.9"
    for address, code, sentence in (
        ("172.31.0.9", "InvalidIPAddress.InUse", "Address 172.31.0.9 is in use."),
        (
            "172.31.16.9",
            "InvalidParameterValue",
            "Address does not fall within the subnet's address range",
        ),
        (
            "172.31.0.3",
            "InvalidParameterValue",
            "Address 172.31.0.3 is in subnet's reserved address range",
        ),
    ):
        refused = refusal(ec2.create_nat_gateway, **members, PrivateIpAddress=address)
        assert refused == (code, sentence)
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 1


def test_a_call_with_its_token_again_makes_nothing(ec2: Any, allocation: str, subnet: str) -> None:
    members = {"SubnetId": subnet, "AllocationId": allocation, "ClientToken": "t"}
    first = ec2.create_nat_gateway(**members)
    again = ec2.create_nat_gateway(**members)
    assert again["NatGateway"] == first["NatGateway"]
    assert again["ClientToken"] == "t"
    other = {**members, "ConnectivityType": "public"}
    assert refusal(ec2.create_nat_gateway, **other)[0] == "IdempotentParameterMismatch"
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 1


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"AllocationId": None},
            "MissingParameter",
            "The request must include the AllocationId parameter. "
            "Add the required parameter and retry the request.",
        ),
        (
            {"SubnetId": None},
            "MissingParameter",
            "The request must include the SubnetId parameter. "
            "Add the required parameter and retry the request.",
        ),
        ({"SubnetId": "subnet-00000000"}, "InvalidSubnet", "Subnet subnet-00000000 was not found"),
        (
            {"AllocationId": "eipalloc-00000000"},
            "InvalidElasticIpID.NotFound",
            "The elastic-ip ID 'eipalloc-00000000' does not exist",
        ),
        (
            {"AllocationId": "x"},
            "InvalidElasticIpID.Malformed",
            "The elastic-ip ID 'x' is malformed",
        ),
        ({"ConnectivityType": "private"}, "InvalidParameterCombination", None),
        ({"AvailabilityMode": "regional"}, "InvalidParameterValue", None),
        ({"SecondaryAllocationIds": ["eipalloc-00000000"]}, "UnsupportedOperation", None),
        ({"DryRun": True}, *DRY),
    ],
)
def test_gateways_that_cannot_be_had(
    ec2: Any,
    allocation: str,
    subnet: str,
    members: dict[str, Any],
    code: str,
    sentence: str | None,
) -> None:
    asked = {"SubnetId": subnet, "AllocationId": allocation, **members}
    refused = refusal(
        ec2.create_nat_gateway,
        **{name: value for name, value in asked.items() if value is not None},
    )
    assert refused[0] == code
    if sentence is not None:
        assert refused[1] == sentence
    assert ec2.describe_nat_gateways()["NatGateways"] == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_gateways_that_are_not_there(ec2: Any, allocation: str, subnet: str) -> None:
    missing = ("NatGatewayNotFound", f"NAT gateway {UNKNOWN} was not found")
    assert refusal(ec2.describe_nat_gateways, NatGatewayIds=[UNKNOWN]) == missing
    assert refusal(ec2.delete_nat_gateway, NatGatewayId=UNKNOWN) == missing
    assert refusal(ec2.delete_nat_gateway, NatGatewayId="x")[0] == "NatGatewayMalformed"
    associate = ec2.associate_nat_gateway_address
    assert refusal(associate, NatGatewayId=UNKNOWN, AllocationIds=[allocation]) == (
        "UnsupportedOperation",
        "A NAT gateway has one address only",
    )
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    assert refusal(ec2.delete_nat_gateway, NatGatewayId=made["NatGatewayId"], DryRun=True) == DRY
    assert shown(ec2, made["NatGatewayId"])["State"] == "pending"


def test_gateways_are_found_by_where_they_are(
    ec2: Any, world: World, allocation: str, subnet: str
) -> None:
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    ec2.create_tags(Resources=[gateway["NatGatewayId"]], Tags=[{"Key": "a", "Value": "b"}])
    for name, value in {
        "nat-gateway-id": gateway["NatGatewayId"],
        "state": "pending",
        "subnet-id": subnet,
        "vpc-id": world.network.vpc.id,
        "tag:a": "b",
        "tag-key": "a",
    }.items():
        found = ec2.describe_nat_gateways(Filter=[{"Name": name, "Values": [value]}])
        assert len(found["NatGateways"]) == 1, name
    found = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available"]}])
    assert found["NatGateways"] == []


def room(ec2: Any) -> dict[str, int]:
    """By subnet, how many addresses are free."""
    subnets = ec2.describe_subnets()["Subnets"]
    return {each["SubnetId"]: each["AvailableIpAddressCount"] for each in subnets}


def test_a_gateways_addresses_are_taken(
    ec2: Any, world: World, allocation: str, subnet: str
) -> None:
    before = room(ec2)
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)
    assert room(ec2) == {**before, subnet: before[subnet] - 1}
    gateway = {"InternetGatewayId": world.network.gateway.id, "VpcId": world.network.vpc.id}
    assert refusal(ec2.detach_internet_gateway, **gateway)[0] == "DependencyViolation"
    assert refusal(ec2.release_address, AllocationId=allocation)[0] == "InvalidIPAddress.InUse"
