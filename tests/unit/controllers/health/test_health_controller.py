"""The health controller beside the task controller, under simulated time."""

import asyncio
from asyncio import TaskGroup
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.support.plant import Plant, in_plant
from tests.support.tasks import definition_of

from hostless.compute.simulated.behaviour import Behaviour
from hostless.controllers.health import controller as health
from hostless.controllers.health.controller import HealthController
from hostless.domain.container_definitions import ContainerDefinition, HealthCheck
from hostless.domain.health import HealthStatus
from hostless.domain.tasks import Task
from hostless.store.kinds import TASKS

Scene = Callable[[Plant, TaskGroup], Awaitable[None]]


def checked(name: str = "main", **fields: object) -> ContainerDefinition:
    """Checked every 10 s, unhealthy at the third failure; a check may take 5 s."""
    settings = {"interval": 10, "timeout": 5, "retries": 3, **fields}
    check = HealthCheck(command=("CMD", "true"), **settings)  # type: ignore[arg-type]
    return ContainerDefinition(name=name, image=name, health_check=check)


@asynccontextmanager
async def checking(plant: Plant, group: TaskGroup) -> AsyncIterator[HealthController]:
    controller = HealthController(plant.store, plant.backend, plant.clock)
    running = group.create_task(controller.run())
    try:
        yield controller
    finally:
        running.cancel()
        await asyncio.wait([running])


async def begin(plant: Plant, *containers: ContainerDefinition) -> Task:
    definition = definition_of(*containers)
    await plant.api.prepare(definition)
    return await plant.until(await plant.api.run_task(definition), "RUNNING")


async def until(plant: Plant, task: Task, status: HealthStatus) -> tuple[Task, float]:
    """The task once it has this health, and how many seconds after its start that was."""
    now = await plant.when(task, lambda now: now.health == status)
    assert now.started_at is not None
    return now, plant.clock.now() - now.started_at


def close_to(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.2)


def test_a_container_is_healthy_with_its_first_check_and_unhealthy_at_the_last_retry() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked())
            assert (task.health, task.containers[0].health) == ("UNKNOWN", "UNKNOWN")
            _, after = await until(plant, task, "HEALTHY")
            assert after == close_to(10)
            unhealthy, after = await until(plant, task, "UNHEALTHY")
            assert after == close_to(60), "fails at 40, 50 and 60 s"
            assert unhealthy.version == task.version, "ECS sends no event for health"
            await asyncio.sleep(300)
            assert plant.api.task(task.arn).status == "RUNNING", "nobody stops it"
            assert plant.api.task(task.arn) == unhealthy, "no more is written"

    in_plant(scene, Behaviour(unhealthy_after_seconds=35.0))


def test_failures_in_the_start_period_do_not_count_and_a_late_success_does() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked(start_period=60, retries=1))
            _, after = await until(plant, task, "HEALTHY")
            assert after == close_to(50)

    in_plant(scene, Behaviour(healthy_after_seconds=45.0))


def test_a_check_that_takes_too_long_has_failed() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked(retries=2))
            _, after = await until(plant, task, "UNHEALTHY")
            assert after == close_to(10 + 5 + 10 + 5)

    in_plant(scene, Behaviour(health_check_seconds=5.5))


def test_every_container_is_checked_in_its_own_beat() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked("hangs", timeout=60), checked("web"))
            when = await plant.when(task, lambda now: now.containers[1].health == "HEALTHY")
            assert plant.clock.now() - (when.started_at or 0) == close_to(10)
            assert when.health == "UNKNOWN"

    in_plant(scene, Behaviour(container="hangs", health_check_seconds=100.0))


def test_a_container_without_a_check_stays_unknown() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, ContainerDefinition(name="main", image="i"))
            await asyncio.sleep(1000)
            assert plant.api.task(task.arn).health == "UNKNOWN"

    in_plant(scene)


def test_another_engine_goes_on_with_the_status_it_finds() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked())
            await until(plant, task, "HEALTHY")
        await asyncio.sleep(100)
        async with checking(plant, group):
            started = plant.clock.now()
            await asyncio.sleep(1)
            assert plant.api.task(task.arn).health == "HEALTHY"
            await until(plant, task, "UNHEALTHY")
            assert 20 <= plant.clock.now() - started <= 31, "counts anew, at once"

    in_plant(scene, Behaviour(unhealthy_after_seconds=20.0))


def test_a_task_that_has_to_stop_is_left_alone_and_keeps_what_was_known() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group) as controller:
            task = await begin(plant, checked())
            await until(plant, task, "HEALTHY")
            await plant.api.stop_task(task.arn)
            stopped = await plant.until(task, "STOPPED")
            assert stopped.health == "HEALTHY"
            await asyncio.sleep(4000)
            assert not list(plant.store.all(TASKS))
            assert not controller._courses

    in_plant(scene, Behaviour(stop_seconds=25.0, unhealthy_after_seconds=12.0))


def test_a_container_that_ends_during_its_check_is_not_unhealthy() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            task = await begin(plant, checked(retries=1, timeout=30))
            stopped = await plant.until(task, "STOPPED")
            assert stopped.health == "UNKNOWN"

    in_plant(scene, Behaviour(exit_after_seconds=12.0, health_check_seconds=5.0))


def test_checks_that_all_hang_keep_others_waiting_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        async with checking(plant, group):
            hanging = [checked(f"hangs{n}", timeout=8) for n in range(3)]
            task = await begin(plant, *hanging, checked("web"))
            await plant.when(task, lambda now: now.containers[3].health == "HEALTHY")

    monkeypatch.setattr(health, "CHECKS_AT_ONCE", 2)
    in_plant(scene, Behaviour(container="hangs*", health_check_seconds=100.0))
