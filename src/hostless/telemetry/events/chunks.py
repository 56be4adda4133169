"""Sealed chunks: events compressed by the thousand, each behind a header that indexes it.

A segment file is chunks one after the other. To open one, its headers are read and its contents
skipped; only the last chunk can be torn, because what it was made from is deleted after it is safe.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from hostless.telemetry.events.records import (
    Columns,
    DamagedFile,
    Extent,
    utf8_length,
)

CHUNK_EVENTS = 2_000
CHUNK_BYTES = 1 << 20
"""A chunk is full with this many events or message bytes (UTF-8), whichever comes first."""
_LEVEL = 3
_MAGIC = b"HLC1"
_HEADER = struct.Struct("<4sIIIQIQqqq")
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CHECKSUM.size
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[list[int], list[int], list[str]])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkHeader:
    """checksum: of all that follows the header."""

    checksum: int
    mark_length: int
    body_length: int
    first_sequence: int
    extent: Extent

    @property
    def length(self) -> int:
        """Of the whole chunk in the file."""
        return HEADER_BYTES + self.mark_length + self.body_length


def chunk_of(columns: Columns, mark: bytes | None) -> bytes:
    """The events, at least one, as a chunk. mark: of the source after the last of them."""
    plain = _encode((columns.timestamps_ms, columns.ingested_ms, columns.messages))
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
    behind = (mark or b"") + body
    extent = _extent_of(columns)
    header = _HEADER.pack(
        _MAGIC,
        zlib.crc32(behind),
        len(mark or b""),
        len(body),
        columns.first_sequence,
        extent.events,
        extent.message_bytes,
        extent.first_ms,
        extent.last_ms,
        extent.ingested_ms,
    )
    return header + _CHECKSUM.pack(zlib.crc32(header)) + behind


def header_at(file: int, offset: int) -> ChunkHeader | None:
    """The header at this offset; None where there is no whole one."""
    return header_in(os.pread(file, HEADER_BYTES, offset))


def header_in(data: bytes) -> ChunkHeader | None:
    """The header that `data` begins with; None when it does not."""
    if len(data) < HEADER_BYTES:
        return None
    (checksum,) = _CHECKSUM.unpack_from(data, _HEADER.size)
    magic, behind, mark_length, body_length, first_sequence, *extent = _HEADER.unpack_from(data)
    if magic != _MAGIC or zlib.crc32(data[: _HEADER.size]) != checksum:
        return None
    return ChunkHeader(
        checksum=behind,
        mark_length=mark_length,
        body_length=body_length,
        first_sequence=first_sequence,
        extent=Extent(**dict(zip(Extent.__slots__, extent, strict=True))),
    )


def headers_in(file: int) -> Iterator[tuple[int, ChunkHeader]]:
    """The chunks of a segment with their offsets; ends before a torn one."""
    size = os.fstat(file).st_size
    offset = 0
    while header := header_at(file, offset):
        end = offset + header.length
        if end > size or (end == size and not _is_whole(file, offset, header)):
            return
        yield offset, header
        offset = end


def mark_at(file: int, offset: int, header: ChunkHeader) -> bytes | None:
    return os.pread(file, header.mark_length, offset + HEADER_BYTES) or None


def read_chunk(path: Path, offset: int) -> Columns:
    """Raises DamagedFile; FileNotFoundError when the segment has been removed."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        header = header_at(file, offset)
        if header is None or not _is_whole(file, offset, header):
            raise DamagedFile(f"{path} at {offset}")
        body = os.pread(file, header.body_length, offset + HEADER_BYTES + header.mark_length)
    finally:
        os.close(file)
    plain = zstandard.ZstdDecompressor().decompress(body)
    timestamps_ms, ingested_ms, messages = _decoder.decode(plain)
    return Columns(
        first_sequence=header.first_sequence,
        timestamps_ms=timestamps_ms,
        ingested_ms=ingested_ms,
        messages=messages,
    )


def _is_whole(file: int, offset: int, header: ChunkHeader) -> bool:
    behind = os.pread(file, header.length - HEADER_BYTES, offset + HEADER_BYTES)
    return zlib.crc32(behind) == header.checksum


def _extent_of(columns: Columns) -> Extent:
    return Extent(
        events=len(columns.messages),
        message_bytes=sum(map(utf8_length, columns.messages)),
        first_ms=min(columns.timestamps_ms),
        last_ms=max(columns.timestamps_ms),
        ingested_ms=max(columns.ingested_ms),
    )
