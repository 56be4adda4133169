"""The local backend's tasks outlive the engine, and another engine takes them over."""

import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    killed_while_at_it,
    leftovers,
    make_place,
    wait_for_log,
)

from hostless.compute.local.backend import LocalBackend
from hostless.compute.local.cgroups import find_tree
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.kernel import mounts_below, unmount
from hostless.compute.seam import TaskObservation, TaskSpec, VolumeMount
from hostless.domain.arns import TaskId
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
ROUNDS = 12
PROGRAMS = VolumeMount(volume="programs", destination="/bin")

DRIVER = """
import asyncio, sys
from pathlib import Path
from tests.contract.test_local_compute_survival import crash_task
from tests.support.local_compute import OneImage, engine_id_for, make_place
from hostless.compute.local.backend import LocalBackend
from hostless.kit.clock import SystemClock

async def main(root, layer, marks, number):
    backend = LocalBackend(root, engine_id_for(root), OneImage(layer), SystemClock())
    await backend.open()
    task = crash_task(marks, number)
    await backend.pull(task)
    print("go", flush=True)
    await backend.start(task, make_place())
    print("started", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main(*map(Path, sys.argv[1:4]), int(sys.argv[4])))
"""


def crash_task(marks: Path, number: int) -> TaskSpec:
    """Two containers that each leave a line in their log when they are begun.

    Their programs are in a volume that is filled from the image.
    """
    return TaskSpec(
        id=TaskId(f"{number:032x}"),
        cpu_units=1024,
        memory_mib=256,
        ephemeral_storage_gib=20,
        isolation="container",
        containers=(
            SHELL.shell("echo begun; echo ready; exec sleep 3600", "one", volumes=(PROGRAMS,)),
            SHELL.shell("echo begun; echo ready; exec sleep 3600", "two", volumes=(PROGRAMS,)),
        ),
    )


@pytest.fixture
async def root(tmp_path: Path, busybox: Path) -> AsyncIterator[Path]:
    root = tmp_path / "compute"
    yield root
    if root.exists():
        await give_back(await open_backend(root, busybox))
    assert leftovers(root) == []


async def open_backend(root: Path, busybox: Path) -> LocalBackend:
    backend = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
    await backend.open()
    return backend


def stage_of(backend: LocalBackend) -> Stage:
    return Stage(
        backend=backend,
        programs=SHELL,
        place=make_place(),
        clock=SystemClock(),
        isolation="container",
    )


def folder_of(root: Path, task: TaskSpec, container: str = "main") -> ContainerFolder:
    return Folders(root=root).container(task.id, container)


async def give_back(backend: LocalBackend) -> None:
    for task_id in await backend.task_ids():
        await backend.remove(task_id)
    await backend.purge()
    await backend.close()


async def test_a_monitor_that_a_killed_engine_did_not_charge_is_charged_by_the_next(
    root: Path, busybox: Path
) -> None:
    backend = await open_backend(root, busybox)
    stage = stage_of(backend)
    task = await stage.run(SHELL.forever())
    await backend.close()
    pid = int(folder_of(root, task).monitor_pid.read_text())
    find_tree().charge(f"hostless/{engine_id_for(root)}", pid)
    assert task.id not in Path(f"/proc/{pid}/cgroup").read_text()
    backend = await open_backend(root, busybox)
    assert task.id in Path(f"/proc/{pid}/cgroup").read_text()
    await give_back(backend)


async def test_a_start_cut_off_anywhere_is_finished_and_nothing_begins_twice(
    root: Path, busybox: Path
) -> None:
    source = random.Random(int(os.environ.get("HOSTLESS_SEED", "7")))
    for number in range(1, ROUNDS + 1):
        await killed_while_at_it(
            DRIVER, root, busybox, root, number, after_seconds=source.uniform(0, 0.045)
        )
        backend = await open_backend(root, busybox)
        task = crash_task(root, number)
        await backend.start(task, make_place())
        await backend.start(task, make_place())
        seen = await backend.observe(task.id)
        assert {name: c.state for name, c in seen.containers.items()} == {
            "one": "running",
            "two": "running",
        }
        for name in ("one", "two"):
            path = backend.log_file(task.id, name)
            assert path is not None
            log = await wait_for_log(path, "ready")
            assert log.count("begun") == 1
        await backend.remove(task.id)
        await backend.close()
    await give_back(await open_backend(root, busybox))


async def test_a_task_that_was_cut_off_can_be_removed_without_being_finished(
    root: Path, busybox: Path
) -> None:
    for number, seconds in enumerate((0.002, 0.008, 0.014, 0.02), start=1):
        await killed_while_at_it(DRIVER, root, busybox, root, number, after_seconds=seconds)
    backend = await open_backend(root, busybox)
    assert len(await backend.task_ids()) == 4
    await give_back(backend)


async def test_what_ended_while_no_engine_ran_has_its_exit_code_and_all_lines(
    root: Path, busybox: Path
) -> None:
    backend = await open_backend(root, busybox)
    stage = stage_of(backend)
    go = root / "go"
    task = await stage.run(
        SHELL.shell("echo ready; until test -e /tmp/go; do :; done; echo last; exit 42"),
        SHELL.forever("web"),
    )
    before = await stage.see(task, "web")
    await backend.close()
    folder = folder_of(root, task)
    (folder.root / "tmp/go").touch()
    await wait_for_log(folder.log, "last")
    backend = await open_backend(root, busybox)
    stage = stage_of(backend)
    assert (await stage.end_of(task)).exit_code == 42
    assert await stage.see(task, "web") == before
    assert not go.exists()
    await stage.stop(task)
    assert (await stage.see(task, "web")).exit_code == 0
    await give_back(backend)


async def test_a_lost_monitor_loses_the_exit_code_and_says_so(stage: Stage, tmp_path: Path) -> None:
    task = await stage.run(SHELL.shell("echo ready; exec sleep 3600"))
    await stage.ready(task)
    bundle = folder_of(tmp_path / "compute", task).bundle
    os.kill(int((bundle / "monitor.pid").read_text()), signal.SIGKILL)
    assert (await stage.see(task)).state == "running"
    os.kill(int((bundle / "pid").read_text()), signal.SIGKILL)
    seen = await stage.end_of(task)
    assert (seen.exit_code, seen.finished_at) == (None, None)
    assert seen.reason is not None
    assert "exit code is not known" in seen.reason


async def test_a_container_that_may_have_begun_is_never_made_anew(
    stage: Stage, tmp_path: Path
) -> None:
    """An engine killed just after it let the container run: the pipe is still there, and conmon
    has not yet said who it is.
    """
    task = await stage.run(SHELL.shell("echo ready; exec sleep 3600"))
    await stage.ready(task)
    folder = folder_of(tmp_path / "compute", task)
    process = (folder.bundle / "pid").read_text()
    os.mkfifo(tmp_path / "compute/run/crun" / folder.runtime_id / "exec.fifo")
    folder.monitor_pid.unlink()
    assert (await stage.see(task)).state == "created"
    await stage.backend.start(task, stage.place)
    assert (await stage.see(task)).state == "running"
    assert (folder.bundle / "pid").read_text() == process
    assert folder.log.read_text().count("ready") == 1


async def test_after_a_reboot_started_containers_are_lost_and_not_started_again(
    root: Path, busybox: Path
) -> None:
    """A reboot leaves the disk as it was, and neither processes, groups nor the tmpfs."""
    backend = await open_backend(root, busybox)
    stage = stage_of(backend)
    task = await stage.run(SHELL.forever())
    only_pulled = stage.task(SHELL.forever())
    await backend.pull(only_pulled)
    assert not (await backend.observe(task.id)).is_lost
    await backend.close()
    folder = folder_of(root, task)
    os.kill(int(folder.monitor_pid.read_text()), signal.SIGKILL)
    os.kill(int((folder.bundle / "pid").read_text()), signal.SIGKILL)
    for point in mounts_below(root):
        unmount(point)
    backend = await open_backend(root, busybox)
    await backend.pull(task)
    await backend.start(task, make_place())
    assert await backend.observe(task.id) == TaskObservation(containers={}, is_lost=True)
    assert folder.log.exists()
    assert not (await backend.observe(only_pulled.id)).is_lost
    await give_back(backend)


async def test_two_engines_do_not_share_a_folder(root: Path, busybox: Path) -> None:
    backend = await open_backend(root, busybox)
    with pytest.raises(Exception, match="another engine uses"):
        await open_backend(root, busybox)
    await give_back(backend)
