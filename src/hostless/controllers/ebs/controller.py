"""Takes snapshots that were asked for, and takes volumes and snapshots away with their records.

Volumes are made, and come to be attached, with their tasks: that is the task controller's.
"""

import asyncio
import logging
from dataclasses import replace

from hostless.compute.block_volumes import BlockVolumes
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import BLOCK_SNAPSHOTS, BLOCK_VOLUMES
from hostless.store.store import Store

log = logging.getLogger(__name__)


class VolumeController:
    def __init__(self, store: Store, volumes: BlockVolumes, clock: Clock) -> None:
        self._store = store
        self._volumes = volumes
        self._clock = clock
        self._of_volumes = KeyedLoop(LoopSpec(name="volumes", one_pass=self._volume), clock)
        self._of_snapshots = KeyedLoop(LoopSpec(name="snapshots", one_pass=self._snapshot), clock)

    async def run(self) -> None:
        """Work until cancelled. A file without a record is of a store that was lost: it is told
        and kept, for what is in it may be wanted."""
        await self._volumes.mend()
        known: set[str] = {each.id for each in self._store.all(BLOCK_VOLUMES)}
        known |= {each.id for each in self._store.all(BLOCK_SNAPSHOTS)}
        for id_ in sorted(await self._volumes.ids() - known):
            log.warning("no volume or snapshot is known whose file is %s", id_)
        async with asyncio.TaskGroup() as group:
            group.create_task(follow_each(self._of_volumes, self._store, BLOCK_VOLUMES))
            group.create_task(follow_each(self._of_snapshots, self._store, BLOCK_SNAPSHOTS))

    async def _volume(self, key: str) -> Timestamp | None:
        """Raises OSError, and is made again then."""
        found = self._store.get(BLOCK_VOLUMES, key)
        if found is None or found.state != "deleting":
            return None
        await self._volumes.remove(key)
        transaction = self._store.transaction("its file is gone")
        transaction.delete(BLOCK_VOLUMES, key)
        await transaction.commit()
        return None

    async def _snapshot(self, key: str) -> Timestamp | None:
        """Raises OSError, and is made again then: but a snapshot fails for good."""
        found = self._store.get(BLOCK_SNAPSHOTS, key)
        if found is None:
            return None
        match found.state:
            case "pending":
                await self._take(key, found.volume_id)
            case "deleting":
                await self._volumes.remove_snapshot(key)
                transaction = self._store.transaction("its file is gone")
                transaction.delete(BLOCK_SNAPSHOTS, key)
                await transaction.commit()
            case _:
                pass
        return None

    async def _take(self, key: str, volume_id: str) -> None:
        try:
            size = await self._volumes.take_snapshot(volume_id, key)
        except OSError as error:
            said = str(error)
            await self._volumes.remove_snapshot(key)
            await self._store.update(
                BLOCK_SNAPSHOTS, key, lambda s: replace(s, state="error", message=said), said
            )
            return
        now = self._clock.now()
        await self._store.update(
            BLOCK_SNAPSHOTS,
            key,
            lambda s: (
                replace(s, state="completed", size_bytes=size, completed_at=now)
                if s.state == "pending"
                else s
            ),
            "it is taken",
        )
