"""Commands inside containers of the local backend."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import OneImage, ShellPrograms, local_stage

from hostless.compute.local import host
from hostless.compute.seam import ExecFailed, ExecProcess, TaskSpec, UlimitSpec
from hostless.domain.tasks import IsolationLevel

pytestmark = pytest.mark.root


@pytest.fixture(params=["crun", "runc", "runsc"])
async def any_stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    busybox: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    find = host.find_program
    if find(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    if request.param == "runc":
        monkeypatch.setattr(host, "find_program", lambda n: None if n == "crun" else find(n))
    level: IsolationLevel = "gvisor" if request.param == "runsc" else "container"
    async with local_stage(tmp_path / "compute", OneImage(busybox), level) as found:
        yield found


async def running(stage: Stage, **more: object) -> TaskSpec:
    wishes = {"user": "1000", "environment": (("COLOUR", "green"),), **more}
    return await stage.run(ShellPrograms().shell("sleep 3600", **wishes))


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


@pytest.mark.parametrize("has_terminal", [False, True])
async def test_a_command_has_the_containers_surroundings_with_every_runtime(
    any_stage: Stage, has_terminal: bool
) -> None:
    task = await running(
        any_stage,
        working_directory="/home/web",
        capabilities_dropped=("ALL",),
        ulimits=(UlimitSpec(name="nofile", soft=777, hard=777),),
    )
    line = "id -u; pwd; echo $COLOUR $TERM $LANG; grep -E 'Cap(Eff|Bnd)' /proc/self/status"
    line += "; ulimit -n"
    process = await execute(any_stage, task, "sh", "-c", line, has_terminal=has_terminal)
    words = (await output_of(process))["stdout"].decode().split()
    await process.kill()
    told = ["green", "xterm-256color", "C.UTF-8"]
    none = "0" * 16
    assert words == ["0", "/home/web", *told, "CapEff:", none, "CapBnd:", none, "777"]


async def test_a_locale_of_the_containers_own_stays_and_a_terminals_type_does_not(
    stage: Stage,
) -> None:
    task = await running(stage, environment=(("TERM", "vt100"), ("LANG", "de_DE.UTF-8")))
    process = await execute(stage, task, "sh", "-c", "echo $TERM $LANG", has_terminal=True)
    assert await output_of(process) == {"stdout": b"xterm-256color de_DE.UTF-8\r\n"}
    await process.kill()


@pytest.mark.parametrize("has_terminal", [False, True])
async def test_environment_values_are_on_no_command_line_and_in_no_file_that_stays(
    any_stage: Stage, tmp_path: Path, has_terminal: bool
) -> None:
    task = await running(any_stage, environment=(("TOKEN", "w0nderfully-hidden"),))
    process = await execute(any_stage, task, "sleep", "3603", has_terminal=has_terminal)
    assert not [line for line in command_lines() if "w0nderfully-hidden" in line]
    assert os.listdir(tmp_path / "compute/run/x") == []
    await process.kill()


def command_lines() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_text(errors="replace"))
    return found


async def test_what_a_killed_engine_left_of_a_command_is_gone_with_the_next(
    tmp_path: Path, busybox: Path
) -> None:
    root = tmp_path / "compute"
    async with local_stage(root, OneImage(busybox)) as stage:
        (root / "run/x/left").mkdir()
        (root / "run/x/left/process.json").touch()
        await stage.backend.close()
        await stage.backend.open()
        assert os.listdir(root / "run/x") == []


async def test_a_killed_engines_commands_are_ended_by_the_next_and_their_container_runs_on(
    stage: Stage,
) -> None:
    task = await running(stage)
    process = await execute(stage, task, "sh", "-c", "sleep 3611 & sleep 3612; true")
    async with asyncio.timeout(30):
        while "sleep 3612" not in await processes_of(stage, task):
            pass
    await stage.backend.close()  # which ends no command, as little as a crash does
    await stage.backend.open()
    assert "sleep 361" not in await processes_of(stage, task)
    assert (await stage.see(task)).state == "running"
    async with asyncio.timeout(10):
        await process.wait()
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


async def check(stage: Stage, task: TaskSpec, line: str) -> ExecProcess:
    return await stage.backend.exec(
        task.id, "main", ("sh", "-c", line), has_terminal=False, is_health_check=True
    )


async def processes_of(stage: Stage, task: TaskSpec) -> str:
    lister = await execute(stage, task, "ps")
    listed = (await output_of(lister))["stdout"].decode()
    await lister.kill()
    return listed


async def test_a_health_check_runs_as_the_containers_own_user(stage: Stage) -> None:
    task = await stage.run(
        ShellPrograms().shell(
            "sleep 3600",
            user="web",
            working_directory="/home/web",
            environment=(("COLOUR", "green"),),
        )
    )
    process = await check(stage, task, "id -un; id -Gn; pwd; echo $COLOUR; exit 3")
    words = (await output_of(process))["stdout"].decode().split("\n")
    assert words == ["web", "web disk log", "/home/web", "green", ""]
    assert await process.wait() == 3
    await process.kill()


async def test_a_killed_command_takes_along_what_it_started(stage: Stage) -> None:
    task = await running(stage)
    process = await check(stage, task, "sleep 3604 & sh -c 'sleep 3605; sleep 3606'; true")
    async with asyncio.timeout(30):
        while "3605" not in await processes_of(stage, task):
            pass
        await process.kill()
    assert "sleep 360" not in (await processes_of(stage, task)).replace("sleep 3600", "")
    assert (await stage.see(task)).state == "running"


async def test_a_command_that_is_no_longer_wanted_while_it_starts_leaves_nothing(
    stage: Stage,
) -> None:
    task = await running(stage)
    await processes_of(stage, task)  # by now the backend's threads have all they open
    descriptors = len(os.listdir("/proc/self/fd"))
    for delay in (0.0, 0.001, 0.003, 0.005, 0.008, 0.012):
        starting = asyncio.create_task(check(stage, task, "sleep 3607; true"))
        await asyncio.wait([starting], timeout=delay)
        if starting.done():
            await starting.result().kill()
        else:
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
    assert "3607" not in await processes_of(stage, task)
    assert len(os.listdir("/proc/self/fd")) == descriptors
