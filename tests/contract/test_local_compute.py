"""The local backend keeps the contract, with real containers."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import ComputeSuite, Stage
from tests.support.local_compute import OneImage, local_stage

from hostless.compute.local import host
from hostless.compute.local.kernel import mount, unmount
from hostless.compute.seam import StartFailed

PATH = "/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin"
pytestmark = pytest.mark.root


class TestLocalCompute(ComputeSuite):
    """With crun."""


@pytest.mark.skipif(shutil.which("runc", path=PATH) is None, reason="runc is not installed")
class TestLocalComputeWithRunc(ComputeSuite):
    """Where crun is not installed, or the machine's control groups are not for it."""

    @pytest.fixture
    async def stage(
        self, tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Stage]:
        find = host.find_program
        monkeypatch.setattr(host, "find_program", lambda n: None if n == "crun" else find(n))
        async with local_stage(tmp_path / "compute", OneImage(busybox)) as found:
            yield found

    async def test_a_command_runs_inside_with_a_terminal(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever())
        process = await stage.backend.exec(
            task.id, "main", ("sh", "-c", "test -t 1; exit $?"), has_terminal=True
        )
        while await process.read() is not None:
            pass
        assert await process.wait() == 0
        await process.kill()


async def test_a_full_disk_fails_the_start_and_says_so(tmp_path: Path, busybox: Path) -> None:
    """A disk of its own holds the root folder: half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("tmpfs", disk, "tmpfs", options="size=512k")
    try:
        async with local_stage(disk / "compute", OneImage(busybox)) as stage:
            task = stage.task(stage.programs.forever())
            await stage.backend.pull(task)
            with contextlib.suppress(OSError):
                (disk / "filling").write_bytes(b"x" * (1 << 20))
            with pytest.raises(StartFailed) as failure:
                await stage.backend.start(task, stage.place)
            assert failure.value.reason.startswith("CannotCreateContainerError: ")
            assert "no space left on device" in failure.value.reason
            await stage.backend.remove(task.id)
            (disk / "filling").unlink()
    finally:
        unmount(disk)
