"""Gives the disk back that images take which no task has used for long.

When, and which images are still wanted, is decided here; what removing one means is `store`'s.
"""

import asyncio
import logging
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hostless.compute.images.failures import PullFailed
from hostless.compute.images.image import Image
from hostless.compute.images.store import MINIMUM_AGE_SECONDS
from hostless.domain.tasks import Container
from hostless.store.kinds import TASKS
from hostless.store.store import Store

LOOK_SECONDS = 60.0
"""How often the disk is looked at: one system call."""
PERIOD_SECONDS = 3600.0
"""How often images go that nobody pulled for UNUSED_SECONDS, however empty the disk is."""
UNUSED_SECONDS = 24 * 3600.0
PAUSE_SECONDS = 10.0
MOST_PAUSES = 30
"""Removing files keeps the disk busy: it waits for a moment when no task starts, not for ever."""
PAUSES_WHEN_FULL = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """Shares of the disk in use. Above `high`, images that no task holds go, the longest unused
    first and but for those just pulled, until no more than `low` is used (as the kubelet does)."""

    high: float = 0.85
    low: float = 0.80


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """In bytes, as far as it is anybody's: without what the file system keeps for root."""

    used: int
    size: int


class Images(Protocol):
    """What is needed of the image store."""

    def named(self, reference: str) -> Image | None: ...

    async def collect_garbage(
        self, keep: frozenset[str], minimum_age_seconds: float, enough_bytes: int | None = None
    ) -> int: ...


async def keep_images(
    images: Images, store: Store, disk_of: Callable[[], Disk], marks: Watermarks
) -> None:
    """Runs until cancelled. disk_of: of the disk that holds the images, now."""
    keeper = _Keeper(images, store, disk_of, marks)
    while True:
        for _ in range(int(PERIOD_SECONDS / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            await keeper.make_room()
        await keeper.remove_unused()


class _Keeper:
    def __init__(
        self, images: Images, store: Store, disk_of: Callable[[], Disk], marks: Watermarks
    ) -> None:
        self._images = images
        self._store = store
        self._disk_of = disk_of
        self._marks = marks
        self._is_in_need = False

    async def remove_unused(self) -> None:
        await _quiet_moment(self._store, MOST_PAUSES)
        await self._collect(UNUSED_SECONDS, None)

    async def make_room(self) -> None:
        """Nothing while the disk is not filling up."""
        if not excess_of(self._disk_of(), self._marks):
            self._is_in_need = False
            return
        await _quiet_moment(self._store, PAUSES_WHEN_FULL)
        excess = excess_of(self._disk_of(), self._marks)
        if not excess:
            return
        freed = await self._collect(MINIMUM_AGE_SECONDS, excess)
        if freed < excess and not self._is_in_need:
            _log.warning("%d bytes too many are in use, and not by unused images", excess - freed)
        self._is_in_need = freed < excess

    async def _collect(self, minimum_age_seconds: float, enough_bytes: int | None) -> int:
        """Bytes freed."""
        keep = wanted_digests(self._images, self._store)
        try:
            freed = await self._images.collect_garbage(keep, minimum_age_seconds, enough_bytes)
        except (OSError, subprocess.SubprocessError) as refusal:
            _log.warning("unused images are still there: %s", refusal)
            return 0
        if freed:
            _log.info("%d bytes of unused images removed", freed)
        return freed


def excess_of(disk: Disk, marks: Watermarks) -> int:
    """How many bytes have to go for the disk to be at its low mark; 0 below the high one."""
    if disk.used <= marks.high * disk.size:
        return 0
    return max(1, int(disk.used - marks.low * disk.size))


def disk_of(folder: Path) -> Disk:
    """The disk that a folder is on."""
    _, used, free = shutil.disk_usage(folder)
    return Disk(used=used, size=used + free)


async def _quiet_moment(store: Store, most_pauses: int) -> None:
    for _ in range(most_pauses):
        if not any(task.status in ("PROVISIONING", "PENDING") for task in store.all(TASKS)):
            return
        await asyncio.sleep(PAUSE_SECONDS)


def wanted_digests(images: Images, store: Store) -> frozenset[str]:
    """Of the images of all tasks that have not stopped; of what is being pulled, as it was last."""
    held = [task.containers for task in store.all(TASKS) if task.status != "STOPPED"]
    digests = {_digest_of(images, container) for each in held for container in each}
    return frozenset(digest for digest in digests if digest is not None)


def _digest_of(images: Images, container: Container) -> str | None:
    if container.image_digest is not None:
        return container.image_digest
    try:
        image = images.named(container.image)
    except PullFailed:  # no valid reference
        return None
    return image.digest if image else None
