"""What CDK's `ec2.Vpc` and Terraform's VPC module build, built and taken apart by a stock client.

Two zones, each with a public and a private subnet, and a NAT gateway for each private one.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.controllers.network.layout import LayoutController
from hostless.domain.network_layout import SubnetLayout
from hostless.kit.clock import SystemClock
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import ALL_KINDS, NAT_GATEWAYS, TOKENS

ZONES = ("us-east-1a", "us-east-1b")
AT_ONCE = {"Delay": 0.02, "MaxAttempts": 500}
EVERYWHERE = "0.0.0.0/0"


@pytest.fixture
def fabric() -> SimulatedFabric:
    return SimulatedFabric()


@pytest.fixture(autouse=True)
def laying_out(world: World, portal: LoopThread, fabric: SimulatedFabric) -> Iterator[None]:
    async def start() -> asyncio.Task[None]:
        controller = LayoutController(world.store, fabric, SystemClock())
        return asyncio.get_running_loop().create_task(controller.run())

    running = portal.run(start())
    yield

    async def stop() -> None:
        running.cancel()
        await asyncio.wait([running])

    portal.run(stop())


@dataclass
class Stack:
    """What was built, by logical name."""

    ec2: Any
    vpc: str = ""
    gateway: str = ""
    subnets: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    associations: dict[str, str] = field(default_factory=dict)
    nats: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="default")["Vpc"][
            "VpcId"
        ]
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        for number, zone in enumerate(ZONES):
            self._subnet(f"public{number}", zone, f"10.0.{number}.0/24")
            public = {"RouteTableId": self.tables[f"public{number}"], "GatewayId": self.gateway}
            ec2.create_route(**public, DestinationCidrBlock=EVERYWHERE)
            self._nat(number)
            self._subnet(f"private{number}", zone, f"10.0.{128 + number}.0/24")
            private = {
                "RouteTableId": self.tables[f"private{number}"],
                "NatGatewayId": self.nats[f"public{number}"],
            }
            ec2.create_route(**private, DestinationCidrBlock=EVERYWHERE)

    def _subnet(self, name: str, zone: str, cidr: str) -> None:
        members = {"VpcId": self.vpc, "AvailabilityZone": zone, "CidrBlock": cidr}
        subnet = self.ec2.create_subnet(**members)["Subnet"]["SubnetId"]
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        made = self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        self.subnets[name], self.tables[name] = subnet, table
        self.associations[name] = made["AssociationId"]

    def _nat(self, number: int) -> None:
        name = f"public{number}"
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        members = {"SubnetId": self.subnets[name], "AllocationId": address}
        gateway = self.ec2.create_nat_gateway(**members)["NatGateway"]["NatGatewayId"]
        waiter = self.ec2.get_waiter("nat_gateway_available")
        waiter.wait(NatGatewayIds=[gateway], WaiterConfig=AT_ONCE)
        self.nats[name], self.addresses[name] = gateway, address

    def take_apart(self) -> None:
        """In the order in which CloudFormation and Terraform do it: what needs something first."""
        ec2 = self.ec2
        for name, table in self.tables.items():
            ec2.delete_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
            ec2.disassociate_route_table(AssociationId=self.associations[name])
            ec2.delete_route_table(RouteTableId=table)
        for name, gateway in self.nats.items():
            ec2.delete_nat_gateway(NatGatewayId=gateway)
            waiter = ec2.get_waiter("nat_gateway_deleted")
            waiter.wait(NatGatewayIds=[gateway], WaiterConfig=AT_ONCE)
            ec2.release_address(AllocationId=self.addresses[name])
        for subnet in self.subnets.values():
            ec2.delete_subnet(SubnetId=subnet)
        ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        ec2.delete_vpc(VpcId=self.vpc)


def laid_out(fabric: SimulatedFabric, stack: Stack) -> dict[str, SubnetLayout]:
    """The subnets as the fabric was asked for them, by logical name."""
    assert fabric.layout is not None
    (vpc,) = (each for each in fabric.layout.vpcs if each.vpc.id == stack.vpc)
    names = {id_: name for name, id_ in stack.subnets.items()}
    return {names[each.subnet.id]: each for each in vpc.subnets}


async def settled() -> None:
    """The controller has had its turn: what is durable by now is laid out."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_vpc_with_nat_gateways_is_built_and_taken_apart(
    ec2: Any, fabric: SimulatedFabric, portal: LoopThread, world: World
) -> None:
    before = portal.run(records_of(world))
    stack = Stack(ec2)
    stack.build()
    portal.run(settled())
    subnets = laid_out(fabric, stack)
    addresses = {a["AllocationId"]: a["PublicIp"] for a in ec2.describe_addresses()["Addresses"]}
    for number in range(len(ZONES)):
        (out,) = subnets[f"public{number}"].ways
        assert (out.through, out.target) == ("internet", stack.gateway)
        (by_nat,) = subnets[f"private{number}"].ways
        assert (by_nat.through, by_nat.target) == ("nat", stack.nats[f"public{number}"])
        assert by_nat.nat_address == addresses[stack.addresses[f"public{number}"]]
        assert by_nat.nat_subnet_id == stack.subnets[f"public{number}"]
    stack.take_apart()
    assert portal.run(records_of(world)) == before


async def records_of(world: World) -> dict[str, set[str]]:
    """By kind, the keys of all that is there.

    NAT gateways are shown for an hour, and client tokens, which botocore makes, kept for a day.
    """
    kinds = (kind for kind in ALL_KINDS if kind not in (NAT_GATEWAYS, TOKENS))
    return {kind.name: {kind.key(r) for r in world.store.all(kind)} for kind in kinds}


def test_nothing_is_taken_away_that_something_needs(ec2: Any) -> None:
    stack = Stack(ec2)
    stack.build()
    for call, members in (
        (ec2.delete_vpc, {"VpcId": stack.vpc}),
        (ec2.delete_subnet, {"SubnetId": stack.subnets["public0"]}),
        (ec2.delete_internet_gateway, {"InternetGatewayId": stack.gateway}),
        (
            ec2.detach_internet_gateway,
            {"InternetGatewayId": stack.gateway, "VpcId": stack.vpc},
        ),
        (ec2.delete_route_table, {"RouteTableId": stack.tables["private0"]}),
    ):
        assert refusal(call, **members)[0] == "DependencyViolation", call
    in_use = refusal(ec2.release_address, AllocationId=stack.addresses["public0"])
    assert in_use[0] == "InvalidIPAddress.InUse"
    stack.take_apart()
