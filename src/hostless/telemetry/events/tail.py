"""A stream's tail file: appended to by whole frames, cut back where a crash or a full disk tore it.

A torn frame never stays: it would hide every frame behind it.
"""

import os
from pathlib import Path

from hostless.telemetry.events.frames import appended_in, frame_of
from hostless.telemetry.events.parts import Part
from hostless.telemetry.events.records import EventBatch, Extent, extent_of, joined
from hostless.telemetry.frames import write_at

SUFFIX = ".tail"


class Tail:
    """One tail file and what is known of its events. Not safe for several threads at once."""

    def __init__(self, path: Path, first_sequence: int) -> None:
        self.path = path
        self.next_sequence = first_sequence
        self.mark: bytes | None = None
        self.length = 0
        self.part: Part | None = None
        """Of its events; None while there are none."""
        self._file: int | None = None

    @staticmethod
    def load(path: Path) -> "Tail":
        """Read a tail that is there, and cut off what is torn."""
        data = path.read_bytes()
        tail = Tail(path, sequence_in(path))
        for appended in appended_in(data):
            columns = appended.columns
            batch = EventBatch(timestamps_ms=columns.timestamps_ms, messages=columns.messages)
            extent = extent_of(batch, max(columns.ingested_ms, default=0))
            tail._count(columns.first_sequence, extent, appended.end)
            tail.mark = appended.mark or tail.mark
        if tail.length < len(data):
            os.truncate(path, tail.length)
        return tail

    def append(self, ingested_ms: int, batch: EventBatch, mark: bytes | None) -> Extent | None:
        """All or nothing. Raises OSError; then the file is as it was."""
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(self.path, flags, 0o600)
        frame = frame_of(self.next_sequence, ingested_ms, mark, batch)
        try:
            write_at(self._file, self.length, frame)
        except OSError:
            os.ftruncate(self._file, self.length)
            raise
        extent = extent_of(batch, ingested_ms)
        self._count(self.next_sequence, extent, self.length + len(frame))
        self.mark = mark or self.mark
        return extent

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _count(self, first_sequence: int, extent: Extent | None, end: int) -> None:
        self.length = end
        if extent is None:
            return
        old = self.part
        self.next_sequence = first_sequence + extent.events
        self.part = Part(
            path=self.path,
            offset=None,
            end=end,
            first_sequence=first_sequence if old is None else old.first_sequence,
            extent=extent if old is None else joined(old.extent, extent) or extent,
        )


def tail_path(folder: Path, first_sequence: int) -> Path:
    return folder / f"{first_sequence:016x}{SUFFIX}"


def sequence_in(path: Path) -> int:
    """The sequence number that a file's name begins with."""
    return int(path.name.partition(".")[0], 16)
