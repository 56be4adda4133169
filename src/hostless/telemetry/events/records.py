"""What goes into the event store and what comes out of it.

Times of log events are whole milliseconds since the epoch, as CloudWatch Logs counts them.
Groups, streams' names and AWS's limits are not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType

StreamId = NewType("StreamId", str)
"""32 hexadecimal digits: one life of one stream; a stream made anew under its name has another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch:
    """Events to append, in two columns of one length."""

    timestamps_ms: Sequence[int]
    messages: Sequence[str]


NO_EVENTS = EventBatch(timestamps_ms=(), messages=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Stored events; the one at index i has the sequence number `first_sequence + i`."""

    first_sequence: int
    timestamps_ms: Sequence[int]
    ingested_ms: Sequence[int]
    messages: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """The place of an event among all events: time, then stream, then order of arrival.

    sequence counts from 1 within a stream, so 0 is a place before the events of that time.
    """

    timestamp_ms: int
    stream_number: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    position: Position
    stream_id: StreamId
    ingested_ms: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What is known of a run of events, at least one, without reading it.

    first_ms, last_ms: the earliest and latest timestamp. ingested_ms: the latest arrival.
    message_bytes: in UTF-8.
    """

    events: int
    message_bytes: int
    first_ms: int
    last_ms: int
    ingested_ms: int


def extent_of(batch: EventBatch, ingested_ms: int) -> Extent | None:
    if not batch.messages:
        return None
    return Extent(
        events=len(batch.messages),
        message_bytes=sum(map(utf8_length, batch.messages)),
        first_ms=min(batch.timestamps_ms),
        last_ms=max(batch.timestamps_ms),
        ingested_ms=ingested_ms,
    )


def joined(one: Extent | None, other: Extent | None) -> Extent | None:
    """Of both runs together; None is the extent of no events."""
    if one is None or other is None:
        return one or other
    return Extent(
        events=one.events + other.events,
        message_bytes=one.message_bytes + other.message_bytes,
        first_ms=min(one.first_ms, other.first_ms),
        last_ms=max(one.last_ms, other.last_ms),
        ingested_ms=max(one.ingested_ms, other.ingested_ms),
    )


class DamagedFile(Exception):
    """A part that was once whole cannot be read back."""


def utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def stream_number(stream: StreamId) -> int:
    """Tells streams apart within one millisecond: 64 bits."""
    return int(stream[:16], 16)
