"""A container that is started anew keeps what it wrote and said, whatever becomes of the engine."""

import asyncio
import os
import random
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    killed_while_at_it,
    leftovers,
    local_stage,
    make_place,
)

from hostless.compute.local.backend import LocalBackend
from hostless.compute.seam import StartFailed, TaskSpec, VolumeMount
from hostless.domain.arns import TaskId
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
DATA = VolumeMount(volume="data", destination="/data")
COUNT = 'echo x >>/runs; echo x >>/data/runs; echo "run $(wc -l </runs) $(wc -l </data/runs)"'
ROUNDS = 10

DRIVER = """
import asyncio, sys
from pathlib import Path
from tests.contract.test_local_compute_restarts import ended_task
from tests.support.local_compute import OneImage, engine_id_for, make_place
from hostless.compute.local.backend import LocalBackend
from hostless.kit.clock import SystemClock

async def main(root, layer, restarts):
    backend = LocalBackend(root, engine_id_for(root), OneImage(layer), SystemClock())
    await backend.open()
    print("go", flush=True)
    await backend.restart(ended_task(), make_place(), "main", restarts)
    print("restarted", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
"""


def ended_task() -> TaskSpec:
    """Counts its runs in its own layer and in a volume, and tells of each."""
    return TaskSpec(
        id=TaskId("9" * 32),
        cpu_units=1024,
        memory_mib=256,
        ephemeral_storage_gib=20,
        isolation="container",
        containers=(SHELL.shell(f"{COUNT}; exit 3", volumes=(DATA,)),),
    )


def said(stage: Stage, task: TaskSpec) -> list[str]:
    """The lines of the container's log, without the marks of the log file."""
    path = stage.backend.log_file(task.id, "main")
    assert path is not None
    return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]


async def test_layer_volume_and_log_go_on(any_stage: Stage) -> None:
    stage = any_stage
    task = await stage.run(SHELL.shell(f"{COUNT}; exit 3", volumes=(DATA,)), SHELL.forever("web"))
    await stage.end_of(task)
    for restarts in (1, 2):
        await stage.backend.restart(task, stage.place, "main", restarts)
        assert (await stage.end_of(task)).exit_code == 3
    assert said(stage, task) == ["run 1 1", "run 2 2", "run 3 3"]
    assert (await stage.see(task, "web")).state == "running"


async def test_a_restart_that_fails_leaves_the_last_end(stage: Stage) -> None:
    task = await stage.run(SHELL.shell("rm /bin/sh; exit 3"))
    ended = await stage.end_of(task)
    with pytest.raises(StartFailed) as failure:
        await stage.backend.restart(task, stage.place, "main", 1)
    assert failure.value.reason.startswith("CannotStartContainerError: ")
    assert failure.value.container == "main"
    assert await stage.see(task) == ended


async def test_a_restart_cut_off_anywhere_is_finished_and_no_run_is_lost_or_doubled(
    tmp_path: Path, busybox: Path
) -> None:
    root, task = tmp_path / "compute", ended_task()
    source = random.Random(int(os.environ.get("HOSTLESS_SEED", "7")))
    async with local_stage(root, OneImage(busybox)) as stage:
        await stage.backend.pull(task)
        await stage.backend.start(task, stage.place)
        await stage.end_of(task)
        await stage.backend.close()
        for restarts in range(1, ROUNDS + 1):
            await killed_while_at_it(
                DRIVER, root, busybox, restarts, after_seconds=source.uniform(0, 0.04)
            )
            backend = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
            await backend.open()
            seen = (await backend.observe(task.id)).containers["main"]
            if seen.restarts < restarts:
                assert (seen.state, seen.exit_code) == ("exited", 3), "it is what it was"
            await backend.restart(task, make_place(), "main", restarts)
            async with asyncio.timeout(20):
                while seen.state != "exited" or seen.restarts < restarts:
                    seen = (await backend.observe(task.id)).containers["main"]
                    await asyncio.sleep(0.002)
            await backend.close()
        expected = [f"run {number} {number}" for number in range(1, ROUNDS + 2)]
        assert said(stage, task) == expected
        await stage.backend.open()
    assert leftovers(root) == []
