"""Routes of gateways under simulated time: they come with connectors, and go with them."""

import asyncio
from typing import Any

from tests.support.balanced_plane import BalancedPlane, balanced
from tests.unit.controllers.ingress.test_ingress_controller import ROLE, own_groups, what_is_made

from hostless.store.kinds import (
    GATEWAY_ASSOCIATIONS,
    INGRESS_ROUTES,
    LOAD_BALANCERS,
    SECURITY_GROUP_RULES,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    TARGETS,
)

CONNECTOR = {"port_name": "web"}


async def a_gateway(world: BalancedPlane) -> None:
    """With the cluster, and `web`, whose port has that name."""
    await world.ask("CreateCluster", "ecs")
    await world.ask(
        "CreateGateway",
        "ecs",
        name="front",
        infrastructure_role_arn=ROLE,
        configuration={"host_shared_alb": {}},
    )
    await world.ask("AssociateGatewayWithCluster", "ecs", gateway="front", cluster="default")
    await define(world)


async def define(world: BalancedPlane, number: int = 80) -> None:
    port = {"container_port": number, "name": "web"}
    await world.ask(
        "RegisterTaskDefinition",
        "ecs",
        family="web",
        requires_compatibilities=("FARGATE",),
        network_mode="awsvpc",
        cpu="256",
        memory="512",
        container_definitions=[{"name": "app", "image": "good", "port_mappings": [port]}],
    )


async def serve(world: BalancedPlane, name: str = "web", **members: Any) -> None:
    subnets = [subnet.id for subnet in world.plane.subnets[:2]]
    await world.ask(
        "CreateService",
        "ecs",
        service_name=name,
        task_definition="web",
        desired_count=1,
        launch_type="FARGATE",
        network_configuration={"awsvpc_configuration": {"subnets": subnets}},
        **{"gateway_connectors": [CONNECTOR], **members},
    )


async def statuses(world: BalancedPlane) -> list[str]:
    routes = (await world.ask("ListGatewayRoutes", "ecs"))["gatewayRoutes"]
    return sorted(route["status"] for route in routes)


def is_deployed(world: BalancedPlane) -> bool:
    attempts = list(world.plane.store.all(SERVICE_DEPLOYMENTS))
    return bool(attempts) and all(attempt.status == "SUCCESSFUL" for attempt in attempts)


def rules_about_ports(world: BalancedPlane) -> list[int]:
    rules = world.plane.store.all(SECURITY_GROUP_RULES)
    return sorted(r.from_port for r in rules if r.from_port is not None and r.referenced_group_id)


def test_a_route_is_active_once_its_balancer_is_and_goes_with_the_service() -> None:
    async def scene(world: BalancedPlane) -> None:
        await a_gateway(world)
        await serve(world)
        assert await statuses(world) == ["CREATE_IN_PROGRESS"]
        await world.until(lambda: world.healths() == ["healthy"])
        assert await statuses(world) == ["ACTIVE"]
        assert rules_about_ports(world) == [80, 80]
        await world.ask("DeleteService", "ecs", service="web", force=True)
        await world.until(lambda: not list(world.plane.store.all(INGRESS_ROUTES)))
        assert not list(what_is_made(world))
        assert rules_about_ports(world) == []
        (association,) = world.plane.store.all(GATEWAY_ASSOCIATIONS)
        assert association.status == "ACTIVE"

    balanced(scene)


def test_one_that_is_not_led_to_goes_when_nobody_is_sent_to_any_more() -> None:
    async def scene(world: BalancedPlane) -> None:
        await a_gateway(world)
        await serve(world)
        await world.until(lambda: is_deployed(world))
        await world.ask("DisassociateGatewayFromCluster", "ecs", gateway="front", cluster="default")
        await world.ask("UpdateService", "ecs", service="web", gateway_connectors=[])
        assert list(world.plane.store.all(TARGETS))
        await world.until(lambda: not list(world.plane.store.all(INGRESS_ROUTES)), 3600)
        assert not list(world.plane.store.all(TARGETS))
        assert not list(world.plane.store.all(LOAD_BALANCERS))
        assert not list(world.plane.store.all(GATEWAY_ASSOCIATIONS))
        assert own_groups(world) == []
        assert len(world.running()) == 1

    balanced(scene)


def test_what_one_service_leaves_another_of_the_same_group_keeps() -> None:
    async def scene(world: BalancedPlane) -> None:
        await a_gateway(world)
        await serve(world, "one")
        await serve(world, "two")
        await world.until(lambda: world.healths() == ["healthy", "healthy"])
        await define(world, 8080)
        await serve(world, "three")
        await world.until(lambda: world.healths() == ["healthy"] * 3)
        assert rules_about_ports(world) == [80, 80, 8080, 8080]
        await world.ask("DeleteService", "ecs", service="three", force=True)
        await world.until(lambda: len(list(world.plane.store.all(INGRESS_ROUTES))) == 2)
        assert rules_about_ports(world) == [80, 80]
        await world.ask("DeleteService", "ecs", service="one", force=True)
        await world.until(lambda: len(list(world.plane.store.all(INGRESS_ROUTES))) == 1)
        assert rules_about_ports(world) == [80, 80]
        assert len(list(world.plane.store.all(LOAD_BALANCERS))) == 1
        assert await statuses(world) == ["ACTIVE"]

    balanced(scene)


def test_a_new_revision_keeps_the_route_and_its_tasks_are_registered() -> None:
    async def scene(world: BalancedPlane) -> None:
        await a_gateway(world)
        await serve(world)
        await world.until(lambda: is_deployed(world))
        (route,) = world.plane.store.all(INGRESS_ROUTES)
        await world.ask("UpdateService", "ecs", service="web", force_new_deployment=True)
        await world.until(lambda: is_deployed(world), 3600)
        (after,) = world.plane.store.all(INGRESS_ROUTES)
        assert after.endpoint == route.endpoint
        revisions = list(world.plane.store.all(SERVICE_REVISIONS))
        assert {r.gateway_connectors[0].port_name for r in revisions} == {"web"}
        assert world.healths().count("healthy") == 1

    balanced(scene)


def test_an_engine_that_dies_at_any_time_leaves_no_route_in_the_end() -> None:
    async def scene(world: BalancedPlane) -> None:
        await a_gateway(world)
        await serve(world)
        await world.until(lambda: is_deployed(world))
        await world.ask("UpdateService", "ecs", service="web", gateway_connectors=[])
        for pause in (0.01, 0.3, 1.1, 5.0, 30.0, 300.0, 9.7, 0.7):
            await asyncio.sleep(pause)
            await world.plane.die()
            await world.plane.start()
        await world.until(lambda: not list(world.plane.store.all(INGRESS_ROUTES)), 3600)
        assert own_groups(world) == []

    balanced(scene)
