"""What tests ask of Express services, and where they look in answers."""

from typing import Any

from tests.support.api_world import ROLE, World

from hostless.store.kinds import ALL_KINDS


def express_members(**changes: Any) -> dict[str, Any]:
    """Of a right request, changed by keyword; None takes one away."""
    usual = {
        "serviceName": "shop",
        "infrastructureRoleArn": ROLE,
        "executionRoleArn": ROLE,
        "primaryContainer": {"image": "registry:5000/team/shop:1"},
    }
    return {k: v for k, v in {**usual, **changes}.items() if v is not None}


def configuration(service: dict[str, Any]) -> dict[str, Any]:
    """The only one that is active."""
    (found,) = service["activeConfigurations"]
    return dict(found)


def managed(ecs: Any, service: dict[str, Any]) -> dict[str, Any]:
    """What was made for the service, as its revision tells."""
    arn = configuration(service)["serviceRevisionArn"]
    (revision,) = ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"]
    return dict(revision["ecsManagedResources"])


def everything(world: World) -> dict[str, list[object]]:
    return {kind.name: list(world.store.all(kind)) for kind in ALL_KINDS}
