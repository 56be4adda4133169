"""What the tests of this machine's compute play on."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import OneImage, local_stage, make_busybox

from hostless.domain.tasks import IsolationLevel


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


@pytest.fixture(params=["container", "gvisor"])
async def any_stage(
    request: pytest.FixtureRequest, tmp_path: Path, busybox: Path
) -> AsyncIterator[Stage]:
    """On each level of isolation."""
    level: IsolationLevel = request.param
    if level == "gvisor" and shutil.which("runsc") is None:
        pytest.skip("runsc is not installed")
    async with local_stage(tmp_path / "compute", OneImage(busybox), level) as found:
        yield found
