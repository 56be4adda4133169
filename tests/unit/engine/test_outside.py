"""What an engine of each kind keeps running beside its backend."""

import os
from pathlib import Path

import pytest

from hostless.domain.settings import Settings
from hostless.engine.outside import opened_backend
from hostless.engine.purging import purge
from hostless.kit.clock import SystemClock


async def test_simulated_containers_need_no_upkeep(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path), backend="simulated")
    async with opened_backend(settings, SystemClock()) as backend:
        assert backend.keep is None


@pytest.mark.root
async def test_real_ones_have_their_images_looked_after(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path))
    async with opened_backend(settings, SystemClock()) as backend:
        assert backend.keep is not None
    await purge(settings)
    assert os.listdir(tmp_path) == ["images"]
