"""Routes in route tables, through a real EC2 client."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, refusal

from hostless.domain.arns import EgressOnlyGatewayId, InternetGatewayId, PrefixListId, VpcEndpointId
from hostless.domain.gateways import EgressOnlyGateway, InternetGateway
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry
from hostless.domain.routing import Route
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.store.kinds import (
    EGRESS_ONLY_GATEWAYS,
    INTERNET_GATEWAYS,
    PREFIX_LISTS,
    ROUTE_TABLES,
    VPC_ENDPOINTS,
)

EGRESS_ONLY = "eigw-0123456789abcdef0"
DETACHED = "igw-0123456789abcdef0"
LISTED = "pl-0123456789abcdef0"
ENDPOINT = "vpce-0123456789abcdef0"


@pytest.fixture
def table(ec2: Any, world: World) -> str:
    """Of the default VPC; nothing but the local route is in it."""
    made = ec2.create_route_table(VpcId=world.network.vpc.id)
    return str(made["RouteTable"]["RouteTableId"])


@pytest.fixture
def gateway(world: World) -> str:
    """The default VPC's."""
    return world.network.gateway.id


def routes(ec2: Any, table: str) -> list[dict[str, Any]]:
    """Without the local one."""
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return [route for route in shown["Routes"] if route.get("GatewayId") != "local"]


async def put_others(world: World) -> None:
    """An egress-only gateway, a gateway of no VPC, a prefix list and an endpoint."""
    vpc_id = world.network.vpc.id
    transaction = world.store.transaction("test")
    egress_only = EgressOnlyGateway(id=EgressOnlyGatewayId(EGRESS_ONLY), vpc_id=vpc_id)
    transaction.put(EGRESS_ONLY_GATEWAYS, egress_only)
    transaction.put(INTERNET_GATEWAYS, InternetGateway(id=InternetGatewayId(DETACHED)))
    listed = PrefixList(
        id=PrefixListId(LISTED),
        name="offices",
        family="IPv4",
        most_entries=5,
        versions=((PrefixListEntry(cidr_block="192.0.2.0/24"),),),
    )
    transaction.put(PREFIX_LISTS, listed)
    endpoint = VpcEndpoint(
        id=VpcEndpointId(ENDPOINT),
        vpc_id=vpc_id,
        type="Gateway",
        service_name="com.amazonaws.us-east-1.s3",
        state="available",
        policy="{}",
        created_at=0.0,
    )
    transaction.put(VPC_ENDPOINTS, endpoint)
    await transaction.commit()


async def put_endpoint_route(world: World, table: str) -> None:
    found = world.store.get(ROUTE_TABLES, table)
    assert found is not None
    route = Route(destination=LISTED, target=ENDPOINT)
    transaction = world.store.transaction("test")
    transaction.put(ROUTE_TABLES, replace(found, routes=(*found.routes, route)))
    await transaction.commit()


def test_a_route_is_put_in_replaced_and_taken_out(
    ec2: Any, world: World, table: str, gateway: str, portal: Any
) -> None:
    portal.run(put_others(world))
    created = ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.1.2.3/8", GatewayId=gateway
    )
    assert created["Return"] is True
    route = {
        "DestinationCidrBlock": "10.0.0.0/8",
        "GatewayId": gateway,
        "Origin": "CreateRoute",
        "State": "active",
    }
    assert routes(ec2, table) == [route]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/8", GatewayId=gateway)
    assert routes(ec2, table) == [route]
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/8", GatewayId=gateway)
    ec2.create_route(
        RouteTableId=table,
        DestinationIpv6CidrBlock="::/0",
        EgressOnlyInternetGatewayId=EGRESS_ONLY,
    )
    ec2.create_route(RouteTableId=table, DestinationPrefixListId=LISTED, GatewayId=gateway)
    assert routes(ec2, table)[1:] == [
        {
            "DestinationIpv6CidrBlock": "::/0",
            "EgressOnlyInternetGatewayId": EGRESS_ONLY,
            "Origin": "CreateRoute",
            "State": "active",
        },
        {
            "DestinationPrefixListId": LISTED,
            "GatewayId": gateway,
            "Origin": "CreateRoute",
            "State": "active",
        },
    ]
    ec2.replace_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    assert routes(ec2, table)[1]["GatewayId"] == gateway
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/8")
    ec2.delete_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0")
    ec2.delete_route(RouteTableId=table, DestinationPrefixListId=LISTED)
    assert routes(ec2, table) == []


def test_a_route_to_what_is_gone_is_a_blackhole(ec2: Any, world: World, portal: Any) -> None:
    async def take_away() -> None:
        transaction = world.store.transaction("test")
        transaction.delete(INTERNET_GATEWAYS, world.network.gateway.id)
        await transaction.commit()

    portal.run(take_away())
    (route,) = routes(ec2, world.network.parts.route_table.id)
    assert route["State"] == "blackhole"


def test_a_destination_has_one_route(
    ec2: Any, world: World, table: str, gateway: str, portal: Any
) -> None:
    portal.run(put_others(world))
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    clash = {
        "RouteTableId": table,
        "DestinationIpv6CidrBlock": "::/0",
        "EgressOnlyInternetGatewayId": EGRESS_ONLY,
    }
    assert refusal(ec2.create_route, **clash) == (
        "RouteAlreadyExists",
        "The route identified by ::/0 already exists.",
    )


def test_routes_that_are_not_there(ec2: Any, table: str, gateway: str) -> None:
    there = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/8"}
    assert refusal(ec2.delete_route, **there) == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 10.0.0.0/8 in route table {table}",
    )
    ipv6 = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0"}
    assert refusal(ec2.delete_route, **ipv6) == (
        "InvalidRoute.NotFound",
        f"no route with destination-ipv6-cidr-block ::/0 in route table {table}",
    )
    assert refusal(ec2.replace_route, **there, GatewayId=gateway) == (
        "InvalidParameterValue",
        "There is no route defined for '10.0.0.0/8' in the route table. Use CreateRoute instead.",
    )


def test_the_local_route_stays(ec2: Any, table: str, gateway: str) -> None:
    local = {"RouteTableId": table, "DestinationCidrBlock": "172.31.0.0/16"}
    assert refusal(ec2.delete_route, **local) == (
        "InvalidParameterValue",
        f"cannot remove local route 172.31.0.0/16 in route table {table}",
    )
    for destination in ("172.31.0.0/16", "172.31.16.0/20"):
        inside = {"RouteTableId": table, "DestinationCidrBlock": destination}
        sentence = (
            f"The destination CIDR block {destination} is equal to or more specific than one of "
            "this VPC's CIDR blocks. This route can target only an interface or an instance."
        )
        for call in (ec2.create_route, ec2.replace_route):
            assert refusal(call, **inside, GatewayId=gateway) == ("InvalidParameterValue", sentence)
    ec2.replace_route(**local, LocalTarget=True)
    other = {**local, "DestinationCidrBlock": "10.0.0.0/8"}
    assert refusal(ec2.replace_route, **other, LocalTarget=True) == (
        "InvalidParameterValue",
        "local-target only allowed with network local destination CIDRs",
    )
    assert refusal(ec2.replace_route, **local, DryRun=True, LocalTarget=True)[0] == (
        "DryRunOperation"
    )


def test_the_route_of_a_gateway_endpoint_is_its_own(
    ec2: Any, world: World, table: str, gateway: str, portal: Any
) -> None:
    portal.run(put_others(world))
    portal.run(put_endpoint_route(world, table))
    (route,) = routes(ec2, table)
    assert (route["GatewayId"], route["State"]) == (ENDPOINT, "active")
    there = {"RouteTableId": table, "DestinationPrefixListId": LISTED}
    assert refusal(ec2.delete_route, **there) == (
        "InvalidParameterValue",
        f"cannot remove VPC endpoint route {LISTED} in route table {table}",
    )
    mine = (
        "InvalidParameterValue",
        "Cannot create or replace a prefix list route targeting a VPC Endpoint.",
    )
    assert refusal(ec2.replace_route, **there, GatewayId=gateway) == mine
    assert refusal(ec2.create_route, **there, GatewayId=ENDPOINT) == mine
    assert refusal(
        ec2.create_route,
        RouteTableId=table,
        DestinationCidrBlock="0.0.0.0/0",
        VpcEndpointId=ENDPOINT,
    ) == (
        "RouteNotSupported",
        f"Route table contains unsupported route target: {ENDPOINT}. "
        "VPC Endpoints of this type cannot be used as route targets.",
    )


@pytest.mark.parametrize(
    ("target", "code", "sentence"),
    [
        (
            {"GatewayId": "igw-00000000"},
            "InvalidGatewayID.NotFound",
            "The gateway ID 'igw-00000000' does not exist",
        ),
        ({"GatewayId": "x"}, "InvalidGatewayID.NotFound", "The gateway ID 'x' does not exist"),
        (
            {"NatGatewayId": "nat-00000000"},
            "InvalidNatGatewayID.NotFound",
            "The natGateway ID 'nat-00000000' does not exist",
        ),
        (
            {"EgressOnlyInternetGatewayId": "eigw-00000000"},
            "InvalidGatewayID.NotFound",
            "The eigw ID 'eigw-00000000' does not exist",
        ),
        (
            {"InstanceId": "i-00000000"},
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-00000000' does not exist",
        ),
        (
            {"VpcPeeringConnectionId": "pcx-00000000"},
            "InvalidVpcPeeringConnectionID.NotFound",
            "The vpcPeeringConnection ID 'pcx-00000000' does not exist",
        ),
        (
            {"TransitGatewayId": "tgw-00000000"},
            "InvalidTransitGatewayID.NotFound",
            "The transitGateway ID 'tgw-00000000' does not exist",
        ),
        (
            {"VpcEndpointId": "vpce-00000000"},
            "InvalidVpcEndpointId.NotFound",
            "The vpcEndpoint ID 'vpce-00000000' does not exist",
        ),
        ({"NetworkInterfaceId": "eni-00000000"}, "UnsupportedOperation", None),
        ({"CoreNetworkArn": "arn:aws:x"}, "UnsupportedOperation", None),
        (
            {"EgressOnlyInternetGatewayId": EGRESS_ONLY},
            "InvalidParameterValue",
            f"Egress-only internet gateway {EGRESS_ONLY} cannot be the target of the IPv4 route "
            "0.0.0.0/0",
        ),
        (
            {},
            "MissingParameter",
            "The request must contain exactly one of gatewayId, localGatewayId, carrierGatewayId, "
            "natGatewayId, networkInterfaceId, vpcPeeringConnectionId, "
            "egressOnlyInternetGatewayId, transitGatewayId, vpcEndpointId, coreNetworkArn or "
            "instanceId",
        ),
        (
            {"GatewayId": "igw-00000000", "NatGatewayId": "nat-00000000"},
            "InvalidParameterCombination",
            None,
        ),
    ],
)
def test_targets_that_a_route_cannot_have(
    ec2: Any,
    world: World,
    portal: Any,
    table: str,
    target: dict[str, str],
    code: str,
    sentence: str | None,
) -> None:
    portal.run(put_others(world))
    members = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", **target}
    refused = refusal(ec2.create_route, **members)
    assert refused[0] == code
    if sentence is not None:
        assert refused[1] == sentence
    assert routes(ec2, table) == []


def test_a_gateway_of_another_network_is_no_target(
    ec2: Any, world: World, portal: Any, table: str
) -> None:
    portal.run(put_others(world))
    members = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": DETACHED}
    assert refusal(ec2.create_route, **members) == (
        "InvalidParameterValue",
        f"route table {table} and network gateway {DETACHED} belong to different networks",
    )


@pytest.mark.parametrize(
    ("destination", "code", "sentence"),
    [
        (
            {},
            "MissingParameter",
            "The request must contain exactly one of: destinationCidrBlock, "
            "destinationIpv6CidrBlock, destinationPrefixListId",
        ),
        (
            {"DestinationCidrBlock": "0.0.0.0/0", "DestinationIpv6CidrBlock": "::/0"},
            "InvalidParameterCombination",
            None,
        ),
        (
            {"DestinationCidrBlock": "10.0.0.0/33"},
            "InvalidParameterValue",
            "Value (10.0.0.0/33) for parameter destinationCidrBlock is invalid. "
            "This is not a valid CIDR block.",
        ),
        ({"DestinationCidrBlock": "::/0"}, "InvalidParameterValue", None),
        (
            {"DestinationIpv6CidrBlock": "10.0.0.0/8"},
            "InvalidParameterValue",
            "Value (10.0.0.0/8) for parameter destinationIpv6CidrBlock is invalid. "
            "This is not a valid CIDR block.",
        ),
        (
            {"DestinationPrefixListId": "pl-00000000"},
            "InvalidPrefixListID.NotFound",
            "The prefix list ID 'pl-00000000' does not exist",
        ),
    ],
)
def test_destinations_that_a_route_cannot_have(
    ec2: Any,
    table: str,
    gateway: str,
    destination: dict[str, str],
    code: str,
    sentence: str | None,
) -> None:
    refused = refusal(ec2.create_route, RouteTableId=table, GatewayId=gateway, **destination)
    assert refused[0] == code
    if sentence is not None:
        assert refused[1] == sentence
    assert routes(ec2, table) == []


def test_a_dry_run_of_a_route_changes_nothing(ec2: Any, table: str, gateway: str) -> None:
    members = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert refusal(ec2.create_route, **members, GatewayId=gateway, DryRun=True)[0] == (
        "DryRunOperation"
    )
    assert routes(ec2, table) == []
    ec2.create_route(**members, GatewayId=gateway)
    assert refusal(ec2.delete_route, **members, DryRun=True)[0] == "DryRunOperation"
    assert len(routes(ec2, table)) == 1
