"""Unit tests of what a simulated machine remembers, and of the backend's doings on it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hostless.compute.seam import ContainerSpec, ExecFailed, TaskSpec
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.compute.simulated.machine import (
    SimulatedContainer,
    SimulatedMachine,
    SimulatedTask,
)
from hostless.domain.arns import TaskId
from hostless.domain.network import NetworkPlace
from hostless.kit.simulated_time import LoopClock, run_simulated

PLACE = NetworkPlace(
    namespace_path=None, address="10.0.0.9", host_name="host", hosts=(), resolver_lines=()
)
TASK = TaskSpec(
    id=TaskId("a" * 32),
    cpu_units=256,
    memory_mib=512,
    ephemeral_storage_gib=20,
    isolation="simulated",
    containers=(ContainerSpec(name="main", image="i", stop_timeout_seconds=30),),
)


def simulated(number: int) -> SimulatedTask:
    container = SimulatedContainer(name="main", runtime_id="r", starts=1, started_at=1.0)
    return SimulatedTask(id=TaskId(f"{number:032x}"), containers=(container,))


@contextlib.contextmanager
def opened(file: Path) -> Iterator[SimulatedMachine]:
    machine = SimulatedMachine(file)
    machine.open()
    yield machine
    machine.close()


def test_a_machine_remembers_its_tasks(tmp_path: Path) -> None:
    with opened(tmp_path / "machine") as first:
        for number in range(3):
            first.put(simulated(number))
        first.remove(simulated(1).id)
    with opened(tmp_path / "machine") as second:
        assert list(second.tasks().values()) == [simulated(0), simulated(2)]
    assert len((tmp_path / "machine").read_text().splitlines()) == 2, "written anew at open"


def test_a_line_cut_short_by_a_crash_does_not_count(tmp_path: Path) -> None:
    with opened(tmp_path / "machine") as machine:
        machine.put(simulated(0))
    with (tmp_path / "machine").open("ab") as file:
        file.write(b'{"id":"0000')
    with opened(tmp_path / "machine") as machine:
        assert list(machine.tasks()) == [simulated(0).id]


def test_a_machine_survives_the_killing_of_its_engine(tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from hostless.compute.simulated.machine import SimulatedMachine, SimulatedTask
        machine = SimulatedMachine(Path(sys.argv[1]))
        machine.open()
        for number in range(100):
            machine.put(SimulatedTask(id=f"{number:032x}"))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    file = tmp_path / "machine"
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), file], env=dict(os.environ), check=False
    )
    assert run.returncode == -signal.SIGKILL
    with opened(file) as machine:
        assert len(machine.tasks()) == 100


def on_a_machine(*behaviours: Behaviour) -> SimulatedBackend:
    return SimulatedBackend(LoopClock(), Simulation(behaviour=behaviours))


def test_an_end_that_came_while_nobody_looked_has_its_time_and_code() -> None:
    async def main() -> None:
        backend = on_a_machine(Behaviour(exit_after_seconds=5.0, exit_code=9))
        await backend.start(TASK, PLACE)
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(100)
        seen = (await backend.observe(TASK.id)).containers["main"]
        assert seen.exit_code == 9
        assert seen.started_at is not None
        assert seen.finished_at == seen.started_at + 5
        assert begun == 0

    run_simulated(main())


def test_a_hint_comes_when_a_container_ends_and_when_a_host_is_lost() -> None:
    async def main() -> None:
        backend = on_a_machine(Behaviour(exit_after_seconds=5.0, host_lost_after_seconds=8.0))
        hints: list[float] = []
        backend.on_change(lambda task_id: hints.append(asyncio.get_running_loop().time()))
        await backend.start(TASK, PLACE)
        await asyncio.sleep(100)
        assert [round(at, 3) for at in hints] == [5, 8]
        assert (await backend.observe(TASK.id)).is_lost

    run_simulated(main())


def test_the_containers_of_a_lost_host_ran_until_then() -> None:
    async def main() -> None:
        backend = on_a_machine()
        await backend.start(TASK, PLACE)
        await asyncio.sleep(3)
        backend.lose_host(TASK.id)
        await asyncio.sleep(10)
        seen = await backend.observe(TASK.id)
        main = seen.containers["main"]
        assert seen.is_lost
        assert (main.state, main.exit_code) == ("exited", None)
        assert main.started_at is not None
        assert main.finished_at == main.started_at + 3
        await backend.stop(TASK, main.started_at)
        assert await backend.stats({TASK.id: ["main"]}) == {}

    run_simulated(main())


@pytest.mark.parametrize(
    ("behaviour", "seconds", "code"),
    [
        (Behaviour(stop_seconds=4.0), 4, 143),
        (Behaviour(stop_seconds=4.0, stop_exit_code=0), 4, 0),
        (Behaviour(stop_seconds=40.0), 30, 137),
        (Behaviour(ignores_stop_signal=True), 30, 137),
        (Behaviour(ignores_stop_signal=True, exit_after_seconds=7.0, exit_code=2), 7, 2),
    ],
)
def test_a_stopped_container_ends_as_its_behaviour_says(
    behaviour: Behaviour, seconds: float, code: int
) -> None:
    async def main() -> None:
        backend = on_a_machine(behaviour)
        await backend.start(TASK, PLACE)
        since = LoopClock().now()
        await backend.stop(TASK, since)
        seen = (await backend.observe(TASK.id)).containers["main"]
        assert (seen.exit_code, seen.finished_at) == (code, pytest.approx(since + seconds))

    run_simulated(main())


def test_a_stop_that_was_interrupted_goes_on_where_it_was() -> None:
    async def main() -> None:
        backend = on_a_machine(Behaviour(ignores_stop_signal=True))
        await backend.start(TASK, PLACE)
        since = LoopClock().now()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(20):
                await backend.stop(TASK, since)
        await backend.stop(TASK, since)
        assert LoopClock().now() == pytest.approx(since + 30)

    run_simulated(main())


def test_stats_follow_the_load() -> None:
    async def main() -> None:
        backend = on_a_machine(Behaviour(cpu_load=0.5, memory_mib=100))
        await backend.start(TASK, PLACE)
        await asyncio.sleep(10)
        stats = (await backend.stats({TASK.id: ["main"]}))[TASK.id].containers["main"]
        assert stats.cpu_nanoseconds == pytest.approx(5e9)
        assert (stats.memory_bytes, stats.processes) == (100 * 1024 * 1024, 1)

    run_simulated(main())


def test_a_command_shows_itself_and_echoes_what_is_typed() -> None:
    async def main() -> None:
        backend = on_a_machine()
        await backend.start(TASK, PLACE)
        process = await backend.exec(TASK.id, "main", ("ls", "-l"), has_terminal=True)
        assert await process.read() == ("stdout", b"simulated: ls -l\n")
        await process.write(b"hello")
        assert await process.read() == ("stdout", b"hello")
        await process.close_input()
        assert await process.read() is None
        assert await process.wait() == 0
        killed = await backend.exec(TASK.id, "main", ("sleep",), has_terminal=True)
        await killed.kill()
        assert await killed.wait() == 137
        once = await backend.exec(TASK.id, "main", ("ls",), has_terminal=False)
        assert await once.wait() == 0

    run_simulated(main())


def test_no_command_runs_in_a_container_that_does_not() -> None:
    async def main() -> None:
        backend = on_a_machine(Behaviour(exit_after_seconds=1.0))
        with pytest.raises(ExecFailed, match="not running"):
            await backend.exec(TASK.id, "main", ("ls",), has_terminal=False)
        await backend.start(TASK, PLACE)
        await asyncio.sleep(2)
        with pytest.raises(ExecFailed, match="not running"):
            await backend.exec(TASK.id, "main", ("ls",), has_terminal=False)

    run_simulated(main())


def test_health_checks_pass_while_the_behaviour_says_so() -> None:
    async def main() -> None:
        backend = on_a_machine(
            Behaviour(
                healthy_after_seconds=10.0, unhealthy_after_seconds=20.0, health_check_seconds=2.0
            )
        )
        await backend.start(TASK, PLACE)

        async def outcome() -> int:
            check = await backend.exec(
                TASK.id, "main", ("true",), has_terminal=False, is_health_check=True
            )
            assert await check.read() is None
            return await check.wait()

        found = []
        for _ in range(13):
            found.append(await outcome())
        assert found == [1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1]
        check = await backend.exec(
            TASK.id, "main", ("true",), has_terminal=False, is_health_check=True
        )
        await check.kill()
        assert await check.wait() == 137

    run_simulated(main())


def test_a_proxy_starts_first_and_is_told_to_stop_when_the_others_have_ended() -> None:
    proxy = ContainerSpec(name="proxy", image="p", role="proxy", stop_timeout_seconds=30)
    task = replace(TASK, containers=(*TASK.containers, proxy))

    async def main() -> None:
        backend = on_a_machine(
            Behaviour(container="proxy", start_seconds=2.0, stop_seconds=1.0),
            Behaviour(container="main", start_seconds=3.0, stop_seconds=5.0),
        )
        await backend.start(task, PLACE)
        began = LoopClock().now()
        await backend.stop(task, began)
        seen = (await backend.observe(TASK.id)).containers
        assert seen["proxy"].started_at == pytest.approx(began - 3)
        assert seen["main"].finished_at == pytest.approx(began + 5)
        assert seen["proxy"].finished_at == pytest.approx(began + 6)

    run_simulated(main())
