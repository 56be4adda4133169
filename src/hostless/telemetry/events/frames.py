"""Frames: how a tail file can be cut where a crash tore it.

A frame is `length, CRC-32, body`, little-endian, four bytes each. The body of a tail's frame is one
append: events and, with them, the mark of their source, so that both are stored or neither.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from hostless.telemetry.events.records import Columns, EventBatch

_HEAD = struct.Struct("<II")
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
    body = _encode((first_sequence, ingested_ms, mark, batch.timestamps_ms, batch.messages))
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def appended_in(data: bytes) -> Iterator[Appended]:
    """The whole frames at the front of `data`; ends before the first torn or damaged one."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        body = data[at + _HEAD.size : end]
        if end > len(data) or zlib.crc32(body) != checksum:
            return
        first_sequence, ingested_ms, mark, timestamps_ms, messages = _decoder.decode(body)
        columns = Columns(
            first_sequence=first_sequence,
            timestamps_ms=timestamps_ms,
            ingested_ms=[ingested_ms] * len(messages),
            messages=messages,
        )
        yield Appended(columns=columns, mark=mark, end=end)
        at = end
