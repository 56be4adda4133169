"""Unpacked layers on disk, each once by the digest of its archive (its diff id), shared by images.

`layers/<hex>/` is the tree and `layers/<hex>.json` its record; a layer exists when both do. A tree
is made in `partial/` and moved when it is whole, so a crash of the engine leaves a whole layer or
rubbish that the next `load` sweeps. Nothing is flushed on the way to a task's start: a record
carries the boot in which its layer was made, and only `sync` (called now and then) makes it last;
after a power cut, layers that were not yet flushed are dropped and will be pulled again.

Which layers make an image, and which are still wanted, is `store`'s business.
"""

import asyncio
import ctypes
import itertools
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from hostless.compute.images.failures import UnpackFailed
from hostless.compute.images.unpacker import unpack_into
from hostless.kit.trees import remove_trees

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """made_in: the boot in which it was made, empty once it is known to last.

    is_opaque: no layer below shows through. bytes: on disk.
    """

    diff_id: str
    bytes: int
    is_opaque: bool
    made_in: str


def file_name_of(digest: str) -> str:
    """The hexadecimal part: a colon would end a path in overlayfs' options."""
    return digest.removeprefix("sha256:")


class LayerStore:
    """root: `layers` and `partial` lie in it, on one file system."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "layers"
        self._partial = root / "partial"
        self._layers: dict[str, Layer] = {}
        self._numbers = itertools.count()
        self._boot = ""

    def load(self) -> None:
        """Read the records and sweep up what is not whole. Blocks."""
        self._boot = _BOOT_ID.read_text().strip()
        for folder in (self._folder, self._partial):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_trees(self._partial.iterdir())
        found = {path.name: path for path in self._folder.iterdir()}
        for name in [name for name in found if f"{name}.json" in found]:
            layer = self._read(found[f"{name}.json"])
            if layer is not None:
                self._layers[layer.diff_id] = layer
                del found[name], found[f"{name}.json"]
        remove_trees(found.values())

    def find(self, diff_id: str) -> Layer | None:
        return self._layers.get(diff_id)

    def bytes_of(self, diff_id: str) -> int:
        """What a layer that is here takes on disk."""
        return self._layers[diff_id].bytes

    def path_of(self, diff_id: str) -> Path:
        return self._folder / file_name_of(diff_id)

    def all(self) -> tuple[Layer, ...]:
        return tuple(self._layers.values())

    async def make(self, diff_id: str, chunks: AsyncIterator[bytes], lock: int) -> Layer:
        """Unpack the compressed layer. Raises UnpackFailed; then nothing is left of it."""
        folder, record = self.new_partial(), self.new_partial()
        try:
            folder.mkdir()
            folder.chmod(0o755)
            unpacked = await unpack_into(folder, chunks, lock)
            if unpacked.diff_id != diff_id:
                raise UnpackFailed(f'wrong diff id "{unpacked.diff_id}", expected "{diff_id}"')
            layer = Layer(
                diff_id=diff_id,
                bytes=unpacked.bytes,
                is_opaque=unpacked.is_opaque,
                made_in=self._boot,
            )
            record.write_bytes(msgspec.json.encode(layer))
            folder.rename(self.path_of(diff_id))
            record.rename(self._record_of(diff_id))
            self._layers[diff_id] = layer
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            raise UnpackFailed(f"write {error.filename}: {reason}") from error
        finally:
            if diff_id not in self._layers:
                await asyncio.to_thread(remove_trees, (folder, record, self.path_of(diff_id)))
        return layer

    def discard(self, diff_id: str) -> Path:
        """Forget a layer at once; the caller removes the tree at the path returned."""
        del self._layers[diff_id]
        self._record_of(diff_id).unlink()
        return self.path_of(diff_id).rename(self.new_partial())

    def new_partial(self) -> Path:
        """A path that nobody uses, on the same file system."""
        return self._partial / str(next(self._numbers))

    def unsynced(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self._layers.values() if layer.made_in)

    def flush(self) -> None:
        """Have the disk hold everything that was written before. Blocks for as long as it takes."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            ctypes.CDLL(None).syncfs(folder)
        finally:
            os.close(folder)

    def settle(self, layers: Iterable[Layer]) -> None:
        """Mark layers that were there before a `flush` as lasting."""
        for layer in layers:
            if self._layers.get(layer.diff_id) == layer:
                self._layers[layer.diff_id] = lasting = replace(layer, made_in="")
                self._write(lasting)

    def _record_of(self, diff_id: str) -> Path:
        return self._folder / f"{file_name_of(diff_id)}.json"

    def _read(self, record: Path) -> Layer | None:
        """None for a record that is torn, or of a layer that may not have reached the disk."""
        try:
            layer = msgspec.json.decode(record.read_bytes(), type=Layer)
        except msgspec.MsgspecError:
            return None
        is_it = record.name == f"{file_name_of(layer.diff_id)}.json"
        return layer if is_it and layer.made_in in ("", self._boot) else None

    def _write(self, layer: Layer) -> None:
        draft = self.new_partial()
        draft.write_bytes(msgspec.json.encode(layer))
        draft.rename(self._record_of(layer.diff_id))
