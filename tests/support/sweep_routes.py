"""Route tables in the world that the sweep asks, and right requests about them."""

from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import ROUTE_TABLES


def routes_furniture(world: World) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The operations that make one of each, and their members."""
    return (("CreateRouteTable", {"VpcId": world.network.vpc.id}),)


def usual_routes(world: World) -> dict[str, dict[str, Any]]:
    """About the main route table, and another that no subnet has."""
    network = world.network
    main = network.parts.route_table.id
    other = next((table.id for table in world.store.all(ROUTE_TABLES) if table.id != main), "none")
    route = {"RouteTableId": main, "DestinationCidrBlock": "0.0.0.0/0"}
    new = {"RouteTableId": other, "DestinationCidrBlock": "10.0.0.0/8"}
    association = network.parts.main_association.id
    return {
        "DeleteRouteTable": {"RouteTableId": other},
        "AssociateRouteTable": {"RouteTableId": other, "SubnetId": network.subnets[0].id},
        "ReplaceRouteTableAssociation": {"AssociationId": association, "RouteTableId": other},
        "CreateRoute": {**new, "GatewayId": network.gateway.id},
        "ReplaceRoute": {**route, "GatewayId": network.gateway.id},
        "DeleteRoute": route,
    }
