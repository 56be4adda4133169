"""The event store's edges: deletion, open files, disks that refuse."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostless.telemetry.events import chunks, stream_files, tail, upkeep
from hostless.telemetry.events.open_streams import OPEN_STREAMS
from hostless.telemetry.events.reading import Query
from hostless.telemetry.events.records import EventBatch, StreamId
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.events.upkeep import keep_events

STREAM = StreamId("ab" * 16)


class FixedClock:
    def now(self) -> float:
        return 99.0


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventStore]:
    events = EventStore(tmp_path / "logs", FixedClock())
    yield events
    events.close()


def batch(*messages: str) -> EventBatch:
    return EventBatch(timestamps_ms=[1] * len(messages), messages=messages)


def messages(events: EventStore, stream: StreamId = STREAM) -> list[str]:
    return [event.message for event in events.read([stream], Query()).events]


def numbered(number: int) -> StreamId:
    return StreamId(f"{number:032x}")


def test_a_stream_nobody_wrote_to_takes_no_room(events: EventStore, tmp_path: Path) -> None:
    assert events.extent(STREAM) is None
    assert events.mark(STREAM) is None
    assert messages(events) == []
    assert not (tmp_path / "logs").exists()


def test_deleting_removes_every_file_and_late_appends_stay_out(
    events: EventStore, tmp_path: Path
) -> None:
    events.append(STREAM, batch("a"))
    events.delete([STREAM, numbered(1)])
    events.append(STREAM, batch("late"))
    assert messages(events) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_trash_of_a_killed_engine_is_taken_out(events: EventStore, tmp_path: Path) -> None:
    (tmp_path / "logs" / "trash" / STREAM).mkdir(parents=True)
    events.append(numbered(7), batch("a"))
    assert events.stored() == [numbered(7)]
    assert not (tmp_path / "logs" / "trash").exists()


def test_thousands_of_streams_keep_few_files_open(events: EventStore) -> None:
    before = len(os.listdir("/proc/self/fd"))
    streams = [numbered(n) for n in range(3 * OPEN_STREAMS)]
    for _ in range(2):
        for stream in streams:
            events.append(stream, batch("x"), b"mark")
    assert len(os.listdir("/proc/self/fd")) - before <= OPEN_STREAMS
    assert len(events.read(streams, Query()).events) == 2 * len(streams)


def test_an_append_that_a_full_disk_cuts_off_leaves_nothing(
    events: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.append(STREAM, batch("one"), b"1")
    write = os.pwrite

    def fill_up(file: int, data: bytes, offset: int) -> int:
        write(file, data[: len(data) // 2], offset)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(tail.os, "pwrite", fill_up)
        with pytest.raises(OSError, match="No space"):
            events.append(STREAM, batch("lost"), b"2")
    assert (messages(events), events.mark(STREAM)) == (["one"], b"1")
    events.append(STREAM, batch("two"), b"3")
    assert (messages(events), events.mark(STREAM)) == (["one", "two"], b"3")


def test_a_chunk_that_rotted_is_left_out_and_said(
    events: EventStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(stream_files, "TAIL_EVENTS", 2)
    events.append(STREAM, batch("a", "b"))
    events.append(STREAM, batch("c", "d"))
    events.keep_up()
    events.append(STREAM, batch("e"))
    (segment,) = tmp_path.rglob("*.chunks")
    data = bytearray(segment.read_bytes())
    data[chunks.HEADER_BYTES + 3] ^= 0xFF
    segment.write_bytes(data)
    assert messages(events) == ["c", "d", "e"]
    assert "cannot be read back" in caplog.text


def test_readers_go_on_while_files_are_sealed_and_dropped(
    events: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that listed its parts before they were sealed lists them again."""
    monkeypatch.setattr(stream_files, "TAIL_EVENTS", 2)
    events.append(STREAM, batch("a", "b"))
    listed = events._parts
    calls = []

    def list_then_seal(stream: StreamId, query: Query) -> object:
        parts = listed(stream, query)
        calls.append(parts)
        events.keep_up()
        return parts

    monkeypatch.setattr(events, "_parts", list_then_seal)
    assert messages(events) == ["a", "b"]
    assert len(calls) == 2


async def test_upkeep_seals_full_tails_by_itself(
    events: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_files, "TAIL_EVENTS", 2)
    monkeypatch.setattr(upkeep, "SYNC_SECONDS", 0.001)
    events.append(STREAM, batch("a", "b"))
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_events(events))
        while events.has_upkeep():
            await asyncio.sleep(0.001)
        keeping.cancel()
    assert [path.suffix for path in tmp_path.rglob("*.*")] == [".chunks"]


async def test_upkeep_survives_a_disk_that_refuses(
    events: EventStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "SYNC_SECONDS", 0.001)
    events.append(STREAM, batch("a"))

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        with monkeypatch.context() as bad_disk:
            bad_disk.setattr(os, "fdatasync", refuse)
            keeping = group.create_task(keep_events(events))
            while "not on the disk yet" not in caplog.text:
                await asyncio.sleep(0.001)
        while events.has_upkeep():
            await asyncio.sleep(0.001)
        keeping.cancel()
    assert messages(events) == ["a"]
