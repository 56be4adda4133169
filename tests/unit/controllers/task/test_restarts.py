"""Containers with a restart policy: what a task makes of their ends, under simulated time."""

import asyncio
from asyncio import TaskGroup
from dataclasses import replace

from tests.support.plant import Plant, in_plant
from tests.support.task_views import ENDED, NOW, PENDING, RUNS, after, kinds, seen, stopped, view
from tests.support.tasks import definition_of

from hostless.compute.simulated.behaviour import Behaviour
from hostless.controllers.task.actions import Restart
from hostless.controllers.task.changes import not_restarted, with_seen
from hostless.controllers.task.decide import TaskView, decide
from hostless.controllers.task.shared_volumes import SharedVolumes
from hostless.domain.container_definitions import ContainerDefinition, ContainerRestartPolicy
from hostless.domain.tasks import Task

MINUTE = ContainerRestartPolicy(enabled=True, ignored_exit_codes=(9,), restart_attempt_period=60)
AGAIN = definition_of(
    ContainerDefinition(name="main", image="main", restart_policy=MINUTE),
    ContainerDefinition(name="side", image="side", essential=False),
)
LASTED = replace(ENDED, finished_at=NOW + 60)


def running_task() -> Task:
    task = with_seen(PENDING, seen(main=RUNS, side=RUNS))
    return replace(task, status="RUNNING", pull_stopped_at=NOW, started_at=NOW)


def watched(task: Task, **fields: object) -> TaskView:
    return view(task, definition=AGAIN, **fields)


def test_an_essential_container_that_lasted_runs_anew_and_its_task_goes_on() -> None:
    (restart,) = decide(watched(running_task(), seen=seen(main=LASTED, side=RUNS))).actions
    assert isinstance(restart, Restart)
    assert (restart.container, restart.ended) == ("main", LASTED)


def test_a_container_whose_file_system_cannot_be_had_any_more_is_not_run_without_it() -> None:
    gone = SharedVolumes(refusal="no such access point")
    there = seen(main=LASTED, side=RUNS)
    (restart,) = decide(watched(running_task(), seen=there, shared=gone)).actions
    assert isinstance(restart, Restart)
    assert restart.refusal == "no such access point"


def test_what_is_due_to_run_anew_is_shown_as_running_beside_what_ended_for_good() -> None:
    there = seen(main=LASTED, side=ENDED)
    shown = after(decide(watched(running_task(), seen=there)))
    assert [c.status for c in shown.containers] == ["RUNNING", "STOPPED"]
    assert shown.goal == "RUNNING"
    assert kinds(decide(watched(shown, seen=there))) == [Restart]


def test_a_container_that_did_not_last_ends_its_task() -> None:
    task = after(decide(watched(running_task(), seen=seen(main=ENDED, side=RUNS))))
    assert task.stop_request is not None
    assert task.stop_request.code == "EssentialContainerExited"
    assert task.containers[0].exit_code == 5


def test_nothing_runs_anew_in_a_task_that_has_to_stop() -> None:
    task = stopped(running_task())
    shown = after(decide(watched(task, seen=seen(main=LASTED, side=RUNS))))
    assert (shown.status, shown.containers[0].status) == ("DEACTIVATING", "STOPPED")


def test_an_end_that_was_written_down_is_final() -> None:
    task = not_restarted(running_task(), "main", LASTED, "CannotStartContainerError: no")
    assert task.containers[0].status == "STOPPED"
    assert task.containers[0].exit_code == 5
    assert task.containers[0].reason == "CannotStartContainerError: no"
    assert after(decide(watched(task, seen=seen(main=LASTED, side=RUNS)))).goal == "STOPPED"


def test_a_restart_is_counted_and_its_health_begins_anew() -> None:
    task = running_task()
    healthy = replace(task, containers=tuple(replace(c, health="HEALTHY") for c in task.containers))
    anew = replace(RUNS, started_at=NOW + 61, restarts=1)
    shown = after(decide(watched(healthy, seen=seen(main=anew, side=RUNS))))
    main, side = shown.containers
    assert (main.restart_count, main.health, main.started_at) == (1, "UNKNOWN", NOW + 61)
    assert (side.restart_count, side.health) == (0, "HEALTHY")
    assert shown.started_at == NOW


def test_a_container_runs_anew_until_it_does_not_last_or_its_code_is_ignored() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(AGAIN)
        task = await plant.until(await plant.api.run_task(AGAIN), "RUNNING")
        runtime_id = task.containers[0].runtime_id
        task = await plant.when(task, lambda now: now.containers[0].restart_count == 3)
        assert task.containers[0].runtime_id == runtime_id
        assert task.status == "RUNNING"
        await plant.kill()
        await asyncio.sleep(200)
        await plant.start(group)
        task = await plant.when(task, lambda now: now.containers[0].restart_count == 4)
        await plant.api.stop_task(task.arn)
        task = await plant.until(task, "STOPPED")
        assert task.containers[0].restart_count == 4

    in_plant(scene, Behaviour(image="main", exit_after_seconds=70.0, exit_code=1))
    ends = Behaviour(image="main", exit_after_seconds=70.0, exit_code=9)
    in_plant(ends_at_once, ends)
    in_plant(ends_at_once, replace(ends, exit_after_seconds=50.0, exit_code=1))


async def ends_at_once(plant: Plant, group: TaskGroup) -> None:
    await plant.api.prepare(AGAIN)
    task = await plant.until(await plant.api.run_task(AGAIN), "STOPPED")
    assert task.containers[0].restart_count == 0
    assert task.stop_request is not None
    assert task.stop_request.code == "EssentialContainerExited"


def test_a_container_that_cannot_be_had_again_has_ended_for_good() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(AGAIN)
        task = await plant.until(await plant.api.run_task(AGAIN), "RUNNING")
        plant.backend.simulation = replace(
            plant.backend.simulation,
            behaviour=(Behaviour(start_failure="CannotStartContainerError: no"),),
        )
        task = await plant.until(task, "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.code == "EssentialContainerExited"
        main = task.containers[0]
        assert (main.exit_code, main.reason) == (1, "CannotStartContainerError: no")

    in_plant(scene, Behaviour(image="main", exit_after_seconds=70.0, exit_code=1))
