"""Changes of services: what is given counts, the rest stays, and nothing is begun twice."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st
from tests.support.api_world import World, fargate_definition
from tests.support.mutation import check, survives

from hostless.domain.deployment_rules import (
    AskedCircuitBreaker,
    AskedDeploymentConfiguration,
    configuration_with,
)
from hostless.domain.services import (
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    ThresholdConfiguration,
)
from hostless.store.kinds import DEPLOYMENTS, SERVICE_REVISIONS, SERVICES

# Deployment configurations

Join = Callable[
    [DeploymentConfiguration, AskedDeploymentConfiguration | None], DeploymentConfiguration
]
thresholds = st.builds(
    ThresholdConfiguration, type=st.sampled_from(("COUNT", "BOUNDED_PERCENT")), value=st.just(9)
)
alarms = st.builds(DeploymentAlarms, alarm_names=st.just(("a",)), enable=st.booleans())
configurations = st.builds(
    DeploymentConfiguration,
    maximum_percent=st.integers(100, 300),
    minimum_healthy_percent=st.integers(0, 100),
    bake_time_in_minutes=st.integers(0, 10),
    deployment_circuit_breaker=st.builds(
        DeploymentCircuitBreaker,
        enable=st.booleans(),
        rollback=st.booleans(),
        reset_on_healthy_task=st.booleans(),
        threshold_configuration=thresholds,
    ),
    alarms=st.none() | alarms,
)
asked_configurations = st.builds(
    AskedDeploymentConfiguration,
    maximum_percent=st.none() | st.integers(100, 300),
    minimum_healthy_percent=st.none() | st.integers(0, 2),
    bake_time_in_minutes=st.none() | st.integers(0, 2),
    deployment_circuit_breaker=st.none()
    | st.builds(
        AskedCircuitBreaker,
        enable=st.booleans(),
        rollback=st.booleans(),
        reset_on_healthy_task=st.none() | st.booleans(),
        threshold_configuration=st.none() | thresholds,
    ),
    alarms=st.none() | alarms,
)


def judge_joining(
    join: Join, example: tuple[DeploymentConfiguration, AskedDeploymentConfiguration]
) -> None:
    """Every part is the one that was given, or else the one that was there."""
    present, asked = example
    joined = join(present, asked)
    for field in fields(asked):
        if field.name == "deployment_circuit_breaker":
            before: Any = present.deployment_circuit_breaker
            given, after = asked.deployment_circuit_breaker, joined.deployment_circuit_breaker
            assert_joined(before, given, after)
        elif field.name != "strategy":
            given_part = getattr(asked, field.name)
            expected = getattr(present, field.name) if given_part is None else given_part
            assert getattr(joined, field.name) == expected
    assert join(joined, asked) == joined


def assert_joined(before: Any, given: Any, after: Any) -> None:
    for field in fields(before):
        part = None if given is None else getattr(given, field.name)
        assert getattr(after, field.name) == (getattr(before, field.name) if part is None else part)


def forgets_zeros(
    present: DeploymentConfiguration, asked: AskedDeploymentConfiguration | None
) -> DeploymentConfiguration:
    joined = configuration_with(present, asked)
    kept = joined.minimum_healthy_percent or present.minimum_healthy_percent
    return replace(joined, minimum_healthy_percent=kept)


def starts_from_the_defaults(
    present: DeploymentConfiguration, asked: AskedDeploymentConfiguration | None
) -> DeploymentConfiguration:
    return configuration_with(DeploymentConfiguration(), asked)


def test_a_deployment_configuration_keeps_what_is_not_given() -> None:
    examples = st.tuples(configurations, asked_configurations)
    check(judge_joining, configuration_with, examples)
    assert not survives(judge_joining, forgets_zeros, examples)
    assert not survives(judge_joining, starts_from_the_defaults, examples)


# Updates of a whole service

Update = dict[str, Any]
counting_changes = st.fixed_dictionaries(
    {},
    optional={
        "desired_count": st.integers(0, 5),
        "health_check_grace_period_seconds": st.integers(0, 9),
        "propagate_tags": st.sampled_from(("SERVICE", "TASK_DEFINITION", "NONE")),
        "enable_ecs_managed_tags": st.booleans(),
        "availability_zone_rebalancing": st.sampled_from(("ENABLED", "DISABLED")),
        "deployment_configuration": st.fixed_dictionaries(
            {"minimum_healthy_percent": st.integers(0, 100)}
        ),
    },
)
making_changes = st.fixed_dictionaries(
    {},
    optional={
        "task_definition": st.sampled_from(("web:1", "web:2", "web")),
        "platform_version": st.sampled_from(("LATEST", "1.4.0", "1.3.0")),
        "subnets": st.integers(1, 3),
    },
)
updates = st.lists(st.builds(lambda a, b: {**a, **b}, counting_changes, making_changes), max_size=4)
Content = tuple[str, str, int]


def content_after(content: Content, update: Update) -> Content:
    """What the service's tasks are made from, told independently: definition, platform, subnets."""
    definition, platform, subnets = content
    named = {"web": "web:2"}.get(update.get("task_definition", ""), update.get("task_definition"))
    asked = {"LATEST": "1.4.0"}.get(update.get("platform_version", ""), "")
    return (
        named or definition,
        asked or update.get("platform_version", platform),
        update.get("subnets", subnets),
    )


class Updating:
    """Judges each example on a service of its own in one world."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._world = runner.run(furnished())
        self._names = (f"s{number}" for number in itertools.count())

    def judge(self, alter: Callable[[Update], Update], example: list[Update]) -> None:
        """A rollout is begun just when tasks would be made from something else."""
        self._runner.run(self._judge(alter, next(self._names), example))

    async def _judge(
        self, alter: Callable[[Update], Update], name: str, example: list[Update]
    ) -> None:
        world, table = self._world, self._world.store.table
        arn = world.realm.service_arn("default", name)
        members = {"service_name": name, "task_definition": "web:1", "launch_type": "FARGATE"}
        await world.call("CreateService", desired_count=1, **members, **network_of(world, 3))
        content, rollouts = ("web:1", "1.4.0", 3), 1
        for update in example:
            asked = {"service": name, **members_of(world, alter(update))}
            for _ in range(2):
                await world.perform("ecs", "UpdateService", asked)
            after = content_after(content, update)
            rollouts += after != content
            content = after
            assert table(DEPLOYMENTS).count("service", arn) == rollouts
        service = table(SERVICES).get(arn)
        assert service is not None
        revision = table(SERVICE_REVISIONS).get(service.revision_arn)
        assert revision is not None
        assert revision.definition_arn.endswith(content[0])
        assert (revision.platform_version, len(revision.placement.subnets)) == content[1:]


async def furnished() -> World:
    world = await World().open()
    await world.call("CreateCluster")
    for _ in range(2):
        await world.call("RegisterTaskDefinition", **fargate_definition())
    return world


def network_of(world: World, subnets: int) -> Update:
    members = world.network_configuration()["awsvpc_configuration"]
    chosen = {"subnets": members["subnets"][:subnets]}
    return {"network_configuration": {"awsvpc_configuration": chosen}}


def members_of(world: World, update: Update) -> Update:
    members = {name: value for name, value in update.items() if name != "subnets"}
    return {**members, **(network_of(world, update["subnets"]) if "subnets" in update else {})}


def always_by_force(update: Update) -> Update:
    return {**update, "force_new_deployment": True}


def never_with_a_definition(update: Update) -> Update:
    return {name: value for name, value in update.items() if name != "task_definition"}


def test_a_rollout_begins_when_tasks_would_be_made_from_something_else() -> None:
    with asyncio.Runner() as runner:
        judge = Updating(runner).judge
        check(judge, lambda update: update, updates)
        assert not survives(judge, always_by_force, updates)
        assert not survives(judge, never_with_a_definition, updates)
