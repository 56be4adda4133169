"""The bodies of a tail's frames.

Each is one append: events and, with them, the mark of their source, so that both are stored or
neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from hostless.telemetry.events.records import Columns, EventBatch
from hostless.telemetry.frames import bodies_in, framed

_Body = tuple[int, int, bytes | None, list[int], list[str]]
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """One append as read back. end: the offset in the file behind its frame."""

    columns: Columns
    mark: bytes | None
    end: int


def frame_of(first_sequence: int, ingested_ms: int, mark: bytes | None, batch: EventBatch) -> bytes:
    """One append as bytes, to be written by one write."""
    return framed(_encode((first_sequence, ingested_ms, mark, batch.timestamps_ms, batch.messages)))


def appended_in(data: bytes) -> Iterator[Appended]:
    """The whole frames at the front of `data`; ends before the first torn or damaged one."""
    for body, end in bodies_in(data):
        first_sequence, ingested_ms, mark, timestamps_ms, messages = _decoder.decode(body)
        columns = Columns(
            first_sequence=first_sequence,
            timestamps_ms=timestamps_ms,
            ingested_ms=[ingested_ms] * len(messages),
            messages=messages,
        )
        yield Appended(columns=columns, mark=mark, end=end)
