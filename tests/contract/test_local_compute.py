"""The local backend keeps the contract, with real containers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import ComputeSuite, Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    local_backend,
    make_busybox,
    make_place,
    wait_for_log,
)

from hostless.compute.local.backend import LocalBackend
from hostless.compute.seam import TaskSpec
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_busybox(tmp_path_factory.mktemp("busybox"))


@pytest.fixture
def images(busybox: Path) -> OneImage:
    return OneImage(busybox)


async def ready(backend: LocalBackend, task: TaskSpec) -> None:
    for container in task.containers:
        path = backend.log_file(task.id, container.name)
        assert path is not None
        await wait_for_log(path, "ready")


class TestLocalCompute(ComputeSuite):
    @pytest.fixture
    async def stage(self, tmp_path: Path, images: OneImage) -> AsyncIterator[Stage]:
        async with local_backend(tmp_path / "compute", images) as backend:
            yield Stage(
                backend=backend,
                programs=ShellPrograms(),
                place=make_place(),
                clock=SystemClock(),
                isolation="container",
                ready=lambda task: ready(backend, task),
            )
