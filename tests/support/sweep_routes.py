"""Routes, gateways and public addresses in the world that the sweep asks; right requests."""

from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import ELASTIC_ADDRESSES, INTERNET_GATEWAYS, ROUTE_TABLES


def routes_furniture(world: World) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The operations that make one of each, and their members."""
    vpc = {"VpcId": world.network.vpc.id}
    return (
        ("CreateRouteTable", vpc),
        ("CreateInternetGateway", {}),
        ("CreateEgressOnlyInternetGateway", vpc),
        ("AllocateAddress", {}),
        (
            "CreateNatGateway",
            {"SubnetId": world.network.subnets[0].id, "ConnectivityType": "private"},
        ),
    )


def usual_routes(world: World) -> dict[str, dict[str, Any]]:
    """About the main route table, and another that no subnet has."""
    network = world.network
    main = network.parts.route_table.id
    other = next((table.id for table in world.store.all(ROUTE_TABLES) if table.id != main), "none")
    route = {"RouteTableId": main, "DestinationCidrBlock": "0.0.0.0/0"}
    new = {"RouteTableId": other, "DestinationCidrBlock": "10.0.0.0/8"}
    gateway = {"InternetGatewayId": network.gateway.id, "VpcId": network.vpc.id}
    detached = next((g.id for g in world.store.all(INTERNET_GATEWAYS) if not g.vpc_id), "none")
    allocation = next((e.allocation_id for e in world.store.all(ELASTIC_ADDRESSES)), "none")
    association = network.parts.main_association.id
    return {
        "DeleteRouteTable": {"RouteTableId": other},
        "AssociateRouteTable": {"RouteTableId": other, "SubnetId": network.subnets[0].id},
        "ReplaceRouteTableAssociation": {"AssociationId": association, "RouteTableId": other},
        "CreateRoute": {**new, "GatewayId": network.gateway.id},
        "ReplaceRoute": {**route, "GatewayId": network.gateway.id},
        "DeleteRoute": route,
        "DetachInternetGateway": gateway,
        "AttachInternetGateway": {**gateway, "InternetGatewayId": detached},
        "DeleteInternetGateway": {"InternetGatewayId": detached},
        "CreateEgressOnlyInternetGateway": {"VpcId": network.vpc.id},
        "ReleaseAddress": {"AllocationId": allocation},
        "CreateNatGateway": {"SubnetId": network.subnets[0].id, "AllocationId": allocation},
    }
