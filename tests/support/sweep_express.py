"""Express services and gateways in the world that the sweep asks, and right requests of them."""

from collections.abc import Iterator
from typing import Any

from tests.support.api_world import ROLE, World, fargate, service_members

from hostless.store.kinds import EXPRESS_SERVICES, INGRESS_ROUTES


def usual_express(world: World) -> dict[str, dict[str, Any]]:
    """About the first that is furnished."""
    found = next(iter(world.store.all(EXPRESS_SERVICES)), None)
    named = {} if found is None else {"serviceArn": found.service_arn}
    container = {"image": "busybox:1", "containerPort": 8080}
    return {
        "CreateExpressGatewayService": {
            "infrastructureRoleArn": ROLE,
            "executionRoleArn": ROLE,
            "primaryContainer": container,
            "serviceName": "shop",
        },
        "DescribeExpressGatewayService": named,
        "UpdateExpressGatewayService": {**named, "primaryContainer": container},
        "DeleteExpressGatewayService": named,
    }


def usual_gateways(world: World) -> dict[str, dict[str, Any]]:
    """About one that is furnished; no cluster is associated with the second."""
    named = {"gateway": "front"}
    pair = {**named, "cluster": "default"}
    routes = [route.arn for route in world.store.all(INGRESS_ROUTES) if route.arn is not None]
    return {
        "CreateGateway": {
            "name": "new",
            "infrastructureRoleArn": ROLE,
            "configuration": {"hostSharedAlb": {"maxAlbCount": 2}},
        },
        "UpdateGateway": {**named, "deletionProtection": False},
        "DescribeGateway": named,
        "DescribeGatewayResources": named,
        "DescribeGatewayRoute": {"gatewayRouteArn": next(iter(routes), "none")},
        "DeleteGateway": {"gateway": "spare"},
        "AssociateGatewayWithCluster": {"gateway": "spare", "cluster": "other"},
        "DisassociateGatewayFromCluster": pair,
    }


def gateway_furniture(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    usual = usual_gateways(world)
    for name in ("front", "spare"):
        yield "CreateGateway", {**usual["CreateGateway"], "name": name, "deletionProtection": False}
    yield "AssociateGatewayWithCluster", usual["DisassociateGatewayFromCluster"]
    port = {"containerPort": 80, "name": "web"}
    container = {"name": "app", "image": "busybox:1", "portMappings": [port]}
    yield "RegisterTaskDefinition", fargate(family="routed", containerDefinitions=[container])
    yield (
        "CreateService",
        {
            **service_members(world, serviceName="routed", taskDefinition="routed"),
            "gatewayConnectors": [{"portName": "web"}],
        },
    )


def express_furniture(world: World) -> dict[str, Any]:
    """What the first one is made with."""
    return {**usual_express(world)["CreateExpressGatewayService"], "serviceName": "front"}
