"""Unit tests of the store: conflicts, durability, announcements, indexes, the journal."""

import asyncio
import os
import random
import sqlite3
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.domain.arns import ClusterArn
from hostless.domain.clusters import Cluster
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.store import database, sqlite
from hostless.store.database import FORMAT, Database, UnknownFormat
from hostless.store.kinds import CLUSTERS, TASKS
from hostless.store.sqlite import SqliteStorage
from hostless.store.storage import StorageFailed
from hostless.store.store import Store, WriteConflict


def cluster(name: str, **fields: object) -> Cluster:
    return Cluster(arn=ClusterArn(name), name=name, created_at=1.0, **fields)  # type: ignore[arg-type]


async def put(store: Store, record: Cluster) -> None:
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, record)
    await transaction.commit()


async def test_what_was_committed_can_be_read(store: Store) -> None:
    await put(store, cluster("a"))
    assert store.get(CLUSTERS, "a") == cluster("a")
    assert store.get(CLUSTERS, "b") is None


async def test_a_transaction_sees_its_own_writes_and_nobody_else_does(store: Store) -> None:
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, cluster("a"))
    assert transaction.get(CLUSTERS, "a") == cluster("a")
    assert store.get(CLUSTERS, "a") is None


async def test_a_record_read_and_then_changed_by_another_is_a_conflict(store: Store) -> None:
    await put(store, cluster("a"))
    slow = store.transaction("slow")
    assert slow.get(CLUSTERS, "a") is not None
    await put(store, cluster("a", status="INACTIVE"))
    slow.put(CLUSTERS, cluster("b"))
    with pytest.raises(WriteConflict):
        await slow.commit()
    assert store.get(CLUSTERS, "b") is None


async def test_a_record_that_appeared_meanwhile_is_a_conflict(store: Store) -> None:
    slow = store.transaction("slow")
    slow.put(CLUSTERS, cluster("a"))
    await put(store, cluster("a", status="INACTIVE"))
    with pytest.raises(WriteConflict):
        await slow.commit()
    record = store.get(CLUSTERS, "a")
    assert record is not None
    assert record.status == "INACTIVE"


async def test_watches_start_with_everything_and_hear_each_change_once(store: Store) -> None:
    await put(store, cluster("a"))
    watch = store.watch(CLUSTERS)
    assert await watch.changed() == ["a"]
    await put(store, cluster("b"))
    await put(store, cluster("b", status="INACTIVE"))
    assert await watch.changed() == ["b"]


async def test_the_journal_tells_an_objects_story(store: Store) -> None:
    await put(store, cluster("a"))
    await put(store, cluster("a", settings=()))
    await store.update(CLUSTERS, "a", lambda r: cluster("a", status="INACTIVE"), "DeleteCluster")
    story = [(e.before, e.after, e.because) for e in store.story(CLUSTERS, "a")]
    assert story == [("", "ACTIVE", "test"), ("ACTIVE", "INACTIVE", "DeleteCluster")]


async def test_a_tasks_story_tells_of_its_health_once_that_is_known(store: Store) -> None:
    fresh = new_task(definition_of(), Ids(random.Random(1)), now=1.0)
    healthy = replace(fresh, containers=(replace(fresh.containers[0], health="HEALTHY"),))
    for record in (fresh, healthy, replace(healthy, is_counted=True), fresh):
        transaction = store.transaction("test")
        transaction.get(TASKS, fresh.arn)
        transaction.put(TASKS, record)
        await transaction.commit()
    states = [entry.after for entry in store.story(TASKS, fresh.arn)]
    plain = "PROVISIONING/RUNNING"
    assert states == [plain, f"{plain}/HEALTHY", plain]


async def test_a_story_goes_on_in_the_next_engine_and_never_becomes_anothers(
    tmp_path: Path,
) -> None:
    first = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await put(first, cluster("kept"))
    await put(first, cluster("gone"))
    transaction = first.transaction("test")
    transaction.delete(CLUSTERS, "gone")
    await transaction.commit()
    await first.close()
    second = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await put(second, cluster("kept", status="INACTIVE"))
    await put(second, cluster("new"))
    assert [e.after for e in second.story(CLUSTERS, "kept")] == ["ACTIVE", "INACTIVE"]
    assert [e.after for e in second.story(CLUSTERS, "new")] == ["ACTIVE"]
    await second.close()


async def test_of_many_writes_at_once_the_last_one_holds(tmp_path: Path) -> None:
    first = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await asyncio.gather(
        *(put(first, cluster("a", status=status)) for status in ("ACTIVE", "INACTIVE") * 20),
        *(put(first, cluster(f"c{i}")) for i in range(1000)),
    )
    assert len(first.story(CLUSTERS, "a", limit=100)) == 40
    await first.close()
    second = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert second.get(CLUSTERS, "a") == cluster("a", status="INACTIVE")
    assert len(second.table(CLUSTERS)) == 1001
    await second.close()


async def test_updating_what_does_not_exist_gives_nothing(store: Store) -> None:
    assert await store.update(CLUSTERS, "none", lambda r: r, "test") is None


async def test_deleted_records_are_gone(store: Store) -> None:
    await put(store, cluster("a"))
    transaction = store.transaction("test")
    transaction.delete(CLUSTERS, "a")
    await transaction.commit()
    assert store.get(CLUSTERS, "a") is None


async def test_another_store_on_the_same_file_finds_everything(tmp_path: Path) -> None:
    first = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await asyncio.gather(*(put(first, cluster(f"c{i}")) for i in range(100)))
    await first.close()
    second = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert {c.name for c in second.all(CLUSTERS)} == {f"c{i}" for i in range(100)}
    await put(second, cluster("new"))
    await second.close()


async def test_a_refused_write_is_undone_with_all_that_built_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await put(store, cluster("a"))
    write = Database.write
    monkeypatch.setattr(Database, "write", lambda *args: sqlite3.Error("disk is full"))
    results = await asyncio.gather(
        put(store, cluster("a", status="INACTIVE")),
        *(put(store, cluster(f"n{i}")) for i in range(20)),
        return_exceptions=True,
    )
    assert all(isinstance(result, StorageFailed) for result in results)
    assert [c.name for c in store.all(CLUSTERS)] == ["a"]
    assert store.get(CLUSTERS, "a") == cluster("a")
    monkeypatch.setattr(Database, "write", write)
    await put(store, cluster("later"))
    await store.close()
    again = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert {c.name for c in again.all(CLUSTERS)} == {"a", "later"}
    await again.close()


async def test_what_is_submitted_just_before_a_failure_is_heard_of_fails_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    has_failed = threading.Event()
    write, finish = Database.write, SqliteStorage._finish

    def finish_and_tell(*args: Any, **fields: Any) -> None:
        finish(*args, **fields)
        has_failed.set()

    monkeypatch.setattr(Database, "write", lambda *args: sqlite3.Error("disk is full"))
    monkeypatch.setattr(SqliteStorage, "_finish", finish_and_tell)
    refused = asyncio.create_task(put(store, cluster("refused")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert has_failed.wait(10)
    monkeypatch.setattr(Database, "write", write)
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, cluster("late"))
    late = transaction.submit()
    results = await asyncio.gather(refused, late, return_exceptions=True)
    assert [type(result) for result in results] == [StorageFailed, StorageFailed]
    assert list(store.all(CLUSTERS)) == []
    await put(store, cluster("later"))
    await store.close()
    again = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert [c.name for c in again.all(CLUSTERS)] == ["later"]
    await again.close()


async def test_a_cancelled_caller_does_not_undo_what_it_wrote(tmp_path: Path) -> None:
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    async with asyncio.TaskGroup() as group:
        caller = group.create_task(put(store, cluster("a")))
        await asyncio.sleep(0)
        caller.cancel()
    await store.close()
    again = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    assert again.get(CLUSTERS, "a") == cluster("a")
    await again.close()


async def test_nobody_else_may_read_the_files_whatever_folder_they_are_in(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "s.db").touch(mode=0o644)
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    await put(store, cluster("a"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("s.db", "s.db-wal", "s.db-shm"), 0o600)
    await store.close()


async def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.execute(f"PRAGMA user_version = {FORMAT + 1}")
    database.close()
    with pytest.raises(UnknownFormat):
        SqliteStorage(tmp_path / "s.db")


async def test_a_submitted_transaction_shows_at_once_and_is_durable_later(store: Store) -> None:
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, cluster("a"))
    durable = transaction.submit()
    assert store.get(CLUSTERS, "a") == cluster("a")
    await durable


async def test_an_answer_that_changes_nothing_waits_until_what_it_read_is_durable(
    store: Store,
) -> None:
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, cluster("a"))
    durable = transaction.submit()
    await store.update(CLUSTERS, "a", lambda record: record, "no change")
    assert durable.done()


BUSY = 260
"""Commits, as many as use up a part of the reserve."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """One to take for each time that the writer looked after its room."""
    taken = threading.Semaphore(0)
    monkeypatch.setattr(sqlite, "keep_room", lambda connection: taken.release())
    return taken


@pytest.mark.parametrize("tight_bytes", [0, 1 << 60])
async def test_room_is_made_without_another_commit_to_wake_the_writer(
    tmp_path: Path,
    looks: threading.Semaphore,
    monkeypatch: pytest.MonkeyPatch,
    tight_bytes: int,
) -> None:
    monkeypatch.setattr(database, "TIGHT_BYTES", tight_bytes)
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    for number in range(BUSY):
        await put(store, cluster(f"{number}"))
    assert await asyncio.to_thread(looks.acquire, timeout=10)
    await store.close()


@pytest.mark.parametrize(("tight_bytes", "count"), [(0, 0), (1 << 60, 4)])
async def test_commits_wait_for_room_to_be_made_on_a_tight_disk_only(
    tmp_path: Path,
    looks: threading.Semaphore,
    monkeypatch: pytest.MonkeyPatch,
    tight_bytes: int,
    count: int,
) -> None:
    monkeypatch.setattr(sqlite, "_QUIET_SECONDS", 3600.0)
    monkeypatch.setattr(database, "TIGHT_BYTES", tight_bytes)
    store = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    for number in range(4 * BUSY):
        await put(store, cluster(f"{number}"))
    await store.close()
    assert sum(looks.acquire(blocking=False) for _ in range(10)) == count


@pytest.mark.root
async def test_a_full_disk_does_not_stop_the_store(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "small", disk], check=True)
    try:
        store = Store(SqliteStorage(disk / "s.db"), SystemClock())
        for number in range(50):
            await put(store, cluster(f"before-{number}"))
        with (disk / "filler").open("wb") as filler:
            room = os.statvfs(disk)
            os.posix_fallocate(filler.fileno(), 0, room.f_bavail * room.f_frsize)
        for number in range(1000):
            await put(store, cluster(f"full-{number}"))
        await store.close()
        again = Store(SqliteStorage(disk / "s.db"), SystemClock())
        assert len(again.table(CLUSTERS)) == 1050
        await again.close()
    finally:
        subprocess.run(["umount", disk], check=True)
