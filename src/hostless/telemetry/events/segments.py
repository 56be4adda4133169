"""A stream's sealed segments: files of chunks, dropped whole when all within has expired.

A segment ends at `SEGMENT_BYTES` or when it spans `SEGMENT_SPAN_MS`, so that what has expired keeps
at most that much alive.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from hostless.telemetry.events.chunks import (
    CHUNK_BYTES,
    CHUNK_EVENTS,
    ChunkHeader,
    chunk_of,
    header_in,
    headers_in,
    mark_at,
)
from hostless.telemetry.events.parts import Part
from hostless.telemetry.events.records import Columns, utf8_length
from hostless.telemetry.frames import write_at

SUFFIX = ".chunks"
SEGMENT_BYTES = 8 << 20
SEGMENT_SPAN_MS = 24 * 3600 * 1000


def load_segment(path: Path) -> tuple[list[Part], bytes | None]:
    """The chunks of a segment and the last one's mark; a torn end is cut off."""
    parts: list[Part] = []
    mark = None
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for offset, header in headers_in(file):
            parts.append(_part(path, offset, header))
            mark = mark_at(file, offset, header) or mark
        length = parts[-1].end if parts else 0
        if length < os.fstat(file).st_size:
            os.ftruncate(file, length)
    finally:
        os.close(file)
    return parts, mark


def cut_chunks(parts: Sequence[Part], first_sequence: int) -> list[Part]:
    """Take the chunks from `first_sequence` on away and return those that stay."""
    for part in reversed(parts):
        if part.first_sequence >= first_sequence:
            os.truncate(part.path, part.offset or 0)
    return [part for part in parts if part.first_sequence < first_sequence]


def write_chunks(
    folder: Path, last: Sequence[Part], columns: Iterable[Columns], mark: bytes | None
) -> list[Part]:
    """Seal events durably and return their chunks. last: the chunks of the newest segment.

    Raises OSError; what was written until then is cut off when the segment is next loaded or
    written, because the file is longer than its known chunks.
    """
    written: list[Part] = []
    current = list(last)
    for piece in _joined(columns):
        for fitting in _fitting(piece):
            path, offset = _place(folder, current, fitting)
            chunk = chunk_of(fitting, mark)
            _write(path, offset, chunk)
            header = header_in(chunk)
            assert header is not None
            part = _part(path, offset, header)
            current = [*current, part] if offset else [part]
            written.append(part)
    for path in {part.path for part in written}:
        sync_file(path)
    return written


def sync_file(path: Path) -> None:
    """Have the file's contents on the disk."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(file)
    finally:
        os.close(file)


def _place(folder: Path, current: Sequence[Part], columns: Columns) -> tuple[Path, int]:
    """Which segment file takes the next chunk, and where in it."""
    if current:
        end = current[-1].end
        span = max(columns.timestamps_ms) - min(part.extent.first_ms for part in current)
        if end < SEGMENT_BYTES and span < SEGMENT_SPAN_MS:
            return current[0].path, end
    return folder / f"{columns.first_sequence:016x}{SUFFIX}", 0


def _write(path: Path, offset: int, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(file, offset)
        write_at(file, offset, data)
    finally:
        os.close(file)


def _part(path: Path, offset: int, header: ChunkHeader) -> Part:
    return Part(
        path=path,
        offset=offset,
        end=offset + header.length,
        first_sequence=header.first_sequence,
        extent=header.extent,
    )


def _joined(columns: Iterable[Columns]) -> Iterator[Columns]:
    """Runs without a gap between their sequence numbers, each as one."""
    run: list[Columns] = []
    for piece in columns:
        if run and piece.first_sequence != run[-1].first_sequence + len(run[-1].messages):
            yield _concatenated(run)
            run = []
        run.append(piece)
    if run:
        yield _concatenated(run)


def _concatenated(run: Sequence[Columns]) -> Columns:
    return Columns(
        first_sequence=run[0].first_sequence,
        timestamps_ms=[t for piece in run for t in piece.timestamps_ms],
        ingested_ms=[t for piece in run for t in piece.ingested_ms],
        messages=[m for piece in run for m in piece.messages],
    )


def _fitting(columns: Columns) -> Iterator[Columns]:
    """The same events in pieces that fit a chunk each."""
    ends = list(accumulate(map(utf8_length, columns.messages)))
    start = 0
    while start < len(ends):
        stop = start + 1
        before = ends[start - 1] if start else 0
        while (
            stop < len(ends) and stop - start < CHUNK_EVENTS and ends[stop] - before <= CHUNK_BYTES
        ):
            stop += 1
        yield Columns(
            first_sequence=columns.first_sequence + start,
            timestamps_ms=columns.timestamps_ms[start:stop],
            ingested_ms=columns.ingested_ms[start:stop],
            messages=columns.messages[start:stop],
        )
        start = stop
