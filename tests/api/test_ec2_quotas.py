"""Quotas of routes, gateways and public addresses, through a real EC2 client."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread, make_client

from hostless.domain.api_limits import ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings


class Limited:
    """A client of a world in which quotas are kept."""

    def __init__(self, portal: LoopThread, quotas: Quotas) -> None:
        self.world = portal.run(self._make(quotas))
        self.ec2: Any = make_client(self.world.application(), portal, "ec2")

    async def _make(self, quotas: Quotas) -> World:
        limits = ApiLimits(quotas=quotas)
        return await World(settings=Settings(state_dir="/nowhere", api_limits=limits)).open()


@pytest.fixture
def limited(portal: LoopThread) -> Callable[..., Limited]:
    return lambda **quotas: Limited(portal, Quotas(**quotas))


def test_a_vpc_has_so_many_route_tables(limited: Callable[..., Limited]) -> None:
    limit = limited(route_tables_per_vpc=2)
    vpc = limit.world.network.vpc.id
    limit.ec2.create_route_table(VpcId=vpc)
    assert refusal(limit.ec2.create_route_table, VpcId=vpc) == (
        "RouteTableLimitExceeded",
        "The maximum number of route tables has been reached.",
    )


def test_a_route_table_has_so_many_routes(limited: Callable[..., Limited]) -> None:
    limit = limited(routes_per_table=2)
    network = limit.world.network
    members = {"RouteTableId": network.parts.route_table.id, "GatewayId": network.gateway.id}
    assert refusal(limit.ec2.create_route, **members, DestinationCidrBlock="10.0.0.0/8") == (
        "RouteLimitExceeded",
        "The maximum number of routes has been reached.",
    )
    limit.ec2.create_route(**members, DestinationCidrBlock="0.0.0.0/0")


def test_there_are_so_many_internet_gateways(limited: Callable[..., Limited]) -> None:
    limit = limited(internet_gateways=2, egress_only_gateways=0)
    limit.ec2.create_internet_gateway()
    assert refusal(limit.ec2.create_internet_gateway) == (
        "InternetGatewayLimitExceeded",
        "The maximum number of internet gateways has been reached.",
    )
    vpc = limit.world.network.vpc.id
    assert refusal(limit.ec2.create_egress_only_internet_gateway, VpcId=vpc)[0] == (
        "EgressOnlyInternetGatewayLimitExceeded"
    )


def test_there_are_so_many_elastic_addresses(limited: Callable[..., Limited]) -> None:
    limit = limited(elastic_addresses=1)
    made = limit.ec2.allocate_address()
    full = ("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    assert refusal(limit.ec2.allocate_address) == full
    limit.ec2.release_address(AllocationId=made["AllocationId"])
    limit.ec2.allocate_address()


def test_a_zone_has_so_many_nat_gateways(limited: Callable[..., Limited]) -> None:
    limit = limited(nat_gateways_per_zone=1)
    first, second, _ = (subnet.id for subnet in limit.world.network.subnets)
    create = limit.ec2.create_nat_gateway
    create(SubnetId=first, ConnectivityType="private")
    assert refusal(create, SubnetId=first, ConnectivityType="private") == (
        "NatGatewayLimitExceeded",
        "The maximum number of NAT Gateways has been reached.",
    )
    create(SubnetId=second, ConnectivityType="private")
