"""The whole life of Express services under simulated time, by the real services and loops."""

import asyncio
from collections.abc import Iterator
from typing import Any

from tests.support.balanced_plane import BalancedPlane, balanced

from hostless.compute.simulated.behaviour import Behaviour
from hostless.domain.ingress import MOST_ROUTES_OF_BALANCER
from hostless.domain.services import Service
from hostless.store.kinds import (
    CERTIFICATE_KEYS,
    CERTIFICATES,
    EXPRESS_SERVICES,
    INGRESS_ROUTES,
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TARGET_GROUPS,
    TARGETS,
    Kind,
)

ROLE = "arn:aws:iam::000000000000:role/express"
MISSING = Behaviour(image="bad*", pull_failure="CannotPullContainerError: not found")
MADE: tuple[Kind[Any], ...] = (
    LOAD_BALANCERS,
    LISTENERS,
    LISTENER_RULES,
    TARGET_GROUPS,
    TARGETS,
    CERTIFICATES,
    CERTIFICATE_KEYS,
    NETWORK_INTERFACES,
)


async def express(world: BalancedPlane, name: str = "shop", image: str = "good") -> str:
    """The service's ARN."""
    made = await world.ask(
        "CreateExpressGatewayService",
        "ecs",
        service_name=name,
        infrastructure_role_arn=ROLE,
        execution_role_arn=ROLE,
        primary_container={"image": image},
    )
    return str(made["service"]["serviceArn"])


def service_of(world: BalancedPlane, arn: str) -> Service:
    found = world.plane.store.get(SERVICES, arn)
    assert found is not None
    return found


def attempts(world: BalancedPlane) -> set[str]:
    return {attempt.status for attempt in world.plane.store.all(SERVICE_DEPLOYMENTS)}


def own_groups(world: BalancedPlane) -> list[str]:
    return [g.name for g in world.plane.store.all(SECURITY_GROUPS) if g.name != "default"]


def what_is_made(world: BalancedPlane) -> Iterator[object]:
    for kind in MADE:
        yield from world.plane.store.all(kind)
    yield from own_groups(world)
    defaults = {g.id for g in world.plane.store.all(SECURITY_GROUPS)}
    for rule in world.plane.store.all(SECURITY_GROUP_RULES):
        if rule.group_id not in defaults:
            yield rule


def test_what_was_made_goes_when_the_service_is_inactive_and_no_sooner() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: world.healths() == ["healthy"])
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=arn)
        assert list(world.plane.store.all(LISTENER_RULES))
        await world.until(lambda: service_of(world, arn).status == "INACTIVE")
        await world.until(lambda: not list(what_is_made(world)))
        shown = await world.ask("DescribeExpressGatewayService", "ecs", service_arn=arn)
        assert shown["service"]["status"] == {"statusCode": "INACTIVE"}
        assert shown["service"]["activeConfigurations"] == []
        await world.until(lambda: world.plane.store.get(SERVICES, arn) is None, 7200)
        await world.until(lambda: not list(world.plane.store.all(INGRESS_ROUTES)))
        assert not list(world.plane.store.all(EXPRESS_SERVICES))

    balanced(scene)


def test_a_plain_deletion_takes_all_away_too() -> None:
    async def scene(world: BalancedPlane) -> None:
        await express(world)
        await world.until(lambda: world.healths() == ["healthy"])
        await world.ask("DeleteService", "ecs", service="shop", force=True)
        await world.until(lambda: not list(what_is_made(world)))

    balanced(scene)


def test_the_first_of_two_goes_and_the_other_keeps_serving_with_its_own_certificate() -> None:
    async def scene(world: BalancedPlane) -> None:
        first, second = await express(world, "first"), await express(world, "second")
        await world.until(lambda: world.healths() == ["healthy", "healthy"])
        (balancer,) = world.plane.store.all(LOAD_BALANCERS)
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=first)
        await world.until(lambda: len(list(world.plane.store.all(TARGET_GROUPS))) == 1)
        assert [b.arn for b in world.plane.store.all(LOAD_BALANCERS)] == [balancer.arn]
        (listener,) = world.plane.store.all(LISTENERS)
        (certificate,) = world.plane.store.all(CERTIFICATES)
        assert listener.all_certificates() == (certificate.arn,)
        (rule,) = world.plane.store.all(LISTENER_RULES)
        assert rule.conditions[0].values == (certificate.facts.domain_name,)
        await world.until(lambda: len(own_groups(world)) == 2)
        third = await express(world, "third")
        (balancer,) = world.plane.store.all(LOAD_BALANCERS)
        await world.until(lambda: world.healths() == ["healthy", "healthy"])
        for arn in (second, third):
            await world.ask("DeleteExpressGatewayService", "ecs", service_arn=arn)
        await world.until(lambda: not list(what_is_made(world)))

    balanced(scene)


def test_a_name_may_be_used_again_while_the_old_one_is_taken_away() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: world.healths() == ["healthy"])
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=arn)
        await world.until(lambda: service_of(world, arn).status == "INACTIVE")
        assert await express(world) == arn
        await world.until(lambda: world.healths() == ["healthy"])
        await world.until(lambda: len(list(world.plane.store.all(INGRESS_ROUTES))) == 1)
        assert len(list(world.plane.store.all(LISTENER_RULES))) == 1
        assert len(own_groups(world)) == 2

    balanced(scene)


def test_one_that_is_gone_leaves_its_place_at_the_balancer_to_another() -> None:
    async def scene(world: BalancedPlane) -> None:
        first = await express(world)
        for number in range(1, MOST_ROUTES_OF_BALANCER):
            await express(world, f"shop-{number}")
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=first)
        await world.until(lambda: service_of(world, first).status == "INACTIVE")
        await express(world, "another")
        assert len(list(world.plane.store.all(LOAD_BALANCERS))) == 1

    balanced(scene)


def test_a_rollback_has_the_old_health_check_path_again() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: "SUCCESSFUL" in attempts(world))
        await world.ask(
            "UpdateExpressGatewayService",
            "ecs",
            service_arn=arn,
            primary_container={"image": "bad"},
            health_check_path="/new",
        )
        (group,) = world.plane.store.all(TARGET_GROUPS)
        assert group.health_check.path == "/new"

        def is_back() -> bool:
            (group,) = world.plane.store.all(TARGET_GROUPS)
            return group.health_check.path == "/ping"

        await world.until(is_back, 3600)
        assert attempts(world) & {"ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"}
        shown = await world.ask("DescribeExpressGatewayService", "ecs", service_arn=arn)
        assert shown["service"]["activeConfigurations"][0]["healthCheckPath"] == "/ping"

    balanced(scene, 3, MISSING)


def test_what_is_not_named_after_a_rollback_is_as_it_was_rolled_back_to() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: "SUCCESSFUL" in attempts(world))
        bad = {"primary_container": {"image": "bad"}, "health_check_path": "/new"}
        update = "UpdateExpressGatewayService"
        await world.ask(update, "ecs", service_arn=arn, **bad)
        await world.until(lambda: "ROLLBACK_SUCCESSFUL" in attempts(world), 3600)
        await world.ask(update, "ecs", service_arn=arn, scaling_target={"min_task_count": 2})
        shown = await world.ask("DescribeExpressGatewayService", "ecs", service_arn=arn)
        (active,) = shown["service"]["activeConfigurations"]
        assert active["scalingTarget"]["minTaskCount"] == 2
        said = await world.ask(update, "ecs", service_arn=arn, cpu="512", memory="1024")
        after = said["service"]["targetConfiguration"]
        assert after["healthCheckPath"] == "/ping"
        assert after["primaryContainer"]["image"] == "good"
        assert after["scalingTarget"]["minTaskCount"] == 2

    balanced(scene, 3, MISSING)


def test_an_engine_that_dies_at_any_time_leaves_nothing_in_the_end() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: world.healths() == ["healthy"])
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=arn)
        for pause in (0.01, 0.3, 1.1, 5.0, 30.0, 300.0, 0.7, 1.3):
            await asyncio.sleep(pause)
            await world.plane.die()
            await world.plane.start()
        await world.until(lambda: not list(what_is_made(world)))

    balanced(scene)


def test_what_callers_use_for_themselves_is_left_to_them() -> None:
    async def scene(world: BalancedPlane) -> None:
        arn = await express(world)
        await world.until(lambda: world.healths() == ["healthy"])
        (balancer,) = world.plane.store.all(LOAD_BALANCERS)
        (group,) = world.plane.store.all(TARGET_GROUPS)
        kept = {"key": "deletion_protection.enabled", "value": "true"}
        await world.ask(
            "ModifyLoadBalancerAttributes", load_balancer_arn=balancer.arn, attributes=[kept]
        )
        (listener,) = world.plane.store.all(LISTENERS)
        await world.ask(
            "CreateRule",
            listener_arn=listener.arn,
            priority=9,
            conditions=[{"field": "host-header", "values": ["shop.example.com"]}],
            actions=[{"type": "forward", "target_group_arn": group.arn}],
        )
        await world.ask("DeleteExpressGatewayService", "ecs", service_arn=arn)
        await world.until(lambda: service_of(world, arn).status == "INACTIVE")
        await asyncio.sleep(60)
        assert [b.arn for b in world.plane.store.all(LOAD_BALANCERS)] == [balancer.arn]
        assert [rule.priority for rule in world.plane.store.all(LISTENER_RULES)] == [9]
        assert [g.arn for g in world.plane.store.all(TARGET_GROUPS)] == [group.arn]
        (certificate,) = world.plane.store.all(CERTIFICATES)
        (listener,) = world.plane.store.all(LISTENERS)
        assert listener.default_certificate == certificate.arn
        assert own_groups(world) == [balancer.name]

    balanced(scene)
