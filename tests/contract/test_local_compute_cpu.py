"""How CPU time is shared between the containers of a task, measured while they burn it."""

import asyncio
import os
import time
from dataclasses import replace

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import ShellPrograms

from hostless.compute.seam import ContainerSpec, TaskSpec

pytestmark = pytest.mark.root
BURNT_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
LOOP = "while :; do :; done"


def burner(name: str, cpu_units: int) -> ContainerSpec:
    """A loop for every CPU."""
    loops = f"({LOOP}) & " * len(os.sched_getaffinity(0))
    return ShellPrograms().shell(f"{loops} echo ready; wait", name, cpu_units=cpu_units)


def pinned_burner(name: str, cpu_units: int) -> ContainerSpec:
    """A loop on the first CPU: the scheduler shares each CPU by itself."""
    mask = format(1 << min(os.sched_getaffinity(0)), "x")
    line = f"echo ready; exec taskset {mask} sh -c '{LOOP}'"
    return ShellPrograms().shell(line, name, cpu_units=cpu_units)


async def burnt(stage: Stage, task: TaskSpec) -> dict[str, float]:
    """CPU seconds so far, by container."""
    names = [spec.name for spec in task.containers]
    stats = (await stage.backend.stats({task.id: names}))[task.id].containers
    return {name: each.cpu_nanoseconds / 1e9 for name, each in stats.items()}


async def measured(stage: Stage, *containers: ContainerSpec) -> tuple[dict[str, float], float]:
    """What each burns until a task of one vCPU has burnt BURNT_SECONDS, and how long that takes."""
    task = replace(stage.task(*containers), cpu_units=1024)
    await stage.backend.pull(task)
    await stage.backend.start(task, stage.place)
    await stage.ready(task)
    begun, before = time.monotonic(), await burnt(stage, task)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            now = await burnt(stage, task)
            used = {name: now[name] - before[name] for name in now}
            if sum(used.values()) > BURNT_SECONDS:
                return used, time.monotonic() - begun
            await asyncio.sleep(0.05)


async def test_containers_share_the_tasks_cpu_by_their_units(stage: Stage) -> None:
    used, _ = await measured(stage, pinned_burner("large", 768), pinned_burner("small", 256))
    assert 2.2 < used["large"] / used["small"] < 4, used


async def test_what_one_container_leaves_another_takes(stage: Stage) -> None:
    idle = ShellPrograms().shell("echo ready; sleep 3600", "idle", cpu_units=768)
    used, _ = await measured(stage, burner("small", 256), idle)
    assert used["small"] > 0.95 * BURNT_SECONDS


async def test_a_task_burns_no_more_than_it_has(stage: Stage) -> None:
    used, seconds = await measured(stage, burner("one", 512), burner("two", 512))
    assert sum(used.values()) < 1.2 * seconds + 0.1, (used, seconds)
