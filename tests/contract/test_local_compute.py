"""The local backend keeps the contract, with real containers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import ComputeSuite, Stage
from tests.support.local_compute import OneImage, local_stage, make_busybox

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_busybox(tmp_path_factory.mktemp("busybox"))


class TestLocalCompute(ComputeSuite):
    @pytest.fixture
    async def stage(self, tmp_path: Path, busybox: Path) -> AsyncIterator[Stage]:
        async with local_stage(tmp_path / "compute", OneImage(busybox)) as found:
            yield found
