"""Ephemeral storage of a task on real containers: as large as asked for, a wall at its end, and
nothing of it left when the task has gone.
"""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    leftovers,
    local_backend,
    local_stage,
    make_place,
    wait_for_log,
)
from tests.support.loops import loops_left, loops_over

from hostless.compute.local import disks as local_disks
from hostless.compute.local import host
from hostless.compute.local.backend import LocalBackend
from hostless.compute.local.disks import Disks, open_disks, remove_disk, use_of
from hostless.compute.local.folders import Folders, disk_of
from hostless.compute.local.kernel import mounts_below, unmount
from hostless.compute.seam import ContainerSpec, TaskSpec, VolumeMount
from hostless.domain.arns import TaskId
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
LEVELS = ["container"] + ["gvisor"] * (host.find_program("runsc") is not None)
GIB = 1 << 30
MIB = 1 << 20
FULL = "No space left on device"
DATA = VolumeMount(volume="data", destination="/data")
WAITS = SHELL.shell("echo ready; exec sleep 3600", "waits", volumes=(DATA,))


@pytest.fixture(params=LEVELS)
async def stage(
    tmp_path: Path, busybox: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    level: IsolationLevel = request.param
    async with local_stage(tmp_path / "compute", OneImage(busybox), level) as found:
        yield found


async def run(stage: Stage, *containers: ContainerSpec, gib: int) -> TaskSpec:
    task = replace(stage.task(*containers), ephemeral_storage_gib=gib)
    await stage.backend.pull(task)
    await stage.backend.start(task, stage.place)
    return task


async def said(stage: Stage, line: str, *, gib: int = 1) -> list[str]:
    """What a container with a volume at /data wrote, line by line."""
    task = await run(stage, SHELL.shell(line, volumes=(DATA,)), gib=gib)
    await stage.end_of(task)
    path = stage.backend.log_file(task.id, "main")
    assert path is not None
    return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]


def disk(tmp_path: Path, task: TaskSpec) -> Path:
    return disk_of(Folders(root=tmp_path / "compute").task(task.id))


@pytest.mark.parametrize("gib", [20, 21, 200])
async def test_df_shows_what_was_asked_for(stage: Stage, gib: int) -> None:
    found = await said(stage, "for f in / /data; do df -Pk $f | tail -n 1; done", gib=gib)
    for line in found:
        _, size, used, free, *_ = line.split()
        assert gib * GIB <= int(size) << 10 < gib * GIB * 1.01
        assert int(used) << 10 < MIB
        assert int(free) << 10 >= gib * GIB


@pytest.mark.parametrize("place", ["/", "/data/"])
async def test_at_the_end_of_the_disk_there_is_no_space_left(stage: Stage, place: str) -> None:
    most = f"fallocate -l 1000M {place}most"
    rest = f"dd if=/dev/zero of={place}rest bs=64k count=1000; wc -c <{place}rest"
    other = "cat /bin/busybox >/other; cat /bin/busybox >/data/other"
    found = await said(
        stage, f"{{ {most}; {rest}; {other}; rm {place}rest; cat /bin/busybox >/last; }} 2>&1"
    )
    written = next(int(line) for line in found if line.isdigit())
    assert 15 * MIB < written < 35 * MIB, found
    assert sum(FULL in line for line in found) == 3, found


async def test_a_disk_has_no_more_files_than_it_has_room_for(tmp_path: Path, busybox: Path) -> None:
    """65,536 inodes on a disk of one GiB; Docker's and Fargate's disks have as many for a size."""
    line = "mkdir /d; cd /d; for i in $(seq 700); do mkdir $i; (cd $i; seq 100 | xargs touch); done"
    async with local_stage(tmp_path / "compute", OneImage(busybox)) as stage:
        found = await said(stage, f"{{ {line}; df -Pi / | tail -n 1; }} 2>&1")
        assert sum(FULL in line for line in found) > 1
        assert found[-1].split()[3] == "0"


async def test_a_full_task_leaves_its_neighbours_and_the_state_folder_alone(
    stage: Stage, tmp_path: Path
) -> None:
    neighbour = await run(stage, WAITS, gib=1)
    assert await said(stage, "fallocate -l 1000M /x; cat /dev/zero >/y; echo no more") == [
        f"cat: write error: {FULL}",
        "no more",
    ]
    writes = ("sh", "-c", "echo yes >/data/x && cat /data/x")
    process = await stage.backend.exec(neighbour.id, "waits", writes, has_terminal=False)
    assert await process.read() == ("stdout", b"yes\n")
    await process.wait()
    (tmp_path / "compute/x").write_text("there is room")


async def test_the_use_of_a_disk_is_told_in_bytes(stage: Stage, tmp_path: Path) -> None:
    line = "head -c 9000000 /dev/zero >/x; head -c 9000000 /dev/zero >/data/x; sync; echo ready"
    main = SHELL.shell(f"{line}; exec sleep 3600", volumes=(DATA,))
    task = await run(stage, main, gib=1)
    await stage.ready(task)
    found = (await stage.stats(task)).storage
    assert found is not None
    assert 18_000_000 < found.used_bytes < 19_000_000
    assert GIB <= found.size_bytes < 1.05 * GIB


async def test_of_a_removed_task_no_mount_no_device_and_no_byte_is_left(
    stage: Stage, tmp_path: Path
) -> None:
    before = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    task = await run(stage, SHELL.shell("head -c 99999999 /dev/zero >/x; sync"), gib=1)
    await stage.end_of(task)
    assert loops_over(tmp_path / "compute")
    await stage.backend.remove(task.id)
    assert loops_left(tmp_path / "compute") == []
    assert use_of(disk(tmp_path, task)) is None
    after = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    assert before - after < 90 * MIB  # others write too


async def test_a_disk_outlives_the_engine(tmp_path: Path, busybox: Path) -> None:
    root = tmp_path / "compute"
    backend = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
    await backend.open()
    task = replace(_task(), containers=(WAITS,))
    await backend.pull(task)
    await backend.start(task, make_place())
    (device,) = loops_over(root)
    await backend.close()
    async with local_backend(root, OneImage(busybox)) as successor:
        await successor.start(task, make_place())
        assert loops_over(root) == [device]
        await successor.remove(task.id)
        assert loops_left(root) == []


async def test_after_a_reboot_disks_are_gone_and_what_is_left_goes_with_the_task(
    tmp_path: Path, busybox: Path
) -> None:
    root = tmp_path / "compute"
    backend = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
    await backend.open()
    task = replace(_task(), containers=(WAITS,))
    await backend.pull(task)
    await backend.start(task, make_place())
    folder = Folders(root=root).container(task.id, "waits")
    log = folder.log
    await wait_for_log(log, "ready")
    await backend.close()
    for pid in (folder.monitor_pid, folder.bundle / "pid"):
        os.kill(int(pid.read_text()), signal.SIGKILL)
    for point in mounts_below(root):
        unmount(point)
    async with local_backend(root, OneImage(busybox)) as successor:
        assert (await successor.observe(task.id)).is_lost
        assert loops_left(root) == []
        assert log.exists()
        await successor.remove(task.id)
        assert not log.parent.exists()


async def test_where_no_disk_can_be_made_tasks_run_on_folders(
    tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hostless.compute.local.loop_devices._CONTROL", "/dev/not-there")
    async with local_stage(tmp_path / "compute", OneImage(busybox)) as stage:
        assert "ephemeral storage is not limited" in caplog.text
        assert await said(stage, "echo x >/data/x; cat /data/x") == ["x"]
        assert loops_left(tmp_path / "compute") == []


async def test_a_tree_that_a_task_made_too_deep_to_walk_goes_with_it(
    tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where disks cannot be had its folders are the host's."""
    monkeypatch.setattr("hostless.compute.local.loop_devices._CONTROL", "/dev/not-there")
    line = "cd /data; for i in $(seq 1500); do mkdir d; cd d; done; echo made"
    async with local_stage(tmp_path / "compute", OneImage(busybox)) as stage:
        task = await run(stage, SHELL.shell(line, volumes=(DATA,)), gib=1)
        await stage.end_of(task)
        await stage.backend.remove(task.id)
        assert not Folders(root=tmp_path / "compute").task(task.id).exists()


async def test_who_unmounts_a_disk_meanwhile_has_nothing_done_to_the_one_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks, below = Disks(tmp_path), tmp_path / "below"
    above = below / "above"
    is_disk = local_disks._is_disk

    def answer_and_unmount(folder: int, parent: Path) -> bool:
        found = is_disk(folder, parent)
        unmount(above)
        return found

    try:
        disks.have(below, 2)
        disks.have(above, 1)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(local_disks, "_is_disk", answer_and_unmount)
            used = use_of(above)
            assert used is not None
            assert used.size_bytes < 1.1 * GIB
            disks.have(above, 1)
            remove_disk(above)
        (below / "file").write_text("the file system takes writes")
        os.sync()
    finally:
        remove_disk(above)
        remove_disk(below)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBUSY])
async def test_a_disk_that_is_full_or_at_fault_for_now_does_not_lift_the_limit_for_good(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(file: int) -> tuple[str, int]:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(local_disks, "attach", fail)
        disks = open_disks(tmp_path)
    assert disks.is_real
    assert os.strerror(number) in caplog.text
    try:
        disks.have(tmp_path / "disk", 1)
        assert (tmp_path / "disk").is_mount()
    finally:
        remove_disk(tmp_path / "disk")


async def test_what_lies_in_a_folder_is_never_mounted_over(tmp_path: Path) -> None:
    """A task that began on a folder ends there, also with an engine that could make disks."""
    place = tmp_path / "disk"
    Disks(tmp_path, is_real=False).have(place, 1)
    (place / "file").touch()
    Disks(tmp_path).have(place, 1)
    assert (place / "file").exists()
    assert not place.is_mount()


async def test_disks_made_at_once_have_devices_of_their_own(tmp_path: Path) -> None:
    disks = Disks(tmp_path)
    places = [tmp_path / str(number) for number in range(12)]
    try:
        await asyncio.gather(*(asyncio.to_thread(disks.have, place, 1) for place in places))
        assert len({os.stat(place).st_dev for place in places}) == len(places)
        disks.have(places[0], 1)
        assert len(mounts_below(places[0])) == 1
    finally:
        for place in places:
            remove_disk(place)
    assert loops_left(tmp_path) == []
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    assert leftovers(tmp_path / "none") == []


def _task() -> TaskSpec:
    return TaskSpec(
        id=TaskId("6" * 32),
        cpu_units=256,
        memory_mib=256,
        ephemeral_storage_gib=20,
        isolation="container",
        containers=(),
    )
