"""Folders of file systems in real containers: shared by tasks, outliving them, as whom they say."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    local_stage,
    make_busybox,
    make_place,
    wait_for_log,
)

from hostless.compute.local import host
from hostless.compute.local.file_systems import LocalFileSystems, files_folder
from hostless.compute.local.folders import file_systems_folder
from hostless.compute.seam import ContainerSpec, StartFailed, TaskSpec, VolumeMount
from hostless.compute.shared_volumes import SharedVolume
from hostless.domain.arns import TaskId
from hostless.domain.file_systems import CreationInfo, PosixUser
from hostless.domain.tasks import IsolationLevel

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
LEVELS = ["container", *(["gvisor"] if host.find_program("runsc") is not None else [])]
WHOLE = SharedVolume(volume="data", file_system="fs-1", server="fs-1.efs")
USER = PosixUser(uid=4000, gid=4001, secondary_gids=(4002,))
MADE = CreationInfo(owner_uid=4000, owner_gid=4001, permissions="0750")
POINT = replace(WHOLE, path="/app/data", creation=MADE, posix_user=USER, is_access_point=True)


@dataclass
class Shared:
    """files: the root folder of the one file system that there is."""

    stage: Stage
    files: Path
    level: IsolationLevel

    async def start(
        self, script: str, volume: SharedVolume = WHOLE, *, is_read_only: bool = False, **more: str
    ) -> Path:
        """A task that runs a script with the volume at /data; its log file."""
        task_id = TaskId(secrets.token_hex(16))  # gVisor's sandboxes meet by their names
        at = VolumeMount(volume="data", destination="/data", is_read_only=is_read_only)
        container = ContainerSpec(
            name="app",
            image="busybox",
            entry_point=("sh", "-c"),
            command=(script,),
            volumes=(at,),
            **more,  # type: ignore[arg-type]
        )
        spec = TaskSpec(
            id=task_id,
            cpu_units=256,
            memory_mib=512,
            ephemeral_storage_gib=20,
            isolation=self.level,
            containers=(container,),
            shared_volumes=(volume,),
        )
        backend = self.stage.backend
        await backend.pull(spec)
        await backend.start(spec, make_place())
        log = backend.log_file(task_id, "app")
        assert log is not None
        return log

    async def says(self, script: str, volume: SharedVolume = WHOLE, **more: str) -> str:
        """What a script prints in its order, without the log's own words."""
        log = await self.start(f"exec 2>&1; {script}; echo over", volume, **more)
        content = await wait_for_log(log, " over\n")
        lines = [line.split(" ", 3)[3] for line in content.splitlines()]
        return " ".join(lines).removesuffix("over").strip()


@pytest.fixture(params=LEVELS)
async def shared(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    layer = make_busybox(tmp_path / "layer")
    root = tmp_path / "compute"
    async with local_stage(root, OneImage(layer), request.param) as stage:
        folders = file_systems_folder(root)
        await LocalFileSystems(folders).have("fs-1")
        yield Shared(stage=stage, files=files_folder(folders, "fs-1"), level=request.param)


def owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


async def test_two_tasks_at_once_see_each_others_files(shared: Shared) -> None:
    log = await shared.start("until [ -s /data/in ]; do sleep 0.05; done; cat /data/in; sleep 100")
    await shared.says("echo hello > /data/draft; mv /data/draft /data/in")
    assert "hello" in await wait_for_log(log, "hello")
    assert owner(shared.files / "in") == (0, 0)


async def test_what_is_added_to_a_file_is_seen_by_who_has_read_it_before(shared: Shared) -> None:
    (shared.files / "log").write_text("one\n")
    waiting = "until grep -q two /data/log; do echo again; sleep 0.05; done; echo seen; sleep 100"
    log = await shared.start(waiting)
    await wait_for_log(log, "again")
    await shared.says("echo two >> /data/log")
    await wait_for_log(log, "seen")


async def test_files_outlive_the_tasks_and_the_backend_removes_none(shared: Shared) -> None:
    await shared.says("mkdir /data/a; echo kept > /data/a/b")
    for task_id in await shared.stage.backend.task_ids():
        await shared.stage.backend.remove(task_id)
    assert (shared.files / "a/b").read_text() == "kept\n"
    assert await shared.says("cat /data/a/b") == "kept"


async def test_a_folder_of_it_is_the_volume_and_links_lead_nowhere_else(shared: Shared) -> None:
    (shared.files / "inner").mkdir()
    (shared.files / "inner/file").write_text("inner\n")
    (shared.files / "link").symlink_to("../../../../../inner")
    for path in ("/inner", "/inner/", "/link"):
        assert await shared.says("cat /data/file", replace(WHOLE, path=path)) == "inner"


async def test_a_folder_that_is_not_there_is_told_in_aws_words(shared: Shared) -> None:
    for path, said in (("/gone", "No such file or directory"), ("/file", "Not a directory")):
        (shared.files / "file").touch()
        with pytest.raises(StartFailed) as caught:
            await shared.start("true", replace(WHOLE, path=path))
        assert caught.value.reason == (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS "
            f"volumes: stderr: b'mount.nfs4: mounting fs-1.efs:{path} failed, reason given by "
            f"server: {said}' : unsuccessful EFS utils command execution; code: 32"
        )


async def test_an_access_point_to_nowhere_and_a_file_system_that_is_gone(shared: Shared) -> None:
    with pytest.raises(StartFailed) as caught:
        await shared.start("true", replace(POINT, creation=None))
    assert "mount.nfs4: access denied by server while mounting 127.0.0.1:/" in caught.value.reason
    with pytest.raises(StartFailed) as caught:
        await shared.start("true", replace(WHOLE, file_system="fs-2"))
    assert 'Failed to resolve "fs-1.efs"' in caught.value.reason


async def test_an_access_point_makes_its_folder_and_acts_as_its_user(shared: Shared) -> None:
    said = await shared.says("echo x > /data/file; mkdir /data/d; stat -c %u:%g /data/file", POINT)
    made = shared.files / "app/data"
    assert (owner(made), made.stat().st_mode & 0o7777) == ((4000, 4001), 0o750)
    assert owner(made / "file") == owner(made / "d") == (4000, 4001)
    assert said == "0:0", "the container sees itself as the owner"


async def test_root_in_a_container_is_not_root_beyond_an_access_point(shared: Shared) -> None:
    """What belongs to others is out of reach, also of root."""
    made = shared.files / "app/data"
    made.mkdir(parents=True)
    os.chown(made, 4000, 4001)
    secret = made / "secret"
    secret.write_text("of root")
    secret.chmod(0o600)
    said = await shared.says(
        "cat /data/secret || echo no; chown 7:7 /data; echo x > /data/secret", POINT
    )
    assert "of root" not in said
    assert secret.read_text() == "of root"
    assert owner(made) == (4000, 4001)


async def test_a_container_of_any_user_acts_as_the_access_points_user(shared: Shared) -> None:
    if shared.level == "gvisor":
        with pytest.raises(StartFailed) as caught:
            await shared.start("true", POINT, user="1000:1000")
        assert "isolation level" in caught.value.reason
        return
    (shared.files / "of-group").mkdir()
    os.chown(shared.files / "of-group", 4000, 4002)
    (shared.files / "of-group").chmod(0o2770)
    await shared.says("echo x > /data/file", POINT, user="1000:1000")
    assert owner(shared.files / "app/data/file") == (4000, 4001)
    through = replace(POINT, path="/of-group")
    await shared.says("echo x > /data/file", through, user="1000:1000")
    assert owner(shared.files / "of-group/file") == (4000, 4002), "a secondary group counts"


async def test_another_user_of_the_container_writes_nothing_there(shared: Shared) -> None:
    said = await shared.says("su -s /bin/sh nobody -c 'echo x > /data/f' || echo no", POINT)
    assert said.endswith("no")
    assert not (shared.files / "app/data/f").exists()


async def test_a_read_only_mount_point_stays_read_only(shared: Shared) -> None:
    log = await shared.start("touch /data/x || echo refused; sleep 100", is_read_only=True)
    assert "Read-only file system" in await wait_for_log(log, "refused")


async def test_what_tasks_leave_behind_is_all_unmounted(shared: Shared) -> None:
    await shared.start("sleep 100", POINT)
    mounts = Path("/proc/self/mountinfo")
    here = str(shared.files.parents[2])
    assert f"{here}/run/shared/" in mounts.read_text()
    for task_id in await shared.stage.backend.task_ids():
        await shared.stage.backend.remove(task_id)
    assert f"{here}/run/shared/" not in mounts.read_text()
    assert os.listdir(shared.files.parents[2] / "run/shared") == []
    assert owner(shared.files / "app/data") == (4000, 4001)
