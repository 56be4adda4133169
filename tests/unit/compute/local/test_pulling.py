"""Images at hand: what an earlier engine pulled is found again, and nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hostless.compute.images.image import Image, ImageConfig
from hostless.compute.local.folders import Folders
from hostless.compute.local.pulling import GIB, Pulling
from hostless.compute.seam import ContainerSpec, StartFailed, TaskSpec
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


class TwoImages(NoImages):
    """Of one shared layer of 15 GiB, and one of 4 GiB each."""

    async def pull(self, reference: str) -> Image:
        return Image(
            digest=f"sha256:{reference}",
            config=ImageConfig(),
            layers=(Path("/layers/base"), Path(f"/layers/{reference}")),
            layer_bytes=(15 * GIB, 4 * GIB),
        )


async def test_images_that_are_more_than_the_tasks_storage_are_refused_as_fargate_does(
    tmp_path: Path,
) -> None:
    folders = Folders(root=tmp_path / "engine")
    folders.record(TASK.id).parent.mkdir(parents=True)
    containers = tuple(ContainerSpec(name=each, image=each) for each in ("a", "b"))
    task, pulling = replace(TASK, containers=containers), Pulling(TwoImages(), SystemClock())
    with pytest.raises(StartFailed) as failed:
        await pulling.pull(folders, task)
    assert failed.value.container == "b"
    assert failed.value.reason == (
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer "
        "sha256:b: write /: no space left on device"
    )
    assert await pulling.pull(folders, replace(task, ephemeral_storage_gib=23))
    assert await pulling.pull(folders, replace(task, containers=containers[:1]))
