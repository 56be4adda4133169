"""Gives the disk back that images take which no task has used for long.

When, and which images are still wanted, is decided here; what removing one means is `store`'s.
"""

import asyncio
import logging
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from hostless.compute.images.failures import PullFailed
from hostless.compute.images.image import Image
from hostless.compute.images.store import MINIMUM_AGE_SECONDS
from hostless.domain.tasks import Container
from hostless.store.kinds import TASKS
from hostless.store.store import Store

PERIOD_SECONDS = 3600.0
UNUSED_SECONDS = 24 * 3600.0
"""An image that nobody used for so long goes."""
HIGH_WATER = 0.85
"""Of the disk; above it every image goes that no task holds, but for those just pulled."""
PAUSE_SECONDS = 10.0
MOST_PAUSES = 30
"""Removing files keeps the disk busy: it waits for a moment when no task starts, not for ever."""

_log = logging.getLogger(__name__)


class Images(Protocol):
    """What is needed of the image store."""

    def named(self, reference: str) -> Image | None: ...

    async def collect_garbage(self, keep: frozenset[str], minimum_age_seconds: float) -> int: ...


async def keep_images(images: Images, store: Store, folder: Path) -> None:
    """Runs until cancelled. folder: any on the disk that holds the images."""
    while True:
        await asyncio.sleep(PERIOD_SECONDS)
        await _quiet_moment(store)
        age = MINIMUM_AGE_SECONDS if is_filling_up(folder) else UNUSED_SECONDS
        try:
            freed = await images.collect_garbage(wanted_digests(images, store), age)
        except (OSError, subprocess.SubprocessError) as refusal:
            _log.warning("unused images are still there: %s", refusal)
        else:
            _log.info("%d bytes of unused images removed", freed)


async def _quiet_moment(store: Store) -> None:
    for _ in range(MOST_PAUSES):
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


def is_filling_up(folder: Path) -> bool:
    _, used, free = shutil.disk_usage(folder)
    return used > HIGH_WATER * (used + free)
