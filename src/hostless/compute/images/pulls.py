"""How an image gets here: manifest, configuration, then its layers, several at a time.

Each thing is fetched once, however many tasks wait for it. What it is called and how long it is
kept is `store`'s business.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager

from hostless.compute.images.catalogue import CatalogueEntry
from hostless.compute.images.failures import (
    PullFailed,
    RegistryFailed,
    UnpackFailed,
    cannot_copy,
    cannot_extract,
    cannot_resolve,
    cannot_use_manifest,
)
from hostless.compute.images.flights import Flights
from hostless.compute.images.folder_lock import FolderLock
from hostless.compute.images.layers import Layer, LayerStore
from hostless.compute.images.manifest import (
    ImageConfiguration,
    ImageManifest,
    ManifestUnusable,
    host_platform,
    image_configuration,
    image_manifest,
    is_index,
    manifest_for,
    no_match,
)
from hostless.compute.images.progress import Arrivals
from hostless.compute.images.reference import ImageReference
from hostless.compute.images.registry import Descriptor, RegistryClient

LAYERS_AT_ONCE = 3
"""Downloads from one registry at a time, as Docker does; one more registry never waits for it."""

MAXIMUM_INDEXES = 3
"""An index may list indexes; a registry that goes on so for ever is not followed."""


class Puller:
    """Brings layers into the layer store; all methods raise PullFailed."""

    def __init__(
        self, client: RegistryClient, layers: LayerStore, lock: FolderLock, arrivals: Arrivals
    ) -> None:
        self._client = client
        self._layers = layers
        self._lock = lock
        self._arrivals = arrivals
        self._downloads: Flights[str, Layer] = Flights()
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(LAYERS_AT_ONCE)
        )
        self._wanted: Counter[str] = Counter()

    async def resolve(self, wanted: ImageReference) -> str:
        """The digest of the manifest that the reference names now."""
        try:
            return await self._client.resolve(wanted)
        except RegistryFailed as failure:
            raise cannot_resolve(str(wanted), failure) from failure

    @asynccontextmanager
    async def pull(self, wanted: ImageReference, digest: str) -> AsyncIterator[CatalogueEntry]:
        """Have all layers of the image at hand, wanted until the end of the `async with`."""
        try:
            manifest = await self._fetch_manifest(wanted, digest)
            configuration = await self._fetch_configuration(wanted, manifest)
        except ManifestUnusable as error:
            raise cannot_use_manifest(str(error)) from error
        blobs = dict(zip(configuration.diff_ids, manifest.layers, strict=True))
        with self._wanting(tuple(blobs)), self._arrivals.pulling(digest, blobs):
            await self._have(wanted, blobs)
            yield CatalogueEntry(
                digest=digest,
                config=configuration.config,
                diff_ids=self._stack_of(configuration.diff_ids),
            )

    def is_wanted(self, diff_id: str) -> bool:
        """Whether a pull that is under way needs the layer."""
        return self._wanted[diff_id] > 0

    async def _fetch_manifest(self, wanted: ImageReference, digest: str) -> ImageManifest:
        """Of this machine's platform, when the digest is that of an index."""
        try:
            document = await self._client.manifest(wanted, digest)
            for _ in range(MAXIMUM_INDEXES):
                if not is_index(document):
                    break
                member = manifest_for(document, host_platform())
                document = await self._client.manifest(wanted, member)
        except RegistryFailed as failure:
            raise cannot_resolve(str(wanted), failure) from failure
        return image_manifest(document)

    async def _fetch_configuration(
        self, wanted: ImageReference, manifest: ImageManifest
    ) -> ImageConfiguration:
        try:
            found = image_configuration(await self._client.blob(wanted, manifest.config))
        except RegistryFailed as failure:
            raise cannot_copy(failure) from failure
        if found.platform.architecture and found.platform != host_platform():
            raise no_match(host_platform())
        here, there = len(manifest.layers), len(found.diff_ids)
        if here != there:
            raise ManifestUnusable(f"number of layers and diffIDs don't match: {here} != {there}")
        return found

    async def _have(self, wanted: ImageReference, blobs: Mapping[str, Descriptor]) -> None:
        """Download and unpack the layers that are not here, several at a time."""
        try:
            async with asyncio.TaskGroup() as group:
                for diff_id, blob in blobs.items():
                    group.create_task(self._have_layer(wanted, diff_id, blob))
        except ExceptionGroup as failures:
            failed, others = failures.split(PullFailed)
            if failed is None or others is not None:
                raise
            raise failed.exceptions[0] from None

    async def _have_layer(self, wanted: ImageReference, diff_id: str, blob: Descriptor) -> None:
        if self._layers.find(diff_id) is None:
            await self._downloads.share(diff_id, lambda: self._make_layer(wanted, diff_id, blob))

    async def _make_layer(self, wanted: ImageReference, diff_id: str, blob: Descriptor) -> Layer:
        if found := self._layers.find(diff_id):
            return found
        try:
            async with (
                self._slots[wanted.host],
                aclosing(self._client.stream(wanted, blob)) as chunks,
            ):
                counted = self._arrivals.counted(diff_id, chunks)
                return await self._layers.make(diff_id, counted, self._lock.file)
        except RegistryFailed as failure:
            raise cannot_copy(failure) from failure
        except UnpackFailed as failure:
            raise cannot_extract(diff_id, failure) from failure

    @contextmanager
    def _wanting(self, diff_ids: tuple[str, ...]) -> Iterator[None]:
        """While it lasts, garbage collection leaves these layers alone."""
        self._wanted.update(diff_ids)
        try:
            yield
        finally:
            self._wanted.subtract(diff_ids)
            self._wanted = +self._wanted

    def _stack_of(self, diff_ids: tuple[str, ...]) -> tuple[str, ...]:
        """What overlayfs has to stack: from the highest opaque layer up, each layer once.

        The kernel refuses a folder that occurs twice. Its last occurrence alone gives the same
        tree: what the first one adds the last one adds again, above all that lies between.
        """
        stack: list[str] = []
        for diff_id in reversed(diff_ids):
            if diff_id not in stack:
                stack.append(diff_id)
            layer = self._layers.find(diff_id)
            if layer is not None and layer.is_opaque:
                break
        return tuple(reversed(stack))
