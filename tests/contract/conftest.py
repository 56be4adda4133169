"""What the tests of this machine's compute play on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import OneImage, local_stage, make_busybox


@pytest.fixture(scope="session")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked root file system, which nothing writes to."""
    return make_busybox(tmp_path_factory.mktemp("busybox"))


@pytest.fixture
def images(busybox: Path) -> OneImage:
    return OneImage(busybox)


@pytest.fixture
async def stage(tmp_path: Path, images: OneImage) -> AsyncIterator[Stage]:
    async with local_stage(tmp_path / "compute", images) as found:
        yield found
