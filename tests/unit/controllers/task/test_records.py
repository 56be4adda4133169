"""Unit tests of the rules that every written task record keeps."""

import asyncio
import random
from dataclasses import replace

import pytest
from tests.support.tasks import SUBNETS_OF_TEST, definition_of, new_task

from hostless.controllers.task.placing import Draw, SubnetRoom, offer_of
from hostless.controllers.task.records import TaskRecords
from hostless.domain.lifecycle import IllegalMove
from hostless.domain.tasks import Task
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.store.kinds import TASKS
from hostless.store.storage import Batch, MemoryStorage, Storage, StorageFailed
from hostless.store.store import Store, WriteConflict


async def stored(storage: Storage | None = None) -> tuple[Store, TaskRecords, Task]:
    store = Store(storage or MemoryStorage(), SystemClock())
    task = new_task(definition_of(), Ids(random.Random(0)), 0.0)
    transaction = store.transaction("RunTask")
    transaction.put(TASKS, task)
    await transaction.commit()
    return store, TaskRecords(store), task


async def test_version_rises_with_every_change() -> None:
    store, records, task = await stored()
    records.write(task, replace(task, zone="z"), "test")
    await records.settled(task.arn)
    found = store.get(TASKS, task.arn)
    assert found == replace(task, zone="z", version=2)


async def test_a_move_outside_the_table_raises_with_the_tasks_story() -> None:
    _, records, task = await stored()
    with pytest.raises(IllegalMove, match=r"PROVISIONING may not become RUNNING.*RunTask"):
        records.write(task, replace(task, status="RUNNING"), "test")


async def test_a_stopped_goal_stays() -> None:
    store, records, task = await stored()
    gone = replace(task, goal="STOPPED")
    records.write(task, gone, "test")
    now = store.get(TASKS, task.arn)
    assert now is not None
    with pytest.raises(IllegalMove):
        records.write(now, replace(now, goal="RUNNING"), "test")


async def test_a_task_that_changed_meanwhile_is_a_conflict() -> None:
    _, records, task = await stored()
    records.write(task, replace(task, zone="z"), "test")
    with pytest.raises(WriteConflict):
        records.write(task, replace(task, zone="y"), "test")


async def test_an_address_is_claimed_once() -> None:
    store, records, task = await stored()
    room = SubnetRoom(
        subnet=SUBNETS_OF_TEST[0], group_tasks=0, interfaces=0, is_taken=lambda address: False
    )
    one = offer_of(task, [room], Draw(digits="1" * 17, start=0), 0.0)
    two = offer_of(task, [room], Draw(digits="2" * 17, start=0), 0.0)
    assert one is not None
    assert two is not None
    records.claim(task, replace(task, zone="z"), one, "test")
    now = store.get(TASKS, task.arn)
    assert now is not None
    with pytest.raises(WriteConflict):
        records.claim(now, replace(now, zone="y"), two, "test")


async def test_what_came_of_an_action_for_a_forgotten_task_is_dropped() -> None:
    store, records, task = await stored()
    await records.forget(task)
    records.change(task.arn, lambda t: replace(t, zone="z"), "late")
    assert store.get(TASKS, task.arn) is None


class RefusingStorage(MemoryStorage):
    """refuses: whether the disk takes nothing just now."""

    refuses = False

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        if not self.refuses:
            return super().submit(batch)
        self.on_failure(batch.revision)
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(StorageFailed("disk is full"))
        return failed


async def test_a_task_that_the_disk_does_not_forget_is_there_still_and_forgotten_later() -> None:
    storage = RefusingStorage()
    store, records, task = await stored(storage)
    storage.refuses = True
    with pytest.raises(StorageFailed):
        await records.forget(task)
    assert store.get(TASKS, task.arn) == task
    storage.refuses = False
    await records.forget(task)
    assert store.get(TASKS, task.arn) is None
