"""Services in Service Connect, as callers of the API say and see them."""

from typing import Any

from tests.support.api_world import World, fargate, service_members

SHOP = "shop"


def port(name: str, number: int = 80, app_protocol: str | None = "http") -> dict[str, Any]:
    bare: dict[str, Any] = {"name": name, "containerPort": number}
    return bare if app_protocol is None else {**bare, "appProtocol": app_protocol}


def registered(ecs: Any, family: str, *ports: dict[str, Any], **changes: Any) -> None:
    """A task definition of one container, `app`, that listens on the ports."""
    app = {"name": "app", "image": "busybox:1", "portMappings": list(ports)}
    ecs.register_task_definition(**fargate(family=family, containerDefinitions=[app], **changes))


def served(port_name: str, *, alias: str | None = None, at: int = 80, **more: Any) -> Any:
    """A service object of the configuration. alias: the name that clients call."""
    named = {"port": at} if alias is None else {"port": at, "dnsName": alias}
    return {"portName": port_name, "clientAliases": [named], **more}


def connected(*services: Any, namespace: str | None = SHOP, **more: Any) -> dict[str, Any]:
    bare: dict[str, Any] = {"enabled": True, "services": list(services), **more}
    return bare if namespace is None else {**bare, "namespace": namespace}


def create(ecs: Any, world: World, name: str, configuration: Any, **changes: Any) -> Any:
    """The service of that name, made from the task definition of that name."""
    members = service_members(world, serviceName=name, taskDefinition=name, **changes)
    return ecs.create_service(**members, serviceConnectConfiguration=configuration)["service"]
