"""An Express service in the world that the sweep asks, and right requests about such services."""

from typing import Any

from tests.support.api_world import ROLE, World

from hostless.store.kinds import EXPRESS_SERVICES


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


def express_furniture(world: World) -> dict[str, Any]:
    """What the first one is made with."""
    return {**usual_express(world)["CreateExpressGatewayService"], "serviceName": "front"}
