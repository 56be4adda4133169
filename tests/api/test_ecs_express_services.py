"""Express services through a real client: what one call makes, shows, changes, and takes away."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World

INVALID = "InvalidParameterException"


@pytest.fixture
def members() -> dict[str, Any]:
    """Of a right request."""
    return {
        "serviceName": "shop",
        "infrastructureRoleArn": ROLE,
        "executionRoleArn": ROLE,
        "primaryContainer": {"image": "registry:5000/team/shop:1"},
    }


@pytest.fixture
def shop(ecs: Any, members: dict[str, Any]) -> dict[str, Any]:
    return dict(ecs.create_express_gateway_service(**members)["service"])


def configuration(service: dict[str, Any]) -> dict[str, Any]:
    (found,) = service["activeConfigurations"]
    return dict(found)


def test_an_image_and_two_roles_are_enough(ecs: Any, world: World, shop: dict[str, Any]) -> None:
    assert shop["status"] == {"statusCode": "ACTIVE"}
    assert shop["cluster"].endswith(":cluster/default")
    assert shop["infrastructureRoleArn"] == ROLE
    shown = configuration(shop)
    assert (shown["cpu"], shown["memory"], shown["cpuArchitecture"]) == ("256", "512", "X86_64")
    assert shown["healthCheckPath"] == "/ping"
    assert shown["primaryContainer"]["containerPort"] == 80
    assert shown["scalingTarget"] == {
        "minTaskCount": 1,
        "maxTaskCount": 20,
        "autoScalingMetric": "AVERAGE_CPU",
        "autoScalingTargetValue": 60,
    }
    (path,) = shown["ingressPaths"]
    assert path["accessType"] == "PUBLIC"
    letters, _, rest = path["endpoint"].partition("-")
    assert letters == "sh"
    assert rest.endswith(".ecs.us-east-1.on.aws")
    subnets = {subnet.id for subnet in world.network.subnets}
    assert set(shown["networkConfiguration"]["subnets"]) == subnets
