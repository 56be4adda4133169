"""Images at hand: what an earlier engine pulled is found again, and nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hostless.compute.images.image import Image
from hostless.compute.local.folders import Folders
from hostless.compute.local.pulling import Pulling
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.domain.arns import TaskId
from hostless.kit.clock import SystemClock

PROXY = ContainerSpec(name="ecs-service-connect-abcde", image="proxy", role="proxy")
TASK = TaskSpec(
    id=TaskId("1f2e3d"),
    cpu_units=256,
    memory_mib=512,
    ephemeral_storage_gib=20,
    isolation="container",
    containers=(PROXY,),
)


class NoImages:
    async def pull(self, reference: str) -> Image:
        raise AssertionError("no registry knows a proxy's image")

    def get(self, digest: str) -> Image | None:
        return None


async def test_the_proxys_image_is_found_again_once_its_task_has_pulled_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "host/bin/haproxy"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/ls", program)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    folders = Folders(root=tmp_path / "engine")
    folders.record(TASK.id).parent.mkdir(parents=True)
    other = replace(TASK, id=TaskId("4a5b6c"))
    folders.record(other.id).parent.mkdir(parents=True)
    pulling = Pulling(NoImages(), SystemClock())
    images = await pulling.pull(folders, TASK)
    assert pulling.find(folders, TASK) == images
    assert pulling.find(folders, other) is None, "it has not pulled"
