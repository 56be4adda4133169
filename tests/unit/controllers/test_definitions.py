"""Unit tests of the controller that drops deleted task definitions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.support.tasks import CLUSTER, REALM, SUBNETS_OF_TEST, definition_of, new_task

from hostless.controllers.definitions import LOOK_AGAIN_SECONDS, DefinitionController
from hostless.domain.arns import ServiceRevisionArn
from hostless.domain.definition_deletion import KEPT_SECONDS
from hostless.domain.new_service import RevisionContent, begin_rollout
from hostless.domain.services import Service
from hostless.domain.tasks import Placement
from hostless.kit.ids import system_ids
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.store.kinds import (
    DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

WEB = definition_of()
SERVICE = Service(
    arn=REALM.service_arn("default", "web"),
    cluster_arn=CLUSTER.arn,
    name="web",
    desired_count=0,
    revision_arn=ServiceRevisionArn("another one"),
    created_at=0.0,
)
CONTENT = RevisionContent(
    definition_arn=WEB.arn,
    launch_type="FARGATE",
    platform_version="1.4.0",
    cpu_architecture="X86_64",
    placement=Placement(subnets=(SUBNETS_OF_TEST[0].id,), security_groups=()),
    images=(("main", "busybox"),),
)


async def put(store: Store, **changes: object) -> None:
    transaction = store.transaction("test")
    transaction.put(TASK_DEFINITIONS, replace(WEB, **changes))  # type: ignore[arg-type]
    await transaction.commit()


def is_there(store: Store) -> bool:
    return store.get(TASK_DEFINITIONS, WEB.arn) is not None


def with_controller(scene: Callable[[Store, LoopClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = LoopClock()
        store = Store(MemoryStorage(), clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(DefinitionController(store, clock).run())
            await scene(store, clock)
            running.cancel()

    run_simulated(main())


def test_a_deleted_definition_stays_for_an_hour() -> None:
    async def scene(store: Store, clock: LoopClock) -> None:
        await put(store, status="DELETE_IN_PROGRESS", delete_requested_at=clock.now())
        await asyncio.sleep(KEPT_SECONDS - 1)
        assert is_there(store)
        await asyncio.sleep(2)
        assert not is_there(store)

    with_controller(scene)


def test_a_deleted_definition_stays_while_a_task_refers_to_it() -> None:
    async def scene(store: Store, clock: LoopClock) -> None:
        task = new_task(WEB, system_ids(), clock.now())
        transaction = store.transaction("test")
        transaction.put(TASKS, task)
        await transaction.commit()
        await put(store, status="DELETE_IN_PROGRESS", delete_requested_at=clock.now())
        await asyncio.sleep(3 * KEPT_SECONDS)
        assert is_there(store)
        transaction = store.transaction("test")
        transaction.delete(TASKS, task.arn)
        await transaction.commit()
        await asyncio.sleep(LOOK_AGAIN_SECONDS + 1)
        assert not is_there(store)

    with_controller(scene)


def test_definitions_that_nobody_deleted_stay() -> None:
    async def scene(store: Store, clock: LoopClock) -> None:
        await put(store)
        await asyncio.sleep(100 * KEPT_SECONDS)
        assert is_there(store)
        await put(store, status="INACTIVE", deregistered_at=clock.now())
        await asyncio.sleep(100 * KEPT_SECONDS)
        assert is_there(store)

    with_controller(scene)


def test_a_deleted_definition_stays_while_a_service_may_start_tasks_of_it() -> None:
    async def scene(store: Store, clock: LoopClock) -> None:
        rollout = begin_rollout(REALM, SERVICE, CONTENT, (), system_ids(), clock.now())
        transaction = store.transaction("test")
        transaction.put(SERVICES, SERVICE)
        transaction.put(SERVICE_REVISIONS, rollout.revision)
        transaction.put(DEPLOYMENTS, rollout.deployment)
        await transaction.commit()
        await put(store, status="DELETE_IN_PROGRESS", delete_requested_at=clock.now())
        await asyncio.sleep(3 * KEPT_SECONDS)
        assert is_there(store)
        transaction = store.transaction("test")
        transaction.put(SERVICES, replace(SERVICE, status="INACTIVE"))
        await transaction.commit()
        await asyncio.sleep(LOOK_AGAIN_SECONDS + 1)
        assert not is_there(store)

    with_controller(scene)


def test_a_revision_that_is_only_history_keeps_no_definition() -> None:
    async def scene(store: Store, clock: LoopClock) -> None:
        old = begin_rollout(REALM, SERVICE, CONTENT, (), system_ids(), clock.now())
        transaction = store.transaction("test")
        transaction.put(SERVICES, SERVICE)
        transaction.put(SERVICE_REVISIONS, old.revision)
        await transaction.commit()
        await put(store, status="DELETE_IN_PROGRESS", delete_requested_at=clock.now())
        await asyncio.sleep(KEPT_SECONDS + 1)
        assert not is_there(store)

    with_controller(scene)
