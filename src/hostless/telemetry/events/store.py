"""The event store: streams' files behind one lock, few of them open at a time.

The lock is held for what is quick: appending (one write to the kernel), opening a stream, listing
its parts. Reading contents, compressing and waiting for the disk happen outside it. Every method is
synchronous and may be called from any thread; on the event loop use `asyncio.to_thread`.
"""

import contextlib
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

from hostless.kit.clock import Clock
from hostless.telemetry.events.open_streams import OpenStreams
from hostless.telemetry.events.parts import Part, columns_of
from hostless.telemetry.events.reading import Page, Query, read_page
from hostless.telemetry.events.records import EventBatch, Extent, StreamId
from hostless.telemetry.events.segments import sync_file, write_chunks

_READ_ATTEMPTS = 10
_DELETED_REMEMBERED = 10_000
"""For appends that were on their way when the stream was deleted."""


class EventStore:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.RLock()
        self._upkeep = threading.Lock()
        self._open = OpenStreams(folder)
        self._unsynced: dict[StreamId, Path] = {}
        self._deleted: OrderedDict[StreamId, None] = OrderedDict()

    def append(self, stream: StreamId, batch: EventBatch, mark: bytes | None = None) -> None:
        """Store events and, with them, where their source goes on: both or, on OSError, neither.

        Events for a stream that was deleted meanwhile are gone with it.
        """
        with self._lock:
            if stream in self._deleted:
                return
            files = self._open.get(stream)
            files.append(batch, int(self._clock.now() * 1000), mark)
            self._open.extents[stream] = files.extent
            tail = files.tail_path()
            if tail:
                self._unsynced[stream] = tail
            if files.frozen():
                self._open.unsealed[stream] = None

    def mark(self, stream: StreamId) -> bytes | None:
        """The mark of the newest append that had one."""
        with self._lock:
            return self._open.get(stream).mark

    def extent(self, stream: StreamId) -> Extent | None:
        """None while the stream is empty."""
        with self._lock:
            if stream not in self._open.extents:
                self._open.get(stream)
            return self._open.extents[stream]

    def read(self, streams: Sequence[StreamId], query: Query) -> Page:
        """One page of the streams' events, interleaved."""
        for _ in range(_READ_ATTEMPTS):
            parts = {stream: self._parts(stream, query) for stream in streams}
            with contextlib.suppress(FileNotFoundError):
                return read_page(parts, query)
        raise TimeoutError("the files change faster than they can be read")

    def drop_before(self, stream: StreamId, before_ms: int) -> None:
        """Delete files that hold nothing newer. Some older events may stay in younger files."""
        extent = self.extent(stream)
        if extent is None or extent.first_ms >= before_ms:
            return
        with self._upkeep, self._lock:
            files = self._open.get(stream)
            files.drop_before(before_ms)
            self._open.extents[stream] = files.extent

    def delete(self, streams: Iterable[StreamId]) -> None:
        """Delete all events. A crash midway leaves a stream whole or leaves nothing of it."""
        for stream in streams:
            with self._upkeep, self._lock:
                self._open.forget(stream)
                self._unsynced.pop(stream, None)
                self._remember_deleted(stream)
                trash = self._folder / "trash" / stream
                trash.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileNotFoundError):
                    self._open.folder_of(stream).rename(trash)
            shutil.rmtree(trash, ignore_errors=True)

    def stored(self) -> list[StreamId]:
        """Every stream that has files; also takes the trash of an earlier life out."""
        shutil.rmtree(self._folder / "trash", ignore_errors=True)
        return [StreamId(folder.name) for folder in self._folder.glob("??/*")]

    def has_upkeep(self) -> bool:
        return bool(self._unsynced or self._open.unsealed)

    def keep_up(self) -> None:
        """Have every append until now on the disk, and seal what is full. Raises OSError."""
        with self._lock:
            unsynced, self._unsynced = self._unsynced, {}
            unsealed = list(self._open.unsealed)
        try:
            for tail in unsynced.values():
                _sync_tail(tail)
        except OSError:
            with self._lock:
                self._unsynced = unsynced | self._unsynced
            raise
        for stream in unsealed:
            self._seal(stream)

    def sync(self, stream: StreamId) -> None:
        """Have one stream's appends until now on the disk. Raises OSError."""
        with self._lock:
            tails = [tail.part.path for tail in self._open.get(stream).frozen()]
            newest = self._unsynced.get(stream)
        for tail in [*tails, *([newest] if newest else [])]:
            _sync_tail(tail)

    def close(self) -> None:
        """Close all files; nothing is lost that was appended."""
        with self._lock:
            self._open.close()

    def _remember_deleted(self, stream: StreamId) -> None:
        self._deleted[stream] = None
        while len(self._deleted) > _DELETED_REMEMBERED:
            self._deleted.popitem(last=False)

    def _seal(self, stream: StreamId) -> None:
        with self._upkeep:
            with self._lock:
                if stream not in self._open.unsealed:
                    return
                self._open.pinned = stream
                files = self._open.get(stream)
                frozen = files.frozen()
            try:
                for tail in frozen:
                    newest = files.newest_segment()
                    folder = self._open.folder_of(stream)
                    chunks = write_chunks(folder, newest, columns_of(tail.part), tail.mark)
                    with self._lock:
                        files.replace_frozen(tail, chunks)
            finally:
                self._open.pinned = None
            with self._lock:
                if not files.frozen():
                    self._open.unsealed.pop(stream, None)

    def _parts(self, stream: StreamId, query: Query) -> tuple[Part, ...]:
        with self._lock:
            extent = self.extent(stream)
            if extent is None or not query.touches(extent):
                return ()
            return self._open.get(stream).parts()


def _sync_tail(tail: Path) -> None:
    """The file's contents and its name; a tail that has been sealed or deleted needs neither."""
    with contextlib.suppress(FileNotFoundError):
        sync_file(tail)
        sync_file(tail.parent)
