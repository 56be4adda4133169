"""Reading events of one or many streams in order of time, a page at a time, with bounded memory.

Parts are taken in the order of their earliest (backwards: latest) event. What they hold up to the
next part's is final; a page ends there when it is full, or when enough has been searched.
Forward and backward are the same walk with all positions mirrored.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hostless.telemetry.events.parts import Part, columns_of
from hostless.telemetry.events.records import (
    Columns,
    DamagedFile,
    Extent,
    Position,
    StoredEvent,
    StreamId,
    stream_number,
    utf8_length,
)

SEARCHED_BYTES = 64 << 20
"""Message bytes that one page searches before it ends, full or not; then it says how to go on."""
EVENT_OVERHEAD_BYTES = 26
"""What AWS counts for an event beside its message."""
_END_OF_TIME = 1 << 62
_EARLIEST = (-_END_OF_TIME, 0, 0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """start_ms: first instant that counts. end_ms: first that does not count any more.

    beyond: only events after it (before it when backward). events, response_bytes: a page's limits;
    one event always fits.
    """

    start_ms: int = 0
    end_ms: int = _END_OF_TIME
    beyond: Position | None = None
    is_backward: bool = False
    events: int = 10_000
    response_bytes: int = 1 << 20
    matches: Callable[[str], bool] | None = None

    def touches(self, extent: Extent) -> bool:
        """Whether any event of the extent can be in the time range."""
        return extent.last_ms >= self.start_ms and extent.first_ms < self.end_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """events: in order of time, or against it when backward.

    continues_at: `beyond` of the next page; None when everything has been searched.
    """

    events: Sequence[StoredEvent]
    continues_at: Position | None


def read_page(parts_of: Mapping[StreamId, Sequence[Part]], query: Query) -> Page:
    """Raises FileNotFoundError when a part has been replaced."""
    walk = _Walk(query)
    waiting = [
        (walk.begin_of(part), stream, index)
        for stream, parts in parts_of.items()
        for index, part in enumerate(parts)
        if walk.touches(part)
    ]
    waiting.sort()
    for begin, stream, index in waiting:
        if walk.ends_before(begin):
            break
        walk.take(stream, parts_of[stream][index])
    return walk.page()


_Key = tuple[int, int, int]
_Found = tuple[_Key, StreamId, int, str]


class _Walk:
    """Keys are positions as tuples, negated when backward, so that a walk always ascends."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._sign = -1 if query.is_backward else 1
        self._after = _EARLIEST if query.beyond is None else self._key(query.beyond)
        self._bound: _Key | None = None
        """Of the last event that a full page has room for."""
        self._found: list[_Found] = []
        self._found_bytes = 0
        self._searched_bytes = 0
        self._cut: int | None = None
        self._leaves_some = False

    def begin_of(self, part: Part) -> int:
        extent = part.extent
        return -extent.last_ms if self._query.is_backward else extent.first_ms

    def touches(self, part: Part) -> bool:
        extent, query = part.extent, self._query
        end = -extent.first_ms if query.is_backward else extent.last_ms
        return query.touches(extent) and end >= self._after[0]

    def ends_before(self, begin: int) -> bool:
        """Whether the page is final without the parts that begin here or later."""
        if self._bound is not None and begin > self._bound[0]:
            self._leaves_some = True
        elif self._searched_bytes > SEARCHED_BYTES and begin > self._after[0]:
            self._cut = begin
        else:
            return False
        return True

    def take(self, stream: StreamId, part: Part) -> None:
        self._searched_bytes += part.extent.message_bytes
        try:
            for columns in columns_of(part):
                self._collect(stream, columns)
        except DamagedFile as damage:
            _log.error("events of stream %s cannot be read back: %s", stream, damage)
        if (
            len(self._found) >= self._query.events
            or self._found_bytes >= self._query.response_bytes
        ):
            self._trim()

    def page(self) -> Page:
        self._trim()
        found = self._found
        if self._cut is not None:
            cut = self._cut
            found = [item for item in found if item[0][0] < cut]
            beyond = Position(timestamp_ms=1 - cut if self._query.is_backward else cut)
            return Page(events=self._events(found), continues_at=beyond)
        events = self._events(found)
        return Page(events=events, continues_at=events[-1].position if self._leaves_some else None)

    def _collect(self, stream: StreamId, columns: Columns) -> None:
        query, sign, number = self._query, self._sign, self._sign * stream_number(stream)
        start_ms, end_ms, after, matches = query.start_ms, query.end_ms, self._after, query.matches
        for index, (timestamp, message) in enumerate(
            zip(columns.timestamps_ms, columns.messages, strict=True)
        ):
            if timestamp < start_ms or timestamp >= end_ms:
                continue
            key = (sign * timestamp, number, sign * (columns.first_sequence + index))
            if key <= after or (matches is not None and not matches(message)):
                continue
            if self._bound is not None and key > self._bound:
                self._leaves_some = True
                continue
            self._found.append((key, stream, columns.ingested_ms[index], message))
            self._found_bytes += utf8_length(message) + EVENT_OVERHEAD_BYTES

    def _trim(self) -> None:
        """Keep what fits on the page; when it is full, set the bound."""
        self._found.sort()
        size = 0
        for index, item in enumerate(self._found):
            size += utf8_length(item[3]) + EVENT_OVERHEAD_BYTES
            is_over = index > 0 and size > self._query.response_bytes
            if is_over or index == self._query.events:
                self._leaves_some = True
                del self._found[index:]
                break
        else:
            self._found_bytes = size
            if len(self._found) < self._query.events:
                return
        self._bound = self._found[-1][0]

    def _key(self, position: Position) -> _Key:
        sign = self._sign
        return (
            sign * position.timestamp_ms,
            sign * position.stream_number,
            sign * position.sequence,
        )

    def _events(self, found: Sequence[_Found]) -> list[StoredEvent]:
        sign = self._sign
        return [
            StoredEvent(
                position=Position(
                    timestamp_ms=sign * timestamp,
                    stream_number=sign * number,
                    sequence=sign * sequence,
                ),
                stream_id=stream,
                ingested_ms=ingested_ms,
                message=message,
            )
            for (timestamp, number, sequence), stream, ingested_ms, message in found
        ]
