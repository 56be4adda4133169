"""Samples on the disk: files of an hour each, appended to, dropped whole when they are old.

A frame holds what was measured since the one before and, with it, the marks: how far the counters
of each source were read. So whatever a crash takes is counted again from the marks, and nothing
twice. The first frame of a file has every mark and total, for older files go. Nothing is synced:
a machine that loses power takes the counters' sources with it.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from hostless.telemetry.frames import bodies_in, framed, write_at
from hostless.telemetry.metrics.series import Sample

FILE_SECONDS = 3600
SUFFIX = ".samples"
_LEVEL = 1
Marks = Mapping[str, Mapping[str, int]]
"""By source, how far each of its counters was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """samples: by the beginning of their minute. totals: None where it is not a file's first;
    marks of other sources stay as they are then, else there are no others."""

    samples: Mapping[int, list[Sample]]
    marks: Marks
    totals: list[Sample] | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frame).decode
_log = logging.getLogger(__name__)


class Journal:
    """folder: of its own; made when there is something to write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._length: dict[Path, int] = {}

    def frames(self) -> Iterator[Frame]:
        """Everything there is, the oldest first; what is torn, or of another engine's shape, is cut
        off. Raises OSError."""
        for path in self._files():
            data = path.read_bytes()
            length = 0
            for body, end in bodies_in(data):
                frame = _frame_in(body)
                if frame is None:
                    _log.warning("%s: %d bytes are of another shape", path, len(data) - length)
                    break
                yield frame
                length = end
            if length < len(data):
                os.truncate(path, length)
            self._length[path] = length

    def begins_file(self, minute: int) -> bool:
        """Whether the frame that is written for this minute is the first of its file."""
        return not self._length.get(self._path(minute))

    def append(self, minute: int, frame: Frame) -> None:
        """All or nothing. Raises OSError; then the file is as it was."""
        path = self._path(minute)
        data = framed(zstandard.compress(_encode(frame), _LEVEL))
        length = self._length.get(path, 0)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(file, length)
            write_at(file, length, data)
        except OSError:
            os.ftruncate(file, length)
            raise
        finally:
            os.close(file)
        self._length[path] = length + len(data)

    def forget(self, before: float) -> None:
        """Delete files of which everything is older. Raises OSError."""
        for path in self._files():
            if int(path.stem) + FILE_SECONDS <= before:
                path.unlink()
                self._length.pop(path, None)

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda path: int(path.stem))

    def _path(self, minute: int) -> Path:
        return self._folder / f"{minute - minute % FILE_SECONDS}{SUFFIX}"


def _frame_in(body: bytes) -> Frame | None:
    """None for what an engine with other records wrote."""
    try:
        return _decode(zstandard.decompress(body))
    except (msgspec.DecodeError, zstandard.ZstdError):
        return None
