"""Tasks whose hosts retire are replaced by their service, which keeps its bounds meanwhile."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.services import ServiceScene, definition_for, play

from hostless.compute.simulated.behaviour import Behaviour
from hostless.domain.services import DeploymentConfiguration
from hostless.domain.tasks import Task
from hostless.store.kinds import TASKS

WEB = definition_for("web:1")
BEHAVIOUR = Behaviour(image="*", pull_seconds=1.0, start_seconds=0.5, stop_seconds=0.2)
REASON = (
    "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task"
)


async def retire(s: ServiceScene, tasks: list[Task], after_seconds: float = 0.0) -> None:
    at = s.api.clock.now() + after_seconds
    for task in tasks:
        await s.api.store.update(TASKS, task.arn, lambda t: replace(t, retires_at=at), "drill")


async def steady(s: ServiceScene, count: int, **configuration: int) -> str:
    arn = await s.api.create(
        WEB, count, deployment_configuration=DeploymentConfiguration(**configuration)
    )
    await s.until(lambda: "steady" in "".join(s.api.events(arn)[-1:]), 300)
    await asyncio.sleep(60)  # simulated: until time alone has made every task healthy
    return arn


@pytest.mark.parametrize(
    ("minimum", "maximum", "floor", "ceiling"),
    [(100, 200, 4, 8), (100, 125, 4, 5), (50, 100, 2, 4), (75, 125, 3, 5)],
)
def test_every_retiring_task_is_replaced_within_the_bounds(
    minimum: int, maximum: int, floor: int, ceiling: int
) -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await steady(s, 4, minimum_healthy_percent=minimum, maximum_percent=maximum)
        old = s.api.tasks(arn, "RUNNING")
        await retire(s, old)
        seen_healthy, seen_occupying = [], []

        def is_over() -> bool:
            now = s.api.clock.now()
            alive = [task for task in s.api.tasks(arn) if task.goal == "RUNNING"]
            healthy = [
                task
                for task in alive
                if task.status == "RUNNING" and now - (task.started_at or now) >= 40
            ]
            running = s.api.tasks(arn, "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING")
            seen_healthy.append(len(healthy))
            seen_occupying.append(len(running))
            return not any(task.retires_at for task in alive) and len(healthy) == 4

        await s.until(is_over, 900)
        assert min(seen_healthy) >= floor
        assert max(seen_occupying) <= ceiling
        for task in old:
            ended = s.api.store.get(TASKS, task.arn)
            assert ended is not None
            assert ended.stop_request is not None
            assert ended.stop_request.code == "ServiceSchedulerInitiated"
            assert ended.stop_request.reason == REASON
        assert s.api.primary(arn).failures_in_a_row == 0
        await s.until(lambda: "steady" in s.api.events(arn)[-1], 60)

    play(scene, BEHAVIOUR)


def test_nothing_happens_before_the_wait_period_is_over() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await steady(s, 2)
        old = s.api.tasks(arn, "RUNNING")
        began_at = s.api.clock.now()
        await retire(s, old[:1], after_seconds=3600)
        await s.until(lambda: len(s.api.tasks(arn)) > 2, 3700)
        assert s.api.clock.now() - began_at >= 3600
        await s.until(lambda: len(s.api.tasks(arn, "STOPPED")) == 1, 300)
        (gone,) = s.api.tasks(arn, "STOPPED")
        assert gone.arn == old[0].arn

    play(scene, BEHAVIOUR)


def test_a_protected_task_retires_too() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await steady(s, 1)
        (task,) = s.api.tasks(arn, "RUNNING")
        until = s.api.clock.now() + 36_000
        await s.api.store.update(
            TASKS, task.arn, lambda t: replace(t, protected_until=until), "UpdateTaskProtection"
        )
        await retire(s, [task])
        await s.until(lambda: s.api.tasks(arn, "STOPPED") != [], 300)

    play(scene, BEHAVIOUR)
