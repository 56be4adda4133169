"""Has a task's images at hand, and the task on record, before anything of it is started."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from hostless.compute.images.failures import PullFailed, does_not_fit
from hostless.compute.images.image import Image
from hostless.compute.local.failures import disk_reason
from hostless.compute.local.folders import Folders
from hostless.compute.local.proxy_image import ProxyImage
from hostless.compute.local.records import find_record, is_lost, record_of, write_record
from hostless.compute.seam import ContainerRole, ContainerSpec, StartFailed, TaskSpec
from hostless.kit.clock import Clock

GIB = 1024**3


class Images(Protocol):
    """What the backend needs of the image store."""

    async def pull(self, reference: str) -> Image:
        """Raises PullFailed."""

    def get(self, digest: str) -> Image | None:
        """None when it is not, or no longer, on disk."""


class Pulling:
    def __init__(self, images: Images, clock: Clock) -> None:
        self._images = images
        self._proxy = ProxyImage()
        self._clock = clock

    async def pull(self, folders: Folders, task: TaskSpec) -> dict[str, Image]:
        """By container name; each image is asked for once. Raises StartFailed."""
        wanted = dict.fromkeys(map(_source_of, task.containers))
        pulls = (self._pull(folders, *source) for source in wanted)
        outcomes = await asyncio.gather(*pulls, return_exceptions=True)
        by_source = dict(zip(wanted, outcomes, strict=True))
        images = {}
        for spec in task.containers:
            outcome = by_source[_source_of(spec)]
            if isinstance(outcome, PullFailed | StartFailed):
                raise StartFailed(outcome.reason, spec.name)
            if isinstance(outcome, BaseException):
                raise outcome
            images[spec.name] = outcome
        _need_room(task, images)
        try:
            if not is_lost(folders, task.id):
                write_record(folders.record(task.id), record_of(task, images, self._clock.now()))
        except OSError as error:
            raise StartFailed(disk_reason(error)) from error
        return images

    async def _pull(self, folders: Folders, role: ContainerRole, reference: str) -> Image:
        return await (
            self._proxy.have(folders) if role == "proxy" else self._images.pull(reference)
        )

    def find(self, folders: Folders, task: TaskSpec) -> dict[str, Image] | None:
        """What an earlier pull of this task brought, if all of it is still there."""
        record = find_record(folders.record(task.id))
        digests = {c.spec.name: c.digest for c in record.containers} if record else {}
        found = {}
        for spec in task.containers:
            digest = digests.get(spec.name)
            if digest is None:
                return None
            is_proxy = spec.role == "proxy"
            image = self._proxy.get(folders, digest) if is_proxy else self._images.get(digest)
            if image is None:
                return None
            found[spec.name] = image
        return found


def _need_room(task: TaskSpec, images: Mapping[str, Image]) -> None:
    """Raises StartFailed when the images alone, unpacked, are more than the task's storage.

    "The pulled, compressed, and the uncompressed container image for the task is stored on the
    ephemeral storage" (developer guide, Fargate task ephemeral storage). Here layers are shared
    and lie elsewhere, so that what is written into a container does not count against them.
    """
    room, seen = task.ephemeral_storage_gib * GIB, set[Path]()
    for spec in task.containers:
        image = images[spec.name]
        for path, size in zip(image.layers, image.layer_bytes, strict=False):
            room -= 0 if path in seen else size
            seen.add(path)
            if room < 0:
                raise StartFailed(does_not_fit(path.name).reason, spec.name)


def _source_of(spec: ContainerSpec) -> tuple[ContainerRole, str]:
    return spec.role, spec.image
