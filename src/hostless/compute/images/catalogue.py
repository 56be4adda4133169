"""Which images are here, by digest, and what each reference named last: small files of JSON.

An image's file carries its last use in its modification time, so that a task's start writes
nothing. Layers are `layers`' business; whether an image is still whole, the caller checks.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from hostless.compute.images.image import ImageConfig
from hostless.compute.images.layers import file_name_of
from hostless.kit.clock import Timestamp

MAXIMUM_REFERENCES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """diff_ids: the layers, the lowest first; each once."""

    digest: str
    config: ImageConfig
    diff_ids: tuple[str, ...]


class Catalogue:
    """root: `images/` and `references.json` lie in it. new_partial: names a draft to write."""

    def __init__(self, root: Path, new_partial: Callable[[], Path]) -> None:
        self._folder = root / "images"
        self._references_file = root / "references.json"
        self._new_partial = new_partial
        self._entries: dict[str, CatalogueEntry] = {}
        self._used_at: dict[str, Timestamp] = {}
        self._references: dict[str, str] = {}

    def load(self, is_whole: Callable[[CatalogueEntry], bool]) -> None:
        """Read the files; those that are torn or not whole are removed. Blocks."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            entry = _decoded(path, CatalogueEntry)
            if entry is None or path != self._path_of(entry.digest) or not is_whole(entry):
                path.unlink()
            else:
                self._entries[entry.digest] = entry
                self._used_at[entry.digest] = path.stat().st_mtime
        found = _decoded(self._references_file, dict[str, str]) or {}
        self._references = {name: one for name, one in found.items() if one in self._entries}

    def find(self, digest: str) -> CatalogueEntry | None:
        return self._entries.get(digest)

    def named(self, reference: str) -> CatalogueEntry | None:
        return self._entries.get(self._references.get(reference, ""))

    def by_last_use(self) -> list[tuple[CatalogueEntry, Timestamp]]:
        """The longest unused first."""
        pairs = [(entry, self._used_at[digest]) for digest, entry in self._entries.items()]
        return sorted(pairs, key=lambda pair: pair[1])

    def add(self, entry: CatalogueEntry, now: Timestamp) -> None:
        """Raises OSError; then nothing is changed."""
        self._write(self._path_of(entry.digest), msgspec.json.encode(entry))
        self._entries[entry.digest] = entry
        self.use(entry.digest, now)

    def use(self, digest: str, now: Timestamp) -> None:
        self._used_at[digest] = now
        os.utime(self._path_of(digest), (now, now))

    def name(self, reference: str, digest: str) -> None:
        """Remember what a reference named."""
        if self._references.get(reference) == digest:
            return
        self._references.pop(reference, None)
        self._references[reference] = digest
        while len(self._references) > MAXIMUM_REFERENCES:
            del self._references[next(iter(self._references))]
        self._write(self._references_file, msgspec.json.encode(self._references))

    def discard(self, digest: str) -> None:
        del self._entries[digest], self._used_at[digest]
        self._path_of(digest).unlink()
        self._references = {n: one for n, one in self._references.items() if one != digest}

    def _path_of(self, digest: str) -> Path:
        return self._folder / f"{file_name_of(digest)}.json"

    def _write(self, path: Path, content: bytes) -> None:
        draft = self._new_partial()
        draft.write_bytes(content)
        draft.rename(path)


T = TypeVar("T")


def _decoded(path: Path, kind: type[T]) -> T | None:
    """None for a file that is not there, or torn."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
