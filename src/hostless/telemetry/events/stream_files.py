"""All files of one stream: append, freeze the full tail, seal the frozen ones, drop what expired.

Freezing only begins a new tail file, so an append never waits for compression or the disk. Sealing
happens later: chunks are written and synced, then the frozen tail is deleted. A crash in between
leaves events in both; when loaded, a tail that is sealed whole goes, and the chunks of one that is
not go.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hostless.telemetry.events import segments
from hostless.telemetry.events.parts import Part
from hostless.telemetry.events.records import NO_EVENTS, EventBatch, Extent, joined
from hostless.telemetry.events.tail import SUFFIX, Tail, tail_path

TAIL_EVENTS = 2_000
TAIL_BYTES = 1 << 20
"""A tail with this many events or bytes of file is frozen, and sealed soon after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenTail:
    """A tail that is written no more, to be sealed after the newest chunks."""

    part: Part
    mark: bytes | None


class StreamFiles:
    """Not safe for several threads at once; sealing is split so that its slow middle needs no lock:
    `frozen`, then `segments.write_chunks`, then `replace_frozen`."""

    def __init__(self, folder: Path) -> None:
        self.mark: bytes | None = None
        """Where the source of the events goes on; bytes that only the source understands."""
        self.extent: Extent | None = None
        self._folder = folder
        self._sealed: list[Part] = []
        self._frozen: list[FrozenTail] = []
        self._tail: Tail | None = None
        self._next_sequence = 1
        if folder.is_dir():
            self._load()

    def append(self, batch: EventBatch, ingested_ms: int, mark: bytes | None) -> None:
        """Raises OSError; then nothing was appended."""
        tail = self._tail or self._begin_tail()
        extent = tail.append(ingested_ms, batch, mark)
        self.mark = mark or self.mark
        self.extent = joined(self.extent, extent)
        self._next_sequence = tail.next_sequence
        if tail.part and (tail.part.extent.events >= TAIL_EVENTS or tail.length >= TAIL_BYTES):
            self._freeze()

    def parts(self) -> tuple[Part, ...]:
        """All events, in order of arrival."""
        frozen = [tail.part for tail in self._frozen]
        last = [self._tail.part] if self._tail and self._tail.part else []
        return (*self._sealed, *frozen, *last)

    def frozen(self) -> tuple[FrozenTail, ...]:
        """What waits to be sealed, oldest first."""
        return tuple(self._frozen)

    def newest_segment(self) -> tuple[Part, ...]:
        """The chunks of the segment that sealing goes on with."""
        return tuple(p for p in self._sealed if p.path == self._sealed[-1].path)

    def replace_frozen(self, tail: FrozenTail, chunks: Sequence[Part]) -> None:
        """The tail's events are safe in chunks: let it go."""
        self._sealed.extend(chunks)
        self._frozen.remove(tail)
        tail.part.path.unlink()

    def drop_before(self, before_ms: int) -> None:
        """Delete the files in which every event is older; the mark and the numbering stay."""
        doomed = {path for path, last_ms in self._latest().items() if last_ms < before_ms}
        if not doomed:
            return
        if self._tail and self._tail.path in doomed:
            self._freeze()
        self.append(NO_EVENTS, 0, self.mark)
        self._sealed = [part for part in self._sealed if part.path not in doomed]
        self._frozen = [tail for tail in self._frozen if tail.part.path not in doomed]
        for path in doomed:
            path.unlink()
        self.extent = functools.reduce(joined, (part.extent for part in self.parts()), None)

    def tail_path(self) -> Path | None:
        """The file that holds what is not sealed or frozen, if there is one."""
        return self._tail.path if self._tail else None

    def close(self) -> None:
        if self._tail:
            self._tail.close()

    def _latest(self) -> dict[Path, int]:
        latest: dict[Path, int] = {}
        for part in self.parts():
            latest[part.path] = max(part.extent.last_ms, latest.get(part.path, part.extent.last_ms))
        return latest

    def _begin_tail(self) -> Tail:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tail = Tail(tail_path(self._folder, self._next_sequence), self._next_sequence)
        return self._tail

    def _freeze(self) -> None:
        assert self._tail is not None
        assert self._tail.part is not None
        self._tail.close()
        self._frozen.append(FrozenTail(part=self._tail.part, mark=self.mark))
        self._tail = None

    def _load(self) -> None:
        names = sorted(self._folder.iterdir())
        for path in names:
            if path.suffix == segments.SUFFIX:
                parts, mark = segments.load_segment(path)
                self._sealed.extend(parts)
                self.mark = mark or self.mark
        self._next_sequence = self._sealed_end()
        for path in names:
            if path.suffix == SUFFIX:
                self._load_tail(Tail.load(path))
        self.extent = functools.reduce(joined, (part.extent for part in self.parts()), None)

    def _load_tail(self, tail: Tail) -> None:
        """Tails come in order; the newest one is written on, the others are frozen."""
        if tail.part and tail.next_sequence <= self._sealed_end():
            tail.path.unlink()
            return
        if tail.part and tail.part.first_sequence < self._sealed_end():
            self._sealed = segments.cut_chunks(self._sealed, tail.part.first_sequence)
        if self._tail and self._tail.part:
            self._freeze()
        elif self._tail:
            self._tail.path.unlink()
        self._tail = tail
        self._next_sequence = tail.next_sequence
        self.mark = tail.mark or self.mark

    def _sealed_end(self) -> int:
        """The sequence number after the last sealed event."""
        if not self._sealed:
            return 1
        newest = self._sealed[-1]
        return newest.first_sequence + newest.extent.events
