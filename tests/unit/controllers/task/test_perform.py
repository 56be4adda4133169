"""Unit tests of launching a task: what is done side by side, and what each failure leads to."""

import asyncio
from asyncio import TaskGroup
from dataclasses import replace

from tests.support.connect import API, PLAIN, connect_of, connected_task
from tests.support.plant import Plant, in_plant
from tests.support.tasks import definition_of

from hostless.compute.simulated.behaviour import Behaviour
from hostless.controllers.task.sweep import SWEEP_SECONDS
from hostless.domain.arns import TaskId
from hostless.network.simulated.fabric import PROVISIONING_TIMED_OUT, FabricBehaviour
from hostless.store.kinds import TASKS

WEB = definition_of()


def test_the_images_come_while_the_network_is_made() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        begun = plant.clock.now()
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        assert (task.connectivity_at, task.pull_stopped_at) == (begun + 3, begun + 3)

    in_plant(scene, Behaviour(pull_seconds=2.0), fabric=FabricBehaviour(attach_seconds=3.0))


def test_images_that_are_missing_are_told_when_the_network_is_there() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        begun = plant.clock.now()
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        assert task.connectivity_at == task.pull_started_at == begun + 3
        assert task.stop_request is not None
        assert task.stop_request.reason == "CannotPullContainerError: no"

    behaviour = Behaviour(pull_seconds=1.0, pull_failure="CannotPullContainerError: no")
    plant = in_plant(scene, behaviour, fabric=FabricBehaviour(attach_seconds=3.0))
    assert asyncio.run(plant.fabric.attached()) == frozenset()


def test_a_network_that_fails_does_not_wait_for_the_images() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        begun = plant.clock.now()
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.reason == PROVISIONING_TIMED_OUT
        assert task.stopped_at == begun + 3

    fabric = FabricBehaviour(attach_seconds=3.0, failure_rate=1.0)
    in_plant(scene, Behaviour(pull_seconds=500.0), fabric=fabric)


def test_a_stop_does_not_wait_for_the_network() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.api.run_task(WEB)
        task = await plant.when(task, lambda now: now.attachment.status == "ATTACHING")
        await asyncio.sleep(1)
        asked_at = plant.clock.now()
        await plant.api.stop_task(task.arn)
        task = await plant.until(task, "STOPPED")
        assert plant.clock.now() - asked_at < 1
        assert task.connectivity_at is None

    behaviour = Behaviour(pull_seconds=500.0)
    plant = in_plant(scene, behaviour, fabric=FabricBehaviour(attach_seconds=300.0))
    assert asyncio.run(plant.fabric.attached()) == frozenset()


def test_a_proxy_is_prepared_before_it_starts_and_its_folder_goes_with_its_task() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(PLAIN)
        whole = connected_task(None, serves=[API], calls=[API])
        containers = tuple(replace(each, status="PENDING") for each in whole.containers)
        task = replace(whole, status="PROVISIONING", zone=None, containers=containers)
        transaction = plant.store.transaction("test")
        transaction.put(TASKS, task)
        await transaction.commit()
        await plant.when(task, lambda now: now.pull_stopped_at is not None)
        assert await plant.world.proxies.task_ids() == {task.id}
        running = await plant.until(task, "RUNNING")
        assert all(each.status == "RUNNING" for each in running.containers)
        await plant.api.stop_task(task.arn)
        await plant.until(task, "STOPPED")
        assert await plant.world.proxies.task_ids() == frozenset()

    in_plant(scene, Behaviour(start_seconds=1.0))


def test_what_proxies_left_of_tasks_that_nobody_knows_is_swept_up() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.world.proxies.prepare(TaskId("a" * 32), connect_of(calls=[API]))
        await asyncio.sleep(SWEEP_SECONDS + 1)
        assert await plant.world.proxies.task_ids() == frozenset()

    in_plant(scene)
