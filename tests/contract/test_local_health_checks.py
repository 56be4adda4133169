"""One health check after the other in a real container: what passes, and what is left."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import OneImage, ShellPrograms, local_stage, make_busybox

from hostless.compute.seam import TaskSpec
from hostless.controllers.health.decide import Patient
from hostless.controllers.health.probe import Prober
from hostless.domain.arns import TaskArn
from hostless.domain.health import CheckPlan

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_busybox(tmp_path_factory.mktemp("busybox"))


@pytest.fixture
async def stage(tmp_path: Path, busybox: Path) -> AsyncIterator[Stage]:
    async with local_stage(tmp_path / "compute", OneImage(busybox)) as found:
        yield found


def patient(task: TaskSpec, *command: str, timeout_seconds: float = 30.0) -> Patient:
    plan = CheckPlan(
        command=command,
        interval_seconds=30.0,
        timeout_seconds=timeout_seconds,
        retries=3,
        start_period_seconds=0.0,
    )
    return Patient(
        task_arn=TaskArn("arn"),
        task_id=task.id,
        container="main",
        started_at=0.0,
        recorded="UNKNOWN",
        plan=plan,
    )


def shell(task: TaskSpec, line: str, **fields: float) -> Patient:
    return patient(task, "/bin/sh", "-c", line, **fields)


async def output_of(stage: Stage, task: TaskSpec, *command: str) -> str:
    process = await stage.backend.exec(task.id, "main", command, has_terminal=False)
    said = b""
    while (piece := await process.read()) is not None:
        said += piece[1]
    await process.kill()
    return said.decode()


async def test_the_exit_code_decides_and_output_does_not_matter(stage: Stage) -> None:
    task = await stage.run(ShellPrograms().shell("sleep 3600"))
    prober = Prober(stage.backend)
    assert await prober.passes(patient(task, "true")) is True
    assert await prober.passes(patient(task, "false")) is False
    assert await prober.passes(patient(task, "no-such-program")) is False
    flood = "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; cat; exit 0"
    assert await prober.passes(shell(task, flood)) is True


async def test_what_a_check_leaves_in_the_background_is_not_waited_for(stage: Stage) -> None:
    task = await stage.run(ShellPrograms().shell("sleep 3600"))
    async with asyncio.timeout(20):
        assert await Prober(stage.backend).passes(shell(task, "sleep 3608 & exit 0")) is True


async def test_a_check_that_is_too_slow_is_killed_in_time_and_so_is_one_that_is_called_off(
    stage: Stage,
) -> None:
    task = await stage.run(ShellPrograms().shell("sleep 3600"))
    prober = Prober(stage.backend)
    began = time.monotonic()
    slow = "trap '' TERM; sleep 3609; sleep 3610"
    assert await prober.passes(shell(task, slow, timeout_seconds=1.0)) is False
    assert time.monotonic() - began < 20
    checking = asyncio.create_task(prober.passes(shell(task, slow)))
    async with asyncio.timeout(20):
        while "3609" not in await output_of(stage, task, "ps"):
            assert not checking.done()
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    left = await output_of(stage, task, "ps")
    assert "3609" not in left
    assert "3610" not in left


async def test_a_container_that_has_ended_tells_nothing(stage: Stage) -> None:
    task = await stage.run(ShellPrograms().shell("sleep 3600"))
    prober = Prober(stage.backend)
    checking = asyncio.create_task(prober.passes(shell(task, "sleep 3612")))
    async with asyncio.timeout(20):
        while "3612" not in await output_of(stage, task, "ps"):
            assert not checking.done()
        await stage.backend.stop(task, 0.0)
        assert await checking is None
        assert await prober.passes(patient(task, "true")) is None
