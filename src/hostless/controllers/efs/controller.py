"""Has a folder for every file system, looks how large it is, and takes it away with its record.

What a file system's record says otherwise is the API's business, what a task sees of it the task
controller's.
"""

import asyncio
import logging
from dataclasses import replace

from hostless.compute.file_systems import FileSystemFolders
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import FILE_SYSTEMS
from hostless.store.store import Store

MEASURED_EVERY_SECONDS = 300.0
_SHARE_OF_TIME = 100.0
"""A look takes one hundredth of the time at most, however many files there are."""

log = logging.getLogger(__name__)


class FileSystemController:
    def __init__(self, store: Store, folders: FileSystemFolders, clock: Clock) -> None:
        self._store = store
        self._folders = folders
        self._clock = clock
        self._due: dict[str, Timestamp] = {}
        self._measuring: set[str] = set()
        self._one_look = asyncio.Semaphore(1)
        spec = LoopSpec(
            name="file systems",
            one_pass=self._pass,
            interrupts=lambda key: key in self._measuring,
        )
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled. A folder without a record is of a store that was lost: it is told
        and kept, for what is in it may be wanted."""
        for id_ in sorted(await self._folders.ids()):
            if self._store.get(FILE_SYSTEMS, id_) is None:
                log.warning("no file system is known whose files are in the folder %s", id_)
        await follow_each(self._loop, self._store, FILE_SYSTEMS)

    async def _pass(self, key: str) -> Timestamp | None:
        """Raises OSError, and is made again then."""
        found = self._store.get(FILE_SYSTEMS, key)
        if found is None:
            self._due.pop(key, None)
            return None
        match found.state:
            case "creating":
                await self._folders.have(key)
                await self._store.update(
                    FILE_SYSTEMS, key, lambda f: replace(f, state="available"), "its folder is made"
                )
                return self._clock.now()
            case "deleting":
                await self._folders.remove(key)
                transaction = self._store.transaction("its files are gone")
                transaction.delete(FILE_SYSTEMS, key)
                await transaction.commit()
                return None
            case "available":
                if self._due.get(key, 0.0) <= self._clock.now():
                    await self._measure(key)
                return self._due[key]

    async def _measure(self, key: str) -> None:
        """One file system at a time. Given up when the record changes, and begun anew then."""
        self._measuring.add(key)
        try:
            async with self._one_look:
                began = self._clock.now()
                size = await self._folders.size(key)
        finally:
            self._measuring.discard(key)
        now = self._clock.now()
        self._due[key] = now + max(MEASURED_EVERY_SECONDS, _SHARE_OF_TIME * (now - began))
        await self._store.update(
            FILE_SYSTEMS, key, lambda f: replace(f, size_bytes=size, size_at=now), "measured"
        )
