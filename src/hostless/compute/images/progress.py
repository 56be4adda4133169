"""How far the pulls are that are under way: counted where bytes arrive, added up when asked.

A layer that several images share counts for each of them. What is pulled is `pulls`' business.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hostless.compute.images.registry import Descriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """image: the reference that was asked for. bytes: as the registry sends them, of all layers.

    layers_here, bytes_here: of those that are unpacked, or were before; bytes_here counts also
    what has arrived of the others.
    """

    image: str
    layers: int
    layers_here: int
    bytes: int
    bytes_here: int


class Arrivals:
    """is_here: whether a layer is unpacked, by its diff id."""

    def __init__(self, is_here: Callable[[str], bool]) -> None:
        self._is_here = is_here
        self._arrived: Counter[str] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._layers: dict[str, dict[str, int]] = {}

    @contextmanager
    def waiting(self, reference: str, digest: str) -> Iterator[None]:
        """While it lasts somebody waits for the image of this digest, by this reference."""
        self._asked[reference, digest] += 1
        try:
            yield
        finally:
            self._asked[reference, digest] -= 1
            self._asked = +self._asked

    @contextmanager
    def pulling(self, digest: str, blobs: Mapping[str, Descriptor]) -> Iterator[None]:
        """While it lasts the image's layers come. blobs: by their diff ids."""
        self._layers[digest] = {diff_id: blob.size for diff_id, blob in blobs.items()}
        try:
            yield
        finally:
            self._layers.pop(digest, None)

    async def counted(self, diff_id: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks of a layer as they arrive."""
        try:
            async for chunk in chunks:
                self._arrived[diff_id] += len(chunk)
                yield chunk
        finally:
            del self._arrived[diff_id]

    def progress(self) -> tuple[PullProgress, ...]:
        """Of every image that somebody waits for and whose layers are known."""
        return tuple(
            self._progress_of(reference, self._layers[digest])
            for reference, digest in self._asked
            if digest in self._layers
        )

    def _progress_of(self, reference: str, layers: Mapping[str, int]) -> PullProgress:
        here = set(filter(self._is_here, layers))
        return PullProgress(
            image=reference,
            layers=len(layers),
            layers_here=len(here),
            bytes=sum(layers.values()),
            bytes_here=sum(
                size if diff_id in here else min(size, self._arrived[diff_id])
                for diff_id, size in layers.items()
            ),
        )
