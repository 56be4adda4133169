"""Unit tests of the events kept for the bus: with their change or not at all, in order, bounded."""

import asyncio
import os
import random
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.tasks import CLUSTER, REALM, definition_of, new_task

from hostless.domain.arns import DeploymentId
from hostless.domain.ecs_events import DeploymentStateChange, ServiceAction
from hostless.domain.tasks import Task
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.store import database
from hostless.store.database import Database
from hostless.store.kinds import CLUSTERS, TASKS
from hostless.store.sqlite import SqliteStorage
from hostless.store.storage import MemoryStorage, StorageFailed
from hostless.store.store import Store, WriteConflict

STEADY = ServiceAction(
    service_arn=REALM.service_arn("default", "web"),
    cluster_arn=CLUSTER.arn,
    event_name="SERVICE_STEADY_STATE",
)
COMPLETED = DeploymentStateChange(
    service_arn=REALM.service_arn("default", "web"),
    deployment_id=DeploymentId("ecs-svc/1234567890123456789"),
    event_name="SERVICE_DEPLOYMENT_COMPLETED",
    reason="ECS deployment ecs-svc/1234567890123456789 completed.",
)


@pytest.fixture
def task() -> Task:
    return new_task(definition_of(), Ids(random.Random(1)), 1_700_000_000.0)


async def put(store: Store, *tasks: Task) -> None:
    transaction = store.transaction("test")
    for task in tasks:
        transaction.put(TASKS, task)
    await transaction.commit()


def told(store: Store, after: int = 0, limit: int = 100) -> list[object]:
    return [event.record for event in store.events(after, limit)]


async def test_every_version_of_a_task_is_an_event(store: Store, task: Task) -> None:
    second = replace(task, version=2, status="PENDING")
    await put(store, task)
    await put(store, second)
    assert told(store) == [task, second]
    assert [event.sequence for event in store.events(0, 100)] == [1, 2]


async def test_a_change_that_ecs_sends_no_event_for_is_none(store: Store, task: Task) -> None:
    await put(store, task)
    await put(store, replace(task, is_counted=True))
    assert told(store) == [task]


async def test_that_a_task_is_forgotten_is_no_event(store: Store, task: Task) -> None:
    await put(store, task)
    transaction = store.transaction("an hour has passed")
    transaction.delete(TASKS, task.arn)
    await transaction.commit()
    assert told(store) == [task]


async def test_other_records_are_no_events(store: Store) -> None:
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, CLUSTER)
    await transaction.commit()
    assert told(store) == []


async def test_what_is_emitted_comes_after_the_changes_of_its_transaction(
    store: Store, task: Task
) -> None:
    transaction = store.transaction("test")
    transaction.emit(STEADY)
    transaction.emit(COMPLETED)
    transaction.put(TASKS, task)
    await transaction.commit()
    assert told(store) == [task, STEADY, COMPLETED]


async def test_an_event_alone_is_a_transaction_too(store: Store) -> None:
    transaction = store.transaction("test")
    transaction.emit(STEADY)
    await transaction.commit()
    assert told(store) == [STEADY]


async def test_a_transaction_that_loses_leaves_no_event(store: Store, task: Task) -> None:
    slow = store.transaction("slow")
    assert slow.get(TASKS, task.arn) is None
    await put(store, task)
    slow.put(TASKS, replace(task, version=7))
    slow.emit(STEADY)
    with pytest.raises(WriteConflict):
        await slow.commit()
    assert told(store) == [task]


async def test_events_are_read_in_pieces(store: Store, task: Task) -> None:
    versions = [replace(task, version=number) for number in range(1, 8)]
    for version in versions:
        await put(store, version)
    assert told(store, 0, 3) == versions[:3]
    assert told(store, 3, 3) == versions[3:6]
    assert told(store, 6, 3) == versions[6:]
    assert told(store, 7, 3) == []


async def test_a_refused_write_leaves_no_event_and_no_gap(
    tmp_path: Path, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await put(store, task)
    with monkeypatch.context() as full_disk:
        full_disk.setattr(Database, "_write_events", _refuse)
        others = [replace(task, version=number) for number in (2, 3)]
        results = await asyncio.gather(
            *(put(store, other) for other in others), return_exceptions=True
        )
    assert any(isinstance(result, StorageFailed) for result in results)
    assert store.get(TASKS, task.arn) == task
    await put(store, replace(task, version=2))
    await store.close()
    again = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert [(e.sequence, e.record) for e in again.events(0, 10)] == [
        (1, task),
        (2, replace(task, version=2)),
    ]
    await again.close()


def _refuse(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


async def test_only_the_newest_are_kept_on_disk(
    tmp_path: Path, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "EVENT_LIMIT", 500)
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    for _ in range(20):
        transaction = store.transaction("test")
        for _ in range(100):
            transaction.emit(STEADY)
        await transaction.commit()
    kept = store.events(0, 5000)
    assert (kept[0].sequence, kept[-1].sequence) == (1501, 2000)
    await store.close()


async def test_only_the_newest_are_kept_in_memory() -> None:
    store = Store(MemoryStorage(), SystemClock())
    transaction = store.transaction("test")
    for _ in range(MemoryStorage.EVENT_LIMIT + 10):
        transaction.emit(STEADY)
    await transaction.commit()
    assert [event.sequence for event in store.events(0, 2)] == [11, 12]
    assert [e.sequence for e in store.events(MemoryStorage.EVENT_LIMIT + 9, 5)] == [
        MemoryStorage.EVENT_LIMIT + 10
    ]


@pytest.mark.root
async def test_on_a_full_disk_old_events_make_room_for_what_is_true(
    tmp_path: Path, task: Task
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "small", disk], check=True)
    try:
        store = Store(SqliteStorage(disk / "s.db"), SystemClock())
        await put(store, task)
        with (disk / "filler").open("wb") as filler:
            room = os.statvfs(disk)
            os.posix_fallocate(filler.fileno(), 0, room.f_bavail * room.f_frsize)
        last = 6000
        for version in range(2, last + 1):
            await put(store, replace(task, version=version))
        events = store.events(0, 10_000)
        assert events[0].sequence > 1
        assert [e.sequence for e in events] == list(range(events[0].sequence, last + 1))
        assert store.get(TASKS, task.arn) == events[-1].record
        await store.close()
    finally:
        subprocess.run(["umount", disk], check=True)
