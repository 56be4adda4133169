"""Commands inside containers of the local backend."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import OneImage, ShellPrograms, local_stage, make_busybox

from hostless.compute.seam import ExecFailed, ExecProcess, TaskSpec

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_busybox(tmp_path_factory.mktemp("busybox"))


@pytest.fixture
async def stage(tmp_path: Path, busybox: Path) -> AsyncIterator[Stage]:
    async with local_stage(tmp_path / "compute", OneImage(busybox)) as found:
        yield found


async def running(stage: Stage) -> TaskSpec:
    return await stage.run(
        ShellPrograms().shell(
            "sleep 3600", user="1000", environment=(("COLOUR", "green"),), has_terminal=False
        )
    )


async def execute(
    stage: Stage, task: TaskSpec, *command: str, has_terminal: bool = False
) -> ExecProcess:
    return await stage.backend.exec(task.id, "main", command, has_terminal=has_terminal)


async def output_of(process: ExecProcess) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while (piece := await process.read()) is not None:
        found[piece[0]] = found.get(piece[0], b"") + piece[1]
    return found


async def test_output_streams_are_told_apart_and_the_exit_code_is_the_commands(
    stage: Stage,
) -> None:
    task = await running(stage)
    process = await execute(stage, task, "sh", "-c", "echo out; echo err >&2; exit 42")
    assert await output_of(process) == {"stdout": b"out\n", "stderr": b"err\n"}
    assert await process.wait() == 42
    await process.kill()


async def test_a_command_runs_as_root_in_the_containers_surroundings(stage: Stage) -> None:
    task = await running(stage)
    line = "id -u; echo $COLOUR; grep Seccomp: /proc/self/status; cat /etc/hostname"
    process = await execute(stage, task, "sh", "-c", line)
    words = (await output_of(process))["stdout"].decode().split("\n")
    assert words == ["0", "green", "Seccomp:\t2", "ip-10-9-0-10.ec2.internal", ""]
    await process.kill()


async def test_input_reaches_the_command_until_it_is_closed(stage: Stage) -> None:
    task = await running(stage)
    process = await execute(stage, task, "wc", "-c")
    await process.write(b"x" * 300_000)
    await process.close_input()
    assert await output_of(process) == {"stdout": b"300000\n"}
    assert await process.wait() == 0
    await process.kill()


async def test_a_terminal_has_a_size_and_takes_keys(stage: Stage) -> None:
    task = await running(stage)
    process = await execute(
        stage, task, "sh", "-c", "read x; stty size; test -t 0 && exit 7", has_terminal=True
    )
    await process.resize(41, 101)
    await process.write(b"go\n")
    found = await output_of(process)
    assert found == {"stdout": b"go\r\n41 101\r\n"}
    assert await process.wait() == 7
    await process.kill()


@pytest.mark.parametrize("has_terminal", [False, True])
async def test_a_command_that_is_not_there_says_so(stage: Stage, has_terminal: bool) -> None:
    task = await running(stage)
    with pytest.raises(ExecFailed, match="executable file not found in"):
        await execute(stage, task, "no-such-program", has_terminal=has_terminal)


async def test_a_killed_command_is_gone_and_its_container_runs_on(stage: Stage) -> None:
    task = await running(stage)
    process = await execute(stage, task, "sleep", "3601")
    async with asyncio.timeout(10):
        await process.kill()
    assert await process.wait() == 137
    lister = await execute(stage, task, "ps")
    assert b"3601" not in (await output_of(lister))["stdout"]
    await lister.kill()
    assert (await stage.see(task)).state == "running"


async def test_a_command_ends_with_its_container(stage: Stage) -> None:
    task = await running(stage)
    process = await execute(stage, task, "sleep", "3602")
    await stage.backend.stop(task, 0)
    async with asyncio.timeout(10):
        assert await process.wait() == 137
    await process.kill()


async def test_no_command_runs_in_a_container_that_does_not(stage: Stage) -> None:
    task = await stage.run(stage.programs.ending(0))
    await stage.end_of(task)
    with pytest.raises(ExecFailed, match="not running"):
        await execute(stage, task, "true")


async def test_commands_leave_no_descriptors(stage: Stage) -> None:
    task = await running(stage)

    async def once(has_terminal: bool) -> None:
        process = await execute(stage, task, "true", has_terminal=has_terminal)
        await output_of(process)
        await process.kill()

    await once(False)
    before = len(os.listdir("/proc/self/fd"))
    for has_terminal in (False, True, False, True):
        await once(has_terminal)
    assert len(os.listdir("/proc/self/fd")) == before
