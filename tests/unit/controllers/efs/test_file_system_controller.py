"""A folder for every file system, its size, and nothing left of those that are gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.api_world import HandClock

from hostless.compute.simulated.file_systems import SimulatedFileSystems
from hostless.controllers.efs.controller import FileSystemController
from hostless.domain.arns import FileSystemId
from hostless.domain.file_systems import FileSystem
from hostless.store.kinds import FILE_SYSTEMS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

ONE = FileSystemId("fs-1")
NEW = FileSystem(id=ONE, arn="a", creation_token="t", state="creating", created_at=0.0)
SECONDS = 20.0


class Folders(SimulatedFileSystems):
    """looks: how often a size was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.may_look = asyncio.Event()
        self.may_look.set()

    async def size(self, id_: str) -> int:
        self.looks += 1
        await self.may_look.wait()
        return 4096


@asynccontextmanager
async def working(store: Store, folders: Folders) -> AsyncIterator[None]:
    controller = FileSystemController(store, folders, HandClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(controller.run())
        yield
        running.cancel()


async def put(store: Store, record: FileSystem) -> None:
    transaction = store.transaction("test")
    transaction.put(FILE_SYSTEMS, record)
    await transaction.commit()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():
            await asyncio.sleep(0)


def found(store: Store) -> FileSystem:
    record = store.get(FILE_SYSTEMS, ONE)
    assert record is not None
    return record


async def test_a_new_file_system_is_available_once_it_has_a_folder_and_is_measured_then() -> None:
    store, folders = Store(MemoryStorage(), HandClock()), Folders()
    await put(store, NEW)
    async with working(store, folders):
        await until(lambda: found(store).size_at is not None)
        assert found(store).state == "available"
        assert found(store).size_bytes == 4096
        assert await folders.ids() == {ONE}
        await store.update(FILE_SYSTEMS, ONE, lambda f: replace(f, policy="{}"), "test")
        await asyncio.sleep(0)
    assert folders.looks == 1, "a change of the record is no reason to look"


async def test_a_file_system_that_goes_takes_its_folder_along_also_while_it_is_measured() -> None:
    store, folders = Store(MemoryStorage(), HandClock()), Folders()
    folders.may_look.clear()
    await put(store, NEW)
    async with working(store, folders):
        await until(lambda: folders.looks == 1)
        await store.update(FILE_SYSTEMS, ONE, lambda f: replace(f, state="deleting"), "test")
        await until(lambda: store.get(FILE_SYSTEMS, ONE) is None)
    assert await folders.ids() == frozenset()


async def test_a_folder_without_a_record_is_told_and_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, folders = Store(MemoryStorage(), HandClock()), Folders()
    await folders.have("fs-stray")
    await put(store, replace(NEW, state="available"))
    await folders.have(ONE)
    async with working(store, folders):
        await until(lambda: found(store).size_at is not None)
    assert await folders.ids() == {ONE, "fs-stray"}
    assert "in the folder fs-stray" in caplog.text
    assert f"in the folder {ONE}" not in caplog.text
