"""Snapshots are taken or fail, and nothing is left of what is to go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.support.api_world import HandClock

from hostless.compute.simulated.block_volumes import SimulatedBlockVolumes
from hostless.controllers.ebs.controller import VolumeController
from hostless.domain.arns import SnapshotId, VolumeId
from hostless.domain.block_storage import BlockSnapshot, BlockVolume
from hostless.store.kinds import BLOCK_SNAPSHOTS, BLOCK_VOLUMES
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

VOLUME = BlockVolume(
    id=VolumeId("vol-1"),
    state="deleting",
    zone="us-east-1a",
    size_gib=1,
    file_system="xfs",
    task_arn=None,
    created_at=0.0,
)
SNAPSHOT = BlockSnapshot(
    id=SnapshotId("snap-1"),
    state="pending",
    volume_id=VOLUME.id,
    size_gib=1,
    file_system="xfs",
    started_at=0.0,
)
SECONDS = 20.0


class Volumes(SimulatedBlockVolumes):
    """told: in order. failure: of the next snapshots."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.failure: OSError | None = None

    async def mend(self) -> None:
        self.told.append("mend")

    async def remove(self, id_: str) -> None:
        self.told.append(f"remove {id_}")

    async def take_snapshot(self, volume_id: str, snapshot_id: str) -> int:
        if self.failure is not None:
            raise self.failure
        self.told.append(f"take {snapshot_id} of {volume_id}")
        return 4096

    async def remove_snapshot(self, id_: str) -> None:
        self.told.append(f"remove {id_}")


@asynccontextmanager
async def working(store: Store, volumes: Volumes) -> AsyncIterator[None]:
    controller = VolumeController(store, volumes, HandClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(controller.run())
        yield
        running.cancel()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():
            await asyncio.sleep(0)


async def store_with(volume: BlockVolume | None, snapshot: BlockSnapshot | None) -> Store:
    store = Store(MemoryStorage(), HandClock())
    transaction = store.transaction("test")
    if volume is not None:
        transaction.put(BLOCK_VOLUMES, volume)
    if snapshot is not None:
        transaction.put(BLOCK_SNAPSHOTS, snapshot)
    await transaction.commit()
    return store


def state_of(store: Store) -> str | None:
    found = store.get(BLOCK_SNAPSHOTS, SNAPSHOT.id)
    return None if found is None else found.state


async def test_a_snapshot_is_taken_once_after_what_a_killed_engine_left_is_mended() -> None:
    store, volumes = await store_with(None, SNAPSHOT), Volumes()
    async with working(store, volumes):
        await until(lambda: state_of(store) == "completed")
    found = store.get(BLOCK_SNAPSHOTS, SNAPSHOT.id)
    assert found is not None
    assert found.size_bytes == 4096
    assert found.completed_at is not None
    assert volumes.told == ["mend", "take snap-1 of vol-1"]


async def test_a_snapshot_that_fails_says_why_and_leaves_nothing() -> None:
    store, volumes = await store_with(None, SNAPSHOT), Volumes()
    volumes.failure = OSError("the disk is full")
    async with working(store, volumes):
        await until(lambda: state_of(store) == "error")
    found = store.get(BLOCK_SNAPSHOTS, SNAPSHOT.id)
    assert found is not None
    assert found.message == "the disk is full"
    assert volumes.told == ["mend", "remove snap-1"]


async def test_what_is_to_go_goes_with_its_file_and_what_is_not_stays() -> None:
    gone = replace(SNAPSHOT, state="deleting")
    store, volumes = await store_with(VOLUME, gone), Volumes()
    kept = replace(VOLUME, id=VolumeId("vol-2"), state="available")
    transaction = store.transaction("test")
    transaction.put(BLOCK_VOLUMES, kept)
    await transaction.commit()
    async with working(store, volumes):
        await until(lambda: state_of(store) is None and len([*store.all(BLOCK_VOLUMES)]) == 1)
    assert sorted(volumes.told) == ["mend", "remove snap-1", "remove vol-1"]
    assert [*store.all(BLOCK_VOLUMES)] == [kept]
