"""Routes, gateways and public addresses in the world that the sweep asks; right requests."""

from collections.abc import Iterator
from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import (
    EGRESS_ONLY_GATEWAYS,
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    ROUTE_TABLE_ASSOCIATIONS,
    ROUTE_TABLES,
    VPCS,
    Kind,
)


def routes_furniture(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Operations that make one of each in the default VPC: two more tables, one for a subnet."""
    vpc, subnet = {"VpcId": world.network.vpc.id}, {"SubnetId": world.network.subnets[0].id}
    yield "CreateRouteTable", vpc
    yield "AssociateRouteTable", {"RouteTableId": _last(world, ROUTE_TABLES), **subnet}
    yield "CreateRouteTable", vpc
    yield "CreateInternetGateway", {}
    yield "CreateEgressOnlyInternetGateway", vpc
    yield "AllocateAddress", {}
    yield "CreateNatGateway", {**subnet, "ConnectivityType": "private"}


def usual_routes(world: World) -> dict[str, dict[str, Any]]:
    """About the default VPC's main route table and a table that no subnet has."""
    network = world.network
    bare = [vpc.id for vpc in world.store.all(VPCS) if not _ways_out(world, vpc.id)]
    route = {"RouteTableId": network.parts.route_table.id, "DestinationCidrBlock": "0.0.0.0/0"}
    unused = {"RouteTableId": _last(world, ROUTE_TABLES)}
    gateway = {"InternetGatewayId": network.gateway.id, "VpcId": network.vpc.id}
    detached = {"InternetGatewayId": _last(world, INTERNET_GATEWAYS)}
    egress_only = _last(world, EGRESS_ONLY_GATEWAYS)
    allocation = {"AllocationId": _last(world, ELASTIC_ADDRESSES)}
    association = {"AssociationId": _last(world, ROUTE_TABLE_ASSOCIATIONS)}
    return {
        "DeleteRouteTable": unused,
        "AssociateRouteTable": {**unused, "SubnetId": network.subnets[1].id},
        "DisassociateRouteTable": association,
        "ReplaceRouteTableAssociation": {**association, **unused},
        "CreateRoute": {
            **unused,
            "DestinationCidrBlock": "10.0.0.0/8",
            "GatewayId": network.gateway.id,
        },
        "ReplaceRoute": {**route, "GatewayId": network.gateway.id},
        "DeleteRoute": route,
        "DetachInternetGateway": gateway,
        "AttachInternetGateway": {**detached, "VpcId": bare[-1] if bare else "none"},
        "DeleteInternetGateway": detached,
        "CreateEgressOnlyInternetGateway": {"VpcId": bare[-1] if bare else "none"},
        "DeleteEgressOnlyInternetGateway": {"EgressOnlyInternetGatewayId": egress_only},
        "ReleaseAddress": allocation,
        "CreateNatGateway": {"SubnetId": network.subnets[0].id, **allocation},
    }


def _last(world: World, kind: Kind[Any]) -> str:
    """The key of the one that was made last."""
    keys = [kind.key(record) for record in world.store.all(kind)]
    return keys[-1] if keys else "none"


def _ways_out(world: World, vpc_id: str) -> int:
    return world.store.table(INTERNET_GATEWAYS).count("vpc", vpc_id)
