"""What expired or lost its stream is deleted."""

import asyncio
from pathlib import Path

from hostless.domain.arns import LogGroupName
from hostless.domain.logs import LogGroup, LogStream
from hostless.kit.clock import SystemClock
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.events.records import EventBatch
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.retention import delete_expired, expired_before, keep_retention
from hostless.telemetry.streams import stream_id_of

NAME = LogGroupName("/a")
DAY = 24 * 3600


def stream(name: str, created_at: float = 1.0) -> LogStream:
    return LogStream(group=NAME, name=name, created_at=created_at)


async def have(store: Store, group: LogGroup, *streams: LogStream) -> None:
    transaction = store.transaction("test")
    transaction.put(LOG_GROUPS, group)
    for each in streams:
        transaction.put(LOG_STREAMS, each)
    await transaction.commit()


def append(events: EventStore, to: LogStream, at: float) -> None:
    batch = EventBatch(timestamps_ms=[int(at * 1000)], messages=["x"])
    events.append(stream_id_of(to), batch)


def test_a_group_without_retention_keeps_everything() -> None:
    group = LogGroup(name=NAME, created_at=1)
    assert expired_before(group, 100 * DAY) is None


async def test_expired_events_give_their_room_back(tmp_path: Path) -> None:
    clock = SystemClock()
    store, events = Store(MemoryStorage(), clock), EventStore(tmp_path / "logs", clock)
    group = LogGroup(name=NAME, created_at=1, retention_days=3)
    await have(store, group, stream("old"), stream("new"))
    append(events, stream("old"), 10 * DAY)
    append(events, stream("new"), 14 * DAY)
    await delete_expired(store, events, 15 * DAY)
    assert events.extent(stream_id_of(stream("old"))) is None
    assert events.extent(stream_id_of(stream("new"))) is not None
    events.close()


async def test_files_of_streams_that_are_gone_are_swept_at_the_start(tmp_path: Path) -> None:
    """As when the engine is killed between the deletion of the record and that of the files."""
    clock = SystemClock()
    store, events = Store(MemoryStorage(), clock), EventStore(tmp_path / "logs", clock)
    await have(store, LogGroup(name=NAME, created_at=1), stream("s", created_at=2.0))
    append(events, stream("s", created_at=1.0), 1)
    append(events, stream("s", created_at=2.0), 1)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_retention(store, events, clock))
        while len(events.stored()) > 1:
            await asyncio.sleep(0.001)
        keeping.cancel()
    assert events.stored() == [stream_id_of(stream("s", created_at=2.0))]
    events.close()
