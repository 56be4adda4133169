"""The local backend keeps the contract with gVisor, as far as gVisor does."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.compute_suite import ComputeSuite, Stage
from tests.support.connect import until
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    leftovers,
    local_backend,
    local_stage,
    made_namespace,
    make_place,
    wait_for_log,
)

from hostless.compute.local import gvisor_trial, host, lanes, sandboxes
from hostless.compute.local.backend import LocalBackend
from hostless.compute.local.folders import Folders
from hostless.compute.local.monitor import hold_writer
from hostless.compute.local.processes import find_mark
from hostless.compute.seam import ContainerSpec, ExecFailed, StartFailed, TaskSpec
from hostless.domain.service_connect import PROXY_IMAGE
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import SystemClock

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed"),
]
SHELL = ShellPrograms()


@pytest.fixture
def namespace() -> Iterator[Path]:
    yield from made_namespace()


@pytest.fixture
async def stage(tmp_path: Path, busybox: Path) -> AsyncIterator[Stage]:
    async with local_stage(tmp_path / "compute", OneImage(busybox), "gvisor") as found:
        yield found


def stage_of(backend: LocalBackend, isolation: IsolationLevel) -> Stage:
    return Stage(
        backend=backend,
        programs=SHELL,
        place=make_place(),
        clock=SystemClock(),
        isolation=isolation,
    )


class TestGvisorCompute(ComputeSuite):
    async def test_a_container_over_its_memory_limit_is_killed_and_says_so(
        self, stage: Stage
    ) -> None:
        """The task's limit holds for the sandbox, which ends with all its containers."""
        hungry = SHELL.shell("tail -c 1000000000 /dev/zero", "eats")
        task = await stage.run(stage.programs.forever("web"), hungry, memory_mib=128)
        for name in ("eats", "web"):
            seen = await stage.end_of(task, name)
            assert seen.exit_code == 137
            assert seen.reason == "OutOfMemoryError: Container killed due to memory usage"


async def test_containers_run_in_a_kernel_of_their_own_and_share_localhost(
    stage: Stage, namespace: Path
) -> None:
    task = stage.task(
        SHELL.shell("dmesg | head -1; while :; do echo hello | nc -l -p 8080; done", "web"),
        SHELL.shell("until nc 127.0.0.1 8080 2>/dev/null | grep hello; do :; done", "side"),
    )
    await stage.backend.pull(task)
    await stage.backend.start(task, make_place(namespace))
    for name, text in (("side", "hello"), ("web", "gVisor")):
        path = stage.backend.log_file(task.id, name)
        assert path is not None
        assert text in await wait_for_log(path, text)


async def test_commands_run_inside_with_pipes_and_with_a_terminal(stage: Stage) -> None:
    task = await stage.run(stage.programs.forever())
    for has_terminal, wanted in ((False, b"out\n"), (True, b"out\r\n")):
        process = await stage.backend.exec(
            task.id, "main", ("sh", "-c", "echo out; exit 9"), has_terminal=has_terminal
        )
        found = b""
        while (piece := await process.read()) is not None:
            found += piece[1]
        assert found == wanted
        assert await process.wait() == 9
        await process.kill()
    with pytest.raises(ExecFailed):
        await stage.backend.exec(task.id, "main", ("no-such-program",), has_terminal=False)


async def test_a_killed_command_takes_along_what_it_started(stage: Stage) -> None:
    task = await stage.run(stage.programs.forever())
    line = "sleep 3604 & sh -c 'sleep 3605; sleep 3606'; true"
    process = await stage.backend.exec(
        task.id, "main", ("sh", "-c", line), has_terminal=False, is_health_check=True
    )
    while "3605" not in await processes_of(stage, task):
        pass
    async with asyncio.timeout(10):
        await process.kill()
    listed = await processes_of(stage, task)
    assert not [number for number in ("3604", "3605", "3606") if number in listed]


async def processes_of(stage: Stage, task: TaskSpec) -> str:
    lister = await stage.backend.exec(task.id, "main", ("ps",), has_terminal=False)
    listed = b""
    while (piece := await lister.read()) is not None:
        listed += piece[1]
    await lister.kill()
    return listed.decode()


async def test_statistics_tell_of_each_container(stage: Stage) -> None:
    task = await stage.run(stage.programs.forever())
    await stage.ready(task)
    stats = await stage.used(task)
    assert stats.memory_bytes > 0
    assert stats.processes >= 1


async def test_containers_of_a_sandbox_are_told_apart_only_when_asked(stage: Stage) -> None:
    task = await stage.run(stage.programs.forever(), SHELL.forever("side"))
    await stage.ready(task)
    names = {task.id: ["main", "side"]}
    quick = (await stage.backend.stats(names))[task.id]
    assert quick.containers == {}
    assert quick.whole.cpu_nanoseconds > 0
    slow = (await stage.backend.stats(names, is_thorough=True))[task.id]
    assert set(slow.containers) == {"main", "side"}


async def test_a_containers_own_terminal_is_refused(stage: Stage) -> None:
    with pytest.raises(StartFailed, match="pseudoTerminal is not available"):
        await stage.run(SHELL.shell("true", has_terminal=True))


async def test_another_engine_takes_a_sandbox_over(tmp_path: Path, busybox: Path) -> None:
    root = tmp_path / "compute"
    first = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock(), "gvisor")
    await first.open()
    stage = stage_of(first, "gvisor")
    side = SHELL.shell("echo ready; sleep 1; exit 3", "side")
    task = await stage.run(SHELL.forever("web"), side)
    for name in ("web", "side"):
        path = first.log_file(task.id, name)
        assert path is not None
        await wait_for_log(path, "ready")
    hold_writer(root, task.id, "side", is_held=True)  # its monitor has yet to write the exit code
    script = int((Folders(root=root).container(task.id, "side").bundle / "pid").read_text())
    await until(lambda: find_mark(script) is None)
    await first.close()
    second = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock())
    await second.open()
    stage = stage_of(second, "gvisor")
    assert (await stage.end_of(task, "side")).exit_code == 3
    assert (await stage.see(task, "web")).state == "running"
    await stage.stop(task)
    assert (await stage.see(task, "web")).exit_code == 0
    await second.remove(task.id)
    await second.purge()
    await second.close()


async def test_tasks_in_gvisor_go_on_and_end_when_runsc_has_gone_away(
    tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "compute"
    first = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock(), "gvisor")
    await first.open()
    task = await stage_of(first, "gvisor").run(SHELL.stubborn())
    path = first.log_file(task.id, "main")
    assert path is not None
    await wait_for_log(path, "ready")
    await first.close()
    find = host.find_program
    for module in (gvisor_trial, host, sandboxes):
        monkeypatch.setattr(module, "find_program", lambda n: None if "runsc" in n else find(n))
    monkeypatch.setattr(lanes, "_ONCE_BACK", tmp_path / "runsc")
    second = LocalBackend(root, engine_id_for(root), OneImage(busybox), SystemClock(), "auto")
    await second.open()
    assert "runsc has gone away while tasks run in gVisor" in caplog.text
    stage = stage_of(second, "gvisor")
    assert (await stage.see(task)).state == "running"
    with pytest.raises(ExecFailed, match="runsc is not installed"):
        await second.exec(task.id, "main", ("true",), has_terminal=False)
    assert await second.stats({task.id: ["main"]}, is_thorough=True)
    with pytest.raises(StartFailed, match="runsc is not installed"):
        await stage.run(SHELL.ending(0))
    await stage.stop(task)
    assert (await stage.see(task)).exit_code == 137
    await second.purge()
    await second.close()
    assert leftovers(root) == []


async def test_a_trial_that_was_not_in_time_is_made_again_later(
    tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gvisor_trial, "_TRIAL_SECONDS", 0.001)
    async with local_backend(tmp_path / "compute", OneImage(busybox), "gvisor") as backend:
        stage = stage_of(backend, "gvisor")
        with pytest.raises(StartFailed, match="does not answer within"):
            await stage.run(SHELL.ending(0))
        monkeypatch.undo()
        with pytest.raises(StartFailed, match="does not answer within"):
            await stage.run(SHELL.ending(0))
        backend._open_site.lanes._holds_until = 0.0
        await stage.run(SHELL.ending(0))
        assert backend.capabilities.isolation_levels == ("container", "gvisor")


async def test_without_runsc_auto_is_containers_and_gvisor_is_refused_with_what_to_do(
    tmp_path: Path, busybox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    find = host.find_program
    missing = {"runsc"}
    monkeypatch.setattr(
        gvisor_trial, "find_program", lambda name: None if name in missing else find(name)
    )
    async with local_backend(tmp_path / "compute", OneImage(busybox), "auto") as backend:
        assert backend.capabilities.isolation_levels == ("container",)
        assert "tasks are isolated by containers only" in caplog.text
        stage = stage_of(backend, "gvisor")
        with pytest.raises(StartFailed) as caught:
            await stage.run(SHELL.forever())
        assert caught.value.reason == (
            "ResourceInitializationError: runsc is not installed (apt-get install runsc); choose "
            "hostless:isolation=container or auto for the task, or mend this host"
        )


async def test_gvisor_is_tried_once_and_by_an_engine_of_containers_only_when_asked_for(
    tmp_path: Path, busybox: Path
) -> None:
    root = tmp_path / "compute"
    memory = root / "gvisor.json"
    async with local_backend(root, OneImage(busybox), "container") as backend:
        assert backend.capabilities.isolation_levels == ("container",)
        assert not memory.exists()
        await stage_of(backend, "gvisor").run(SHELL.ending(0))
        assert backend.capabilities.isolation_levels == ("container", "gvisor")
        tried_at = memory.stat().st_mtime_ns
        await backend.close()
        await backend.open()
        assert backend.capabilities.isolation_levels == ("container", "gvisor")
        assert memory.stat().st_mtime_ns == tried_at


async def test_a_proxy_of_service_connect_is_refused_because_nothing_could_lead_to_it(
    stage: Stage, namespace: Path
) -> None:
    proxy = ContainerSpec(name="ecs-service-connect-abcde", image=PROXY_IMAGE, role="proxy")
    task = stage.task(stage.programs.forever("web"), proxy)
    with pytest.raises(StartFailed, match="Service Connect is not available at this isolation"):
        await stage.backend.start(task, make_place(namespace))
    await stage.backend.remove(task.id)


async def test_a_start_that_an_engine_did_not_see_the_end_of_is_seen_by_the_next(
    stage: Stage, tmp_path: Path
) -> None:
    for task in (
        await stage.run(stage.programs.forever()),
        await stage.run(stage.programs.forever(), stage.programs.forever("side")),
    ):
        await stage.ready(task)
        before = await stage.see(task)
        folder = Folders(root=(tmp_path / "compute").resolve()).container(task.id, "main")
        (folder.bundle / "begun").unlink()
        assert (await stage.see(task)).state == "created"
        await stage.backend.start(task, stage.place)
        after = await stage.see(task)
        assert (after.state, after.runtime_id) == ("running", before.runtime_id)
        assert folder.log.read_text().count("ready") == 1


async def test_one_container_has_a_sandbox_without_a_process_beside_it(
    stage: Stage, tmp_path: Path
) -> None:
    states = Folders(root=(tmp_path / "compute").resolve()).run / "runsc"
    restarting = replace(stage.programs.forever(), may_restart=True)
    for containers, sandboxed in (
        ((stage.programs.forever(),), 1),
        ((restarting,), 2),
        ((stage.programs.forever(), stage.programs.forever("side")), 3),
    ):
        task = await stage.run(*containers)
        assert len(list(states.glob(f"{task.id}*.state"))) == sandboxed


async def test_the_end_of_a_program_that_ends_at_once_is_told(stage: Stage) -> None:
    task = await stage.run(stage.programs.ending(7))
    assert (await stage.end_of(task)).exit_code == 7
