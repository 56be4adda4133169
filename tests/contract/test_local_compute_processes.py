"""Containers of a task that share their processes: seen, ended and taken away."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.engine import wait_for
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    local_stage,
    make_place,
    wait_for_log,
)

from hostless.compute.local.backend import LocalBackend
from hostless.compute.local.processes import all_pids, command_line
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
SEE = "until ps -o args | grep -q '[s]leep 4{0}'; do sleep 0.05; done; echo seen"


async def run_shared(stage: Stage, *containers: ContainerSpec) -> TaskSpec:
    task = replace(stage.task(*containers), shares_processes=True)
    await stage.backend.pull(task)
    await stage.backend.start(task, stage.place)
    return task


async def log_of(stage: Stage, task: TaskSpec, name: str, text: str) -> str:
    path = stage.backend.log_file(task.id, name)
    assert path is not None
    return await wait_for_log(path, text)


async def test_containers_see_each_others_processes_and_none_is_the_first(
    any_stage: Stage,
) -> None:
    stage = any_stage
    task = await run_shared(
        stage,
        SHELL.shell(f"{SEE.format(1)}; test $$ != 1 && echo later; exec sleep 40", "one"),
        SHELL.shell(f"{SEE.format(0)}; test $$ != 1 && echo later; exec sleep 41", "two"),
        SHELL.shell("exec sleep 41", "three"),
    )
    for name in ("one", "two"):
        await log_of(stage, task, name, "later")


async def test_processes_are_hidden_unless_they_are_shared(any_stage: Stage) -> None:
    stage = any_stage
    look = "sleep 0.3; ps -o args | grep '[s]leep 47'; echo looked; exec sleep 40"
    task = await stage.run(SHELL.shell("exec sleep 47", "one"), SHELL.shell(look, "two"))
    assert "sleep 47" not in await log_of(stage, task, "two", "looked")


async def test_the_end_of_one_container_leaves_the_others_alone(any_stage: Stage) -> None:
    stage = any_stage
    task = await run_shared(
        stage, SHELL.ending(7, "ends"), SHELL.forever("web"), SHELL.shell("sleep 40", "more")
    )
    assert (await stage.end_of(task, "ends")).exit_code == 7
    assert (await stage.see(task, "web")).state == "running"
    await stage.backend.restart(task, stage.place, "ends", 1)
    assert (await stage.end_of(task, "ends")).restarts == 1
    await log_of(stage, task, "web", "ready")
    await stage.stop(task)
    assert (await stage.see(task, "web")).exit_code == 0


async def test_a_container_leaves_nothing_behind_at_its_end(any_stage: Stage) -> None:
    stage = any_stage
    gone = "while ps -o args | grep -q '[s]leep 4646'; do sleep 0.05; done; echo gone"
    task = await run_shared(
        stage,
        SHELL.shell("sleep 4646 & sleep 0.5; exit 3", "ends"),
        SHELL.shell(f"until ps -o args | grep -q '[s]leep 4646'; do :; done; {gone}; sleep 40"),
    )
    assert (await stage.end_of(task, "ends")).exit_code == 3
    await log_of(stage, task, "main", "gone")
    zombies = "ps -o stat | grep -q Z && echo zombies; echo counted; sleep 40"
    counting = await run_shared(stage, SHELL.shell(f"(sleep 0 &); sleep 0.5; {zombies}", "count"))
    assert "zombies" not in await log_of(stage, counting, "count", "counted")


async def test_an_init_process_works_in_shared_processes_too(any_stage: Stage) -> None:
    stage = any_stage
    init = replace(SHELL.forever(), has_init_process=True)
    task = await run_shared(stage, init, SHELL.forever("web"))
    await stage.ready(task)
    await stage.stop(task)
    assert (await stage.see(task)).exit_code == 0


async def test_shared_processes_outlive_the_engine(tmp_path: Path, busybox: Path) -> None:
    root = tmp_path / "compute"
    async with local_stage(root, OneImage(busybox)) as stage:
        task = await run_shared(
            stage, SHELL.shell("sleep 4949 & sleep 0.5; exit 3", "ends"), SHELL.forever("web")
        )
        await stage.backend.close()
        wait_for(lambda: not runs("sleep 0.5"), what="it has ended")
        successor = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
        await successor.open()
        seen = (await successor.observe(task.id)).containers
        assert (seen["ends"].exit_code, seen["web"].state) == (3, "running")
        wait_for(lambda: not runs("sleep 4949"), what="what it left is gone")
        await successor.restart(task, make_place(), "ends", 1)
        assert (await successor.observe(task.id)).containers["ends"].state == "running"
        await successor.close()
        await stage.backend.open()


def runs(words: str) -> bool:
    return any(words in " ".join(command_line(pid)) for pid in all_pids())
