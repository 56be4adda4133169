"""Which tasks are targets: in every state of a task, whatever was there before."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from tests.support.api_world import EPOCH, World
from tests.support.balancing import group, target
from tests.support.elbv2 import put, taken_away
from tests.support.service_facts import rollout_of, task_of

from hostless.controllers.balancer.draining import DrainingController
from hostless.controllers.balancer.registering import TargetRegistrar
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.services import ServiceLoadBalancer
from hostless.domain.target_groups import Target
from hostless.domain.tasks import Task
from hostless.network.new_interface import new_interface
from hostless.store.kinds import (
    DEPLOYMENTS,
    NETWORK_INTERFACES,
    SERVICE_REVISIONS,
    TARGET_GROUPS,
    TARGETS,
    TASKS,
)

GROUPS = (group("blue"), group("green"))
ADDRESS = "172.31.0.9"
MINE = [(each.arn, ADDRESS, 8080) for each in GROUPS]


async def a_task(world: World, status: TaskStatus = "RUNNING", goal: str = "RUNNING") -> Task:
    """Of a service that is registered with both groups; with an address."""
    for each in GROUPS:
        await put(world, TARGET_GROUPS, each)
    rollout = rollout_of(
        load_balancers=tuple(
            ServiceLoadBalancer(
                target_group_arn=each.arn, container_name="app", container_port=8080
            )
            for each in GROUPS
        )
    )
    await put(world, SERVICE_REVISIONS, rollout.revision)
    await put(world, DEPLOYMENTS, rollout.deployment)
    task = replace(task_of(rollout.deployment.id, status), goal=goal)  # type: ignore[arg-type]
    subnet = world.network.subnets[0]
    interface = new_interface(subnet, ADDRESS, world.ids.hex(17), "us-east-1", EPOCH)
    await put(world, NETWORK_INTERFACES, replace(interface, task_arn=task.arn))
    await put(world, TASKS, task)
    return task


@contextlib.asynccontextmanager
async def at_work(world: World) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as workers:
        made = [
            workers.create_task(TargetRegistrar(world.store, world.clock).run()),
            workers.create_task(DrainingController(world.store, world.clock).run()),
        ]
        yield
        for each in made:
            each.cancel()


async def calm(world: World) -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0)


def targets(world: World) -> list[Target]:
    return sorted(world.store.all(TARGETS), key=lambda each: each.key)


@pytest.mark.parametrize("status", ["ACTIVATING", "RUNNING"])
async def test_a_task_that_serves_is_a_target_of_each_group(status: TaskStatus) -> None:
    world = await World().open()
    task = await a_task(world, status)
    async with at_work(world):
        await until(lambda: len(targets(world)) == 2)
        found = targets(world)
    assert sorted((t.target_group_arn, t.id, t.port) for t in found) == sorted(MINE)
    assert {(t.task_arn, t.zone, t.drains_since) for t in found} == {
        (task.arn, world.network.subnets[0].zone, None)
    }


@pytest.mark.parametrize(
    ("status", "goal"),
    [
        ("PROVISIONING", "RUNNING"),
        ("PENDING", "RUNNING"),
        ("RUNNING", "STOPPED"),
        ("DEACTIVATING", "STOPPED"),
        ("STOPPING", "STOPPED"),
        ("DEPROVISIONING", "STOPPED"),
        ("STOPPED", "STOPPED"),
    ],
)
async def test_a_task_that_does_not_serve_becomes_no_target(status: TaskStatus, goal: str) -> None:
    world = await World().open()
    await a_task(world, status, goal)
    async with at_work(world):
        await calm(world)
    assert targets(world) == []


@pytest.mark.parametrize("status", ["RUNNING", "DEACTIVATING", "STOPPING"])
async def test_a_task_that_is_to_stop_drains_since_then(status: TaskStatus) -> None:
    world = await World().open()
    task = await a_task(world, status, "STOPPED")
    await put(world, TARGETS, target(GROUPS[0], ADDRESS, task_arn=task.arn))
    world.clock.time += 5
    async with asyncio.TaskGroup() as workers:
        worker = workers.create_task(TargetRegistrar(world.store, world.clock).run())
        await until(lambda: targets(world)[0].drains_since == EPOCH + 5)
        world.clock.time += 5
        await calm(world)
        worker.cancel()
    assert targets(world)[0].drains_since == EPOCH + 5, "it does not begin anew"


@pytest.mark.parametrize("status", ["DEPROVISIONING", "STOPPED"])
async def test_a_task_whose_containers_are_gone_is_a_target_no_longer(status: TaskStatus) -> None:
    world = await World().open()
    task = await a_task(world, status, "STOPPED")
    await put(world, TARGETS, target(GROUPS[0], ADDRESS, task_arn=task.arn))
    async with at_work(world):
        await until(lambda: targets(world) == [])


async def test_a_task_that_is_forgotten_is_a_target_no_longer() -> None:
    world = await World().open()
    task = await a_task(world)
    async with at_work(world):
        await until(lambda: len(targets(world)) == 2)
        await taken_away(world, TASKS, task.arn)
        await until(lambda: targets(world) == [])


async def test_an_address_that_was_another_tasks_is_the_new_ones() -> None:
    world = await World().open()
    task = await a_task(world)
    before = replace(task_of("other", "STOPPED"), goal="STOPPED")
    await put(world, TASKS, before)
    left = target(GROUPS[0], ADDRESS, task_arn=before.arn, drains_since=EPOCH)
    await put(world, TARGETS, left)
    async with at_work(world):
        await until(lambda: [t.task_arn for t in targets(world)] == [task.arn, task.arn])
        await calm(world)
    assert {each.drains_since for each in targets(world)} == {None}


async def test_what_a_caller_registered_stays_the_callers() -> None:
    world = await World().open()
    task = await a_task(world)
    theirs = target(GROUPS[0], ADDRESS)
    await put(world, TARGETS, theirs)
    async with at_work(world):
        await until(lambda: len(targets(world)) == 2)
        assert theirs in targets(world)
        stopped = replace(task, goal="STOPPED", status="STOPPED")
        await put(world, TASKS, stopped)
        await until(lambda: targets(world) == [theirs])


async def test_a_target_that_drains_without_a_balancer_goes_at_once() -> None:
    world = await World().open()
    await put(world, TARGET_GROUPS, GROUPS[0])
    await put(world, TARGETS, target(GROUPS[0], "10.0.0.1", drains_since=EPOCH))
    await put(world, TARGETS, target(GROUPS[1], "10.0.0.1", drains_since=EPOCH))
    await put(world, TARGETS, target(GROUPS[0], "10.0.0.2"))
    async with at_work(world):
        await until(lambda: [each.id for each in targets(world)] == ["10.0.0.2"])
