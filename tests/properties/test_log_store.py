"""The event store against a list in memory, through freezes, seals, restarts, tears and expiry."""

import contextlib
import random
import shutil
import struct
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from hostless.telemetry.events import open_streams, segments, stream_files
from hostless.telemetry.events.chunks import header_in
from hostless.telemetry.events.reading import EVENT_OVERHEAD_BYTES, Query
from hostless.telemetry.events.records import EventBatch, Position, StreamId, stream_number
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.events.stream_files import StreamFiles

STREAMS = [StreamId(f"{n:016x}" * 2) for n in (3, 1, 2)]
DAY = 24 * 3600 * 1000
times = st.integers(0, 5) | st.integers(0, 3 * DAY)
batches = st.lists(st.tuples(times, st.text(max_size=6) | st.just("x" * 40)), max_size=12)
streams = st.sampled_from(STREAMS)


def first_of(data: bytes, suffix: str) -> bytes:
    """The first frame or chunk of a file."""
    if suffix == ".tail":
        return data[: 8 + struct.unpack("<I", data[:4])[0]] if data else b""
    header = header_in(data)
    return data[: header.length] if header else b""


class FixedClock:
    def now(self) -> float:
        return 12.5


class EventStoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.patches = [
            mock.patch.object(stream_files, "TAIL_EVENTS", 5),
            mock.patch.object(open_streams, "OPEN_STREAMS", 2),
            mock.patch.object(segments, "CHUNK_EVENTS", 2),
        ]
        for patch in self.patches:
            patch.start()
        self.folder = Path(tempfile.mkdtemp(prefix="hostless-test-", dir="/var/tmp"))
        self.store = EventStore(self.folder, FixedClock())
        self.model: dict[StreamId, list[tuple[Position, str]]] = {s: [] for s in STREAMS}
        self.numbers = dict.fromkeys(STREAMS, 0)
        self.marks: dict[StreamId, bytes | None] = dict.fromkeys(STREAMS)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)
            for patch in self.patches:
                patch.stop()

    @rule(stream=streams, batch=batches, mark=st.none() | st.binary(min_size=1, max_size=4))
    def append(self, stream: StreamId, batch: list[tuple[int, str]], mark: bytes | None) -> None:
        self.store.append(
            stream,
            EventBatch(timestamps_ms=[t for t, _ in batch], messages=[m for _, m in batch]),
            mark,
        )
        for timestamp, message in batch:
            self.numbers[stream] += 1
            position = Position(
                timestamp_ms=timestamp,
                stream_number=stream_number(stream),
                sequence=self.numbers[stream],
            )
            self.model[stream].append((position, message))
        self.marks[stream] = mark or self.marks[stream]

    @rule()
    def keep_up(self) -> None:
        self.store.keep_up()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = EventStore(self.folder, FixedClock())

    @rule(seed=st.integers(0, 1 << 30))
    def restart_after_torn_writes(self, seed: int) -> None:
        """A crash midway leaves the beginning of a frame or chunk behind a whole one."""
        self.store.close()
        chance = random.Random(seed)
        for path in self.folder.rglob("*.*"):
            if path == max(path.parent.glob(f"*{path.suffix}")):
                whole = first_of(path.read_bytes(), path.suffix)
                with path.open("ab") as file:
                    file.write(whole[: chance.randrange(len(whole) or 1)])
        self.store = EventStore(self.folder, FixedClock())

    @rule(chunks=st.integers(0, 3))
    def crash_while_sealing(self, chunks: int) -> None:
        """After so many chunks; at the latest before the sealed tail is deleted."""
        writes = [*[segments._write] * chunks, mock.Mock(side_effect=OSError("crash"))]
        with (
            mock.patch.object(segments, "_write", lambda *args: (writes.pop(0))(*args)),
            mock.patch.object(StreamFiles, "replace_frozen", side_effect=OSError("crash")),
            contextlib.suppress(OSError),
        ):
            self.store.keep_up()
        self.store = EventStore(self.folder, FixedClock())

    @rule(stream=streams, before=times)
    def drop_before(self, stream: StreamId, before: int) -> None:
        """Files go whole: nothing at or after `before` may go, and all that went was older."""
        self.store.drop_before(stream, before)
        page = self.store.read([stream], Query())
        left = {event.position for event in page.events}
        kept = [item for item in self.model[stream] if item[0] in left]
        assert all(item[0].timestamp_ms < before for item in self.model[stream] if item not in kept)
        self.model[stream] = kept

    @rule(stream=streams)
    def delete(self, stream: StreamId) -> None:
        self.store.delete([stream])
        self.store.close()
        self.store = EventStore(self.folder, FixedClock())
        self.model[stream], self.numbers[stream], self.marks[stream] = [], 0, None

    @rule(
        chosen=st.sets(streams, min_size=1),
        start=times,
        length=times,
        limit=st.integers(1, 8),
        room=st.integers(1, 200) | st.just(1 << 20),
        is_backward=st.booleans(),
        letter=st.sampled_from(["", "x", "0"]),
    )
    def read_in_pages(
        self,
        chosen: set[StreamId],
        start: int,
        length: int,
        limit: int,
        room: int,
        is_backward: bool,
        letter: str,
    ) -> None:
        wanted = sorted(
            (position, message)
            for stream in chosen
            for position, message in self.model[stream]
            if start <= position.timestamp_ms < start + length and letter in message
        )
        found: list[tuple[Position, str]] = []
        beyond = None
        while True:
            page = self.store.read(
                sorted(chosen),
                Query(
                    start_ms=start,
                    end_ms=start + length,
                    beyond=beyond,
                    is_backward=is_backward,
                    events=limit,
                    response_bytes=room,
                    matches=lambda message: letter in message,
                ),
            )
            assert len(page.events) <= limit
            size = sum(len(e.message.encode()) + EVENT_OVERHEAD_BYTES for e in page.events)
            assert size <= room or len(page.events) == 1
            found += [(event.position, event.message) for event in page.events]
            if page.continues_at is None:
                break
            beyond = page.continues_at
        assert found == (wanted[::-1] if is_backward else wanted)

    @invariant()
    def everything_is_known_without_reading(self) -> None:
        for stream in STREAMS if hasattr(self, "store") else ():
            extent = self.store.extent(stream)
            events = self.model[stream]
            assert (extent.events if extent else 0) == len(events)
            if extent:
                assert extent.first_ms == min(p.timestamp_ms for p, _ in events)
                assert extent.last_ms == max(p.timestamp_ms for p, _ in events)
                assert extent.message_bytes == sum(len(m.encode()) for _, m in events)
            assert self.store.mark(stream) == self.marks[stream]


EventStoreMachine.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestEventStore = EventStoreMachine.TestCase
