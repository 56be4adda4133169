"""One log file and how far it has been read.

What of it is stored, and the beginnings of lines that are not complete, go into the event store's
mark with the events, so that a new process goes on exactly there. The first line's time stamp (it
has nanoseconds) tells the file from another one under its name.
"""

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from hostless.kit.holes import punch
from hostless.telemetry.events.records import NO_EVENTS, EventBatch, StreamId
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.follow.holes import HOLE_BYTES, start_behind_holes
from hostless.telemetry.follow.lines import LineJoiner, Pending, end_of_a_line

READ_BYTES = 1 << 20
"""One read; the files that have more take turns."""
KEPT_BYTES = 64 << 20
"""How far reading may stay behind a container that must not wait for it, before what it wrote is
dropped down to half of this. awslogs keeps its `max-buffer-size`, 10 MiB by default; more is kept
here, on the disk, whatever was asked for."""
_HEAD_BYTES = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """head: the first bytes of the file. offset: of the first byte that is not read."""

    head: bytes
    offset: int
    pending: tuple[Pending, ...] = ()


_log = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Mark)
_START = Mark(head=b"", offset=0)


class FollowedFile:
    """Used by one thread at a time. `stream` None: events are read and let go.

    may_drop: see KEPT_BYTES.
    """

    def __init__(self, path: Path, events: EventStore, *, may_drop: bool = False) -> None:
        self._path = path
        self._events = events
        self._may_drop = may_drop
        self._has_dropped = False
        self.behind = 0
        """Bytes that were written and not read, at the last look."""
        self._at = _START
        self._is_recalled = False
        self._punched = 0
        self._can_punch = True

    def read_some(self, stream: StreamId | None, read_ms: int, *, is_last: bool) -> bool:
        """Store the events of the next piece; whether there is more to read at once.

        is_last: nobody writes any more, so what is not complete counts as it is.
        Raises OSError; then nothing was stored and the next call tries again.
        """
        if not self._is_recalled:
            self._at, self._is_recalled = self._recalled(stream), True
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if is_last:
                self._finish(stream)
            return False
        try:
            self._place(file, stream)
            if self._may_drop:
                self._catch_up(file)
            data = os.pread(file, READ_BYTES, self._at.offset)
            self._complete_head(file)
            size = os.fstat(file).st_size
        finally:
            os.close(file)
        has_more = len(data) == READ_BYTES
        self._take(stream, data[: _consumed(data, takes_all=is_last and not has_more)], read_ms)
        if is_last and not has_more:
            self._finish(stream)
        self._give_back(stream)
        self.behind = max(0, size - self._at.offset)
        return has_more

    def _recalled(self, stream: StreamId | None) -> Mark:
        mark = self._events.mark(stream) if stream else None
        try:
            return _decoder.decode(mark) if mark else _START
        except msgspec.DecodeError:
            _log.error("%s is read from its front: its mark is of another version", self._path)
            return _START

    def _place(self, file: int, stream: StreamId | None) -> None:
        """Begin at the front when this is not the file that was read before."""
        head = os.pread(file, _HEAD_BYTES, 0)
        if not self._at.head or not head.startswith(self._at.head):
            self._finish(stream)
            self._at = Mark(head=head, offset=start_behind_holes(file))
            self._punched = 0

    def _catch_up(self, file: int) -> None:
        """Leave out what was written too fast to be stored."""
        size = os.fstat(file).st_size
        if size - self._at.offset <= KEPT_BYTES:
            return
        start = size - KEPT_BYTES // 2
        start += end_of_a_line(os.pread(file, READ_BYTES, start))
        self._at = replace(self._at, offset=start, pending=())
        if not self._has_dropped:
            _log.warning("%s grows faster than it can be stored: lines are dropped", self._path)
        self._has_dropped = True

    def _complete_head(self, file: int) -> None:
        """After a read: the head belongs to what was read, and was perhaps not written before."""
        if len(self._at.head) < _HEAD_BYTES:
            self._at = replace(self._at, head=os.pread(file, _HEAD_BYTES, 0))

    def _take(self, stream: StreamId | None, data: bytes, read_ms: int) -> None:
        if not data:
            return
        joiner = LineJoiner(self._at.pending)
        batch = joiner.feed(data.split(b"\n"), read_ms)
        offset = self._at.offset + len(data)
        self._store(
            stream, batch, Mark(head=self._at.head, offset=offset, pending=joiner.pending())
        )

    def _finish(self, stream: StreamId | None) -> None:
        batch = LineJoiner(self._at.pending).finish()
        self._store(stream, batch, Mark(head=self._at.head, offset=self._at.offset))

    def _store(self, stream: StreamId | None, batch: EventBatch, mark: Mark) -> None:
        if stream and batch.messages:
            self._events.append(stream, batch, _encode(mark))
        self._at = mark

    def _give_back(self, stream: StreamId | None) -> None:
        """Free the front of the file once what it held is on the disk elsewhere."""
        if not self._can_punch or self._at.offset - self._punched < HOLE_BYTES:
            return
        if stream:
            self._events.append(stream, NO_EVENTS, _encode(self._at))
            self._events.sync(stream)
        self._can_punch = punch(self._path, self._at.offset)
        self._punched = self._at.offset


def _consumed(data: bytes, *, takes_all: bool) -> int:
    """How much of a piece is read now: whole lines, or all of a line that is too long for one."""
    end = data.rfind(b"\n") + 1
    return len(data) if takes_all or (end == 0 and len(data) == READ_BYTES) else end
