"""The CRI form of a log file, and how its pieces become events.

A line is `<RFC 3339 time> stdout|stderr F|P <text>`; P says that the text goes on in the next line
of the same stream. Pieces are joined up to AWS's limit and cut there, as Docker's awslogs driver
does (maximumBytesPerEvent in daemon/logger/awslogs/cloudwatchlogs.go); it also drops empty lines.
Reading files and storing events belong elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hostless.telemetry.events.records import EventBatch

LARGEST_EVENT = 256 * 1024 - 26
"""Bytes of UTF-8 in one event: AWS's limit without the overhead that it counts."""
_STAMP_LENGTH = len("2026-01-01T00:00:00.123456789+00:00")
_SECOND_LENGTH = len("2026-01-01T00:00:00")
_ZONE_LENGTH = len("+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The beginning of a line whose end has not been read. timestamp_ms: of its first piece."""

    stream: bytes
    timestamp_ms: int
    text: bytes


class LineJoiner:
    """Turns lines of the file into events; remembers what is not complete, by stream."""

    def __init__(self, pending: Sequence[Pending] = ()) -> None:
        self._pending = {piece.stream: piece for piece in pending}
        self._second = self._zone = b""
        self._second_ms = 0

    def pending(self) -> tuple[Pending, ...]:
        return tuple(self._pending.values())

    def feed(self, lines: Iterable[bytes], read_ms: int) -> EventBatch:
        """The events that these lines complete, in order.

        A line of another form becomes an event as it stands, with the time read_ms.
        """
        timestamps: list[int] = []
        messages: list[str] = []
        for line in lines:
            fields = line.split(b" ", 3)
            if len(fields) == 4 and (timestamp := self._milliseconds(fields[0])) is not None:
                _, stream, tag, text = fields
                if tag == b"F" and stream not in self._pending and len(text) <= _SURELY_FITS:
                    if text:
                        timestamps.append(timestamp)
                        messages.append(text.decode("utf-8", "replace"))
                    continue
                pieces = self._join(stream, timestamp, text, is_last=not tag.startswith(b"P"))
            else:
                pieces = ((read_ms, text) for text in _cut(line.decode("utf-8", "replace")))
            for timestamp, message in pieces:
                timestamps.append(timestamp)
                messages.append(message)
        return EventBatch(timestamps_ms=timestamps, messages=messages)

    def finish(self) -> EventBatch:
        """The beginnings whose ends will not come, as events."""
        events = [
            (piece.timestamp_ms, text)
            for piece in self._pending.values()
            for text in _cut(piece.text.decode("utf-8", "replace"))
        ]
        self._pending.clear()
        return EventBatch(timestamps_ms=[t for t, _ in events], messages=[m for _, m in events])

    def _join(
        self, stream: bytes, timestamp_ms: int, text: bytes, *, is_last: bool
    ) -> Iterator[tuple[int, str]]:
        begun = self._pending.pop(stream, None)
        if begun is not None:
            timestamp_ms, text = begun.timestamp_ms, begun.text + text
        while len(text) > LARGEST_EVENT and not is_last:
            end = _boundary(text, LARGEST_EVENT)
            for message in _cut(text[:end].decode("utf-8", "replace")):
                yield timestamp_ms, message
            text = text[end:]
        if is_last:
            for message in _cut(text.decode("utf-8", "replace")):
                yield timestamp_ms, message
        else:
            self._pending[stream] = Pending(stream=stream, timestamp_ms=timestamp_ms, text=text)

    def _milliseconds(self, stamp: bytes) -> int | None:
        """Since the epoch; None when it is no time. Fast for the next line of the same second."""
        if len(stamp) != _STAMP_LENGTH:
            return _slow_milliseconds(stamp)
        second, zone = stamp[:_SECOND_LENGTH], stamp[-_ZONE_LENGTH:]
        if second != self._second or zone != self._zone:
            second_ms = _slow_milliseconds(second + zone)
            if second_ms is None:
                return None
            self._second, self._zone, self._second_ms = second, zone, second_ms
        digits = stamp[_SECOND_LENGTH + 1 : _SECOND_LENGTH + 4]
        return self._second_ms + int(digits) if digits.isdigit() else None


_SURELY_FITS = LARGEST_EVENT // 3
"""A byte that is no UTF-8 becomes a character of three bytes."""


def end_of_a_line(data: bytes) -> int:
    """Where, in a piece of a file, the first line of a container's ends that is seen to end."""
    at = data.find(b"\n") + 1
    while at:
        end = data.find(b"\n", at) + 1
        if data[at:end].split(b" ", 3)[2:3] == [b"F"]:
            return end
        at = end
    return len(data)


def _slow_milliseconds(stamp: bytes) -> int | None:
    try:
        instant = datetime.fromisoformat(stamp.decode("ascii"))
    except ValueError:
        return None
    return None if instant.tzinfo is None else int(instant.timestamp() * 1000)


def _boundary(text: bytes, at: int) -> int:
    """The last place at or before `at` that is not inside a UTF-8 character."""
    for back in range(4):
        if text[at - back] & 0xC0 != 0x80:
            return at - back
    return at


def _cut(text: str) -> Iterator[str]:
    """In pieces that fit an event each; none of an empty text."""
    data = text.encode()
    while len(data) > LARGEST_EVENT:
        end = _boundary(data, LARGEST_EVENT)
        yield data[:end].decode()
        data = data[end:]
    if data:
        yield data.decode()
