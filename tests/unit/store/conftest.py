"""The store over each of its storages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hostless.kit.clock import SystemClock
from hostless.store.sqlite import SqliteStorage
from hostless.store.storage import MemoryStorage, Storage
from hostless.store.store import Store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    storage: Storage = (
        MemoryStorage() if request.param == "memory" else SqliteStorage(tmp_path / "store.db")
    )
    store = Store(storage, SystemClock())
    yield store
    await store.close()
