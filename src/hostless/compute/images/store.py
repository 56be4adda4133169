"""The images of this machine: pulled by reference, kept by digest, shared by all tasks.

A tag is always resolved by asking its registry (one HEAD, about a millisecond on the same machine);
a digest that is known needs nothing. On disk below `root`:

    images/<hex>.json    what an image is; the file's time is that of its last use
    references.json      which digest a reference named when it was last pulled
    layers/, partial/    see `layers`
    lock                 held by the engine and by every unpacker that may still write

How things get here is `pulls`' business, mounting a root file system the backend's.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostless.compute.images.catalogue import Catalogue, CatalogueEntry
from hostless.compute.images.failures import PullFailed, cannot_ask, cannot_normalize
from hostless.compute.images.flights import Flights
from hostless.compute.images.folder_lock import FolderLock
from hostless.compute.images.image import Image
from hostless.compute.images.layers import Layer, LayerStore
from hostless.compute.images.progress import Arrivals, PullProgress
from hostless.compute.images.pulls import Puller
from hostless.compute.images.reference import ImageReference, InvalidReference, parse_reference
from hostless.compute.images.registry import RegistryClient
from hostless.kit.clock import Clock
from hostless.kit.trees import remove_trees

PULL_SECONDS = 3600.0
"""After this a pull fails, however steadily its registry trickles."""
MINIMUM_AGE_SECONDS = 300.0
"""An image used so recently is not collected: a task may be about to mount it."""
_log = logging.getLogger(__name__)


class ImageStore:
    """`open` before anything else, `close` at the end; one engine at a time has a folder open."""

    def __init__(self, root: Path, client: RegistryClient, clock: Clock) -> None:
        self._root = root
        self._client = client
        self._clock = clock
        self._lock = FolderLock(root / "lock")
        self._layers = LayerStore(root)
        self._catalogue = Catalogue(root, self._layers.new_partial)
        self._arrivals = Arrivals(lambda diff_id: self._layers.find(diff_id) is not None)
        self._puller = Puller(client, self._layers, self._lock, self._arrivals)
        self._pulls: Flights[tuple[str, str, str], Image] = Flights(PullFailed)

    async def open(self) -> None:
        """Take the folder, read what is there, sweep up what is half-made. Raises FolderTaken."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._lock.take()
        await asyncio.to_thread(self._load)

    async def close(self) -> None:
        """No pull may be under way."""
        await self._client.close()
        try:
            await self._sync()
        except OSError as refusal:
            _log.warning("layers may have to be pulled again after a power cut: %s", refusal)
        finally:
            self._lock.release()

    def get(self, digest: str) -> Image | None:
        """The image, when it is here whole."""
        return self._image_of(self._catalogue.find(digest))

    def named(self, reference: str) -> Image | None:
        """What a reference named when it was last pulled here. Raises PullFailed."""
        return self._image_of(self._catalogue.named(str(_parsed(reference))))

    def disk_use(self) -> int:
        """Bytes that all layers take."""
        return sum(layer.bytes for layer in self._layers.all())

    def progress(self) -> tuple[PullProgress, ...]:
        """How far the pulls are that somebody waits for."""
        return self._arrivals.progress()

    async def pull(self, reference: str) -> Image:
        """The image that the reference names now, unpacked. Raises PullFailed."""
        wanted = _parsed(reference)
        try:
            async with asyncio.timeout(PULL_SECONDS):
                digest = await self._puller.resolve(wanted)
                with self._arrivals.waiting(reference, digest):
                    image = self.get(digest) or await self._share_pull(wanted, digest)
        except TimeoutError as error:
            raise cannot_ask(f"ref pull of {wanted}: context deadline exceeded") from error
        with _disk_in_words():
            self._catalogue.use(image.digest, self._clock.now())
            self._catalogue.name(str(wanted), image.digest)
        return image

    async def collect_garbage(
        self,
        keep: frozenset[str],
        minimum_age_seconds: float = MINIMUM_AGE_SECONDS,
        enough_bytes: int | None = None,
    ) -> int:
        """Remove images whose digest is not in `keep`, the longest unused first; bytes freed.

        With them go the layers of no image. Whatever was used within `minimum_age_seconds`, or is
        being pulled, stays. enough_bytes: what more is not freed than has to be; None: all goes.
        """
        latest = self._clock.now() - minimum_age_seconds
        by_last_use = self._catalogue.by_last_use()
        users = Counter(one for entry, _ in by_last_use for one in entry.diff_ids)
        freed = sum(layer.bytes for layer in self._unused_layers())
        for entry, used_at in by_last_use:
            if used_at > latest or (enough_bytes is not None and freed >= enough_bytes):
                break
            if entry.digest not in keep:
                self._catalogue.discard(entry.digest)
                users.subtract(entry.diff_ids)
                freed += sum(self._bytes_freed(one, users) for one in entry.diff_ids)
        gone = self._unused_layers()
        trees = [self._layers.discard(layer.diff_id) for layer in gone]
        await asyncio.to_thread(remove_trees, trees)
        await self._sync()
        return sum(layer.bytes for layer in gone)

    def _bytes_freed(self, diff_id: str, users: Counter[str]) -> int:
        """By removing an image with this layer. users: how many images have it now."""
        layer = self._layers.find(diff_id)
        is_held = layer is None or users[diff_id] > 0 or self._puller.is_wanted(diff_id)
        return 0 if layer is None or is_held else layer.bytes

    def _unused_layers(self) -> list[Layer]:
        """Of no image, and wanted by no pull."""
        used = {one for entry, _ in self._catalogue.by_last_use() for one in entry.diff_ids}
        return [
            layer
            for layer in self._layers.all()
            if layer.diff_id not in used and not self._puller.is_wanted(layer.diff_id)
        ]

    async def _share_pull(self, wanted: ImageReference, digest: str) -> Image:
        key = (wanted.registry, wanted.repository, digest)
        return await self._pulls.share(key, lambda: self._pull(wanted, digest))

    async def _pull(self, wanted: ImageReference, digest: str) -> Image:
        async with self._puller.pull(wanted, digest) as entry:
            with _disk_in_words():
                self._catalogue.add(entry, self._clock.now())
        image = self.get(digest)
        assert image is not None
        return image

    def _load(self) -> None:
        self._layers.load()
        self._catalogue.load(lambda entry: all(map(self._layers.find, entry.diff_ids)))

    async def _sync(self) -> None:
        """Make what was pulled outlast a power cut."""
        unsynced = self._layers.unsynced()
        if unsynced:
            await asyncio.to_thread(self._layers.flush)
            self._layers.settle(unsynced)

    def _image_of(self, entry: CatalogueEntry | None) -> Image | None:
        if entry is None:
            return None
        return Image(
            digest=entry.digest,
            config=entry.config,
            layers=tuple(self._layers.path_of(diff_id) for diff_id in entry.diff_ids),
            layer_bytes=tuple(map(self._layers.bytes_of, entry.diff_ids)),
        )


def _parsed(reference: str) -> ImageReference:
    try:
        return parse_reference(reference)
    except InvalidReference as error:
        raise cannot_normalize(reference) from error


@contextmanager
def _disk_in_words() -> Iterator[None]:
    """A disk that does not take the image's record is a reason like any other."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise cannot_ask(f"write {error.filename}: {reason}") from error
