"""What every compute backend must do; each backend's test module subclasses the suite."""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from hostless.compute.seam import (
    ComputeBackend,
    ContainerObservation,
    ContainerSpec,
    StartFailed,
    TaskObservation,
    TaskSpec,
)
from hostless.compute.stats import ContainerStats, TaskStats
from hostless.domain.arns import TaskId
from hostless.domain.network import NetworkPlace
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import Clock

PATIENCE_SECONDS = 20.0
TICK = 0.02
"""A file's time, which is a container's end, is that of the kernel's last tick."""
_numbers = itertools.count(1)


async def at_once(task: TaskSpec) -> None:
    """Simulated programs hear signals from their first instant."""


class Programs(Protocol):
    """Container definitions that behave as their name says, on the backend under test."""

    def forever(self, name: str = "main") -> ContainerSpec:
        """Runs until its stop signal, then ends with exit code 0."""

    def ending(self, code: int, name: str = "main") -> ContainerSpec:
        """Ends at once with this exit code."""

    def stubborn(self, name: str = "main") -> ContainerSpec:
        """Ignores its stop signal; its stop time-out is one second."""

    def hungry(self, name: str = "main") -> ContainerSpec:
        """Takes more memory than its hard limit of 16 MiB."""

    def missing_command(self, name: str = "main") -> ContainerSpec: ...

    def missing_image(self, name: str = "main") -> ContainerSpec: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A backend under test and what it needs. backend: opened.

    ready: returns when the task's programs have come so far as to hear their stop signal.
    """

    backend: ComputeBackend
    programs: Programs
    place: NetworkPlace
    clock: Clock
    isolation: IsolationLevel
    ready: Callable[[TaskSpec], Awaitable[None]] = at_once

    def task(self, *containers: ContainerSpec, memory_mib: int = 512) -> TaskSpec:
        return TaskSpec(
            id=TaskId(f"{os.getpid():x}{next(_numbers):x}".rjust(32, "0")),
            cpu_units=256,
            memory_mib=memory_mib,
            ephemeral_storage_gib=20,
            isolation=self.isolation,
            containers=containers,
        )

    async def run(self, *containers: ContainerSpec, memory_mib: int = 512) -> TaskSpec:
        task = self.task(*containers, memory_mib=memory_mib)
        await self.backend.pull(task)
        await self.backend.start(task, self.place)
        return task

    async def see(self, task: TaskSpec, container: str = "main") -> ContainerObservation:
        return (await self.backend.observe(task.id)).containers[container]

    async def stats(self, task: TaskSpec) -> TaskStats:
        names = [spec.name for spec in task.containers]
        return (await self.backend.stats({task.id: names}))[task.id]

    async def used(self, task: TaskSpec, container: str = "main") -> ContainerStats:
        return (await self.stats(task)).containers[container]

    async def stop(self, task: TaskSpec) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.backend.stop(task, self.clock.now())

    async def end_of(self, task: TaskSpec, container: str = "main") -> ContainerObservation:
        """Wait for the container's end, by the backend's hints alone."""
        changed = asyncio.Event()
        self.backend.on_change(hint_for(task.id, changed))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := await self.see(task, container)).state != "exited":
                await changed.wait()
                changed.clear()
        return found


def hint_for(task_id: TaskId, changed: asyncio.Event) -> Callable[[TaskId], None]:
    return lambda hinted: changed.set() if hinted == task_id else None


class ComputeSuite:
    """A subclass gives the fixture `stage`; whatever a test leaves is the fixture's to remove."""

    async def test_pulled_images_are_named_by_digest(self, stage: Stage) -> None:
        images = await stage.backend.pull(stage.task(stage.programs.forever()))
        assert images["main"].digest.startswith("sha256:")

    async def test_a_started_container_runs_and_has_an_id(self, stage: Stage) -> None:
        before = stage.clock.now()
        task = await stage.run(stage.programs.forever())
        seen = await stage.see(task)
        assert seen.state == "running"
        assert seen.runtime_id is not None
        assert seen.runtime_id.startswith(f"{task.id}-")
        assert seen.started_at is not None
        assert before <= seen.started_at <= stage.clock.now()
        assert task.id in await stage.backend.task_ids()

    @pytest.mark.parametrize("code", [0, 1, 42, 255])
    async def test_a_container_that_ends_leaves_its_exit_code(
        self, stage: Stage, code: int
    ) -> None:
        task = await stage.run(stage.programs.ending(code))
        seen = await stage.end_of(task)
        assert (seen.exit_code, seen.reason) == (code, None)
        assert seen.started_at is not None
        assert seen.finished_at is not None
        assert seen.started_at <= seen.finished_at <= stage.clock.now()

    async def test_each_container_of_a_task_is_seen_by_itself(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever("web"), stage.programs.ending(7, "side"))
        assert (await stage.end_of(task, "side")).exit_code == 7
        assert (await stage.see(task, "web")).state == "running"

    async def test_starting_again_starts_nothing_twice(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever("web"), stage.programs.ending(3, "side"))
        await stage.end_of(task, "side")
        before = await stage.backend.observe(task.id)
        await stage.backend.start(task, stage.place)
        assert await stage.backend.observe(task.id) == before

    async def test_containers_that_may_not_run_yet_are_made_and_run_later(
        self, stage: Stage
    ) -> None:
        task = stage.task(stage.programs.forever("first"), stage.programs.forever("later"))
        await stage.backend.pull(task)
        await stage.backend.start(task, stage.place, may_run=frozenset({"first"}))
        first = await stage.see(task, "first")
        assert first.state == "running"
        assert (await stage.see(task, "later")).state == "created"
        await stage.backend.start(task, stage.place, may_run=frozenset({"first", "later"}))
        assert await stage.see(task, "first") == first
        assert (await stage.see(task, "later")).state == "running"

    async def test_a_container_that_ended_is_let_be_when_others_begin(self, stage: Stage) -> None:
        task = stage.task(stage.programs.ending(3, "init"), stage.programs.forever("web"))
        await stage.backend.pull(task)
        await stage.backend.start(task, stage.place, may_run=frozenset({"init"}))
        ended = await stage.end_of(task, "init")
        await stage.backend.start(task, stage.place)
        assert await stage.see(task, "init") == ended
        assert (await stage.see(task, "web")).state == "running"

    async def test_a_task_with_containers_that_never_ran_is_stopped_and_removed(
        self, stage: Stage
    ) -> None:
        waits = replace(stage.programs.forever("waits"), depends_on=("first",))
        task = stage.task(stage.programs.stubborn("first"), waits)
        await stage.backend.pull(task)
        await stage.backend.start(task, stage.place, may_run=frozenset({"first"}))
        await stage.stop(task)
        assert (await stage.see(task, "first")).state == "exited"
        waits_for_ever = await stage.see(task, "waits")
        assert waits_for_ever.state in ("absent", "created")
        assert waits_for_ever.started_at is None
        await stage.backend.remove(task.id)
        assert task.id not in await stage.backend.task_ids()

    async def test_containers_stop_before_those_that_they_depend_on(self, stage: Stage) -> None:
        programs = stage.programs
        web = replace(programs.stubborn("web"), depends_on=("database",))
        database = replace(programs.stubborn("database"), depends_on=("cache",))
        task = await stage.run(programs.forever("cache"), database, web)
        await stage.ready(task)
        since = stage.clock.now()
        await stage.stop(task)
        ends = {
            name: (await stage.see(task, name)).finished_at or 0.0
            for name in ("web", "database", "cache")
        }
        assert ends["web"] >= since + 1 - TICK, ends["web"] - since
        assert ends["database"] >= ends["web"] + 1 - TICK
        assert ends["cache"] >= ends["database"]
        assert (await stage.see(task, "cache")).exit_code == 0

    async def test_nobody_is_given_time_to_stop_where_none_is_left(self, stage: Stage) -> None:
        stubborn = replace(stage.programs.stubborn("database"), stop_timeout_seconds=100)
        task = await stage.run(stubborn, replace(stubborn, name="web", depends_on=("database",)))
        await stage.ready(task)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await stage.backend.stop(task, 0.0)
        assert (await stage.see(task, "database")).exit_code == 137

    async def test_nothing_runs_before_the_task_is_connected(self, stage: Stage) -> None:
        task = stage.task(stage.programs.forever())
        await stage.backend.pull(task)
        before: list[TaskObservation] = []

        async def connect() -> None:
            before.append(await stage.backend.observe(task.id))

        await stage.backend.start(task, stage.place, connect())
        assert {c.state for c in before[0].containers.values()} <= {"absent", "created"}
        assert (await stage.see(task)).state == "running"

    async def test_a_task_that_is_never_connected_never_runs(self, stage: Stage) -> None:
        task = stage.task(stage.programs.forever())
        await stage.backend.pull(task)

        async def fail() -> None:
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await stage.backend.start(task, stage.place, fail())
        seen = await stage.backend.observe(task.id)
        assert {c.state for c in seen.containers.values()} <= {"absent", "created"}
        await stage.backend.remove(task.id)
        assert task.id not in await stage.backend.task_ids()

    async def test_a_container_that_ended_runs_anew_once_for_each_restart(
        self, stage: Stage
    ) -> None:
        task = await stage.run(stage.programs.ending(3), stage.programs.forever("web"))
        first, web = await stage.end_of(task), await stage.see(task, "web")
        assert (first.restarts, first.exit_code) == (0, 3)
        for restarts in (1, 2):
            await stage.backend.restart(task, stage.place, "main", restarts)
            await stage.backend.restart(task, stage.place, "main", restarts)
            ended = await stage.end_of(task)
            assert (ended.restarts, ended.exit_code) == (restarts, 3)
            assert ended.runtime_id == first.runtime_id
            assert ended.started_at is not None
            assert first.finished_at is not None
            assert ended.started_at >= first.finished_at
        await stage.backend.restart(task, stage.place, "main", 2)
        await stage.backend.start(task, stage.place)
        assert await stage.see(task) == ended
        assert await stage.see(task, "web") == web

    async def test_a_container_that_runs_is_not_restarted(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever())
        before = await stage.see(task)
        await stage.backend.restart(task, stage.place, "main", 1)
        assert await stage.see(task) == before

    async def test_a_restarted_container_is_stopped_like_any_other(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.stubborn())
        await stage.ready(task)
        await stage.stop(task)
        await stage.backend.restart(task, stage.place, "main", 1)
        assert (await stage.see(task)).state == "running"
        await stage.ready(task)
        await stage.stop(task)
        assert (await stage.see(task)).exit_code == 137
        assert (await stage.see(task)).restarts == 1

    async def test_a_stopped_container_ends_by_its_stop_signal(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever())
        await stage.ready(task)
        await stage.stop(task)
        seen = await stage.see(task)
        assert (seen.state, seen.exit_code, seen.reason) == ("exited", 0, None)

    async def test_a_container_that_will_not_stop_is_killed(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.stubborn())
        await stage.ready(task)
        since = stage.clock.now()
        await stage.stop(task)
        assert (await stage.see(task)).exit_code == 137
        assert stage.clock.now() - since >= 1

    async def test_time_to_stop_counts_from_when_stopping_began(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.stubborn())
        await stage.ready(task)
        began = stage.clock.now()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await stage.backend.stop(task, began - 100)
        assert (await stage.see(task)).exit_code == 137
        assert stage.clock.now() - began < 1

    async def test_stopping_what_has_stopped_is_no_error(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.ending(0))
        await stage.end_of(task)
        await stage.stop(task)
        await stage.stop(stage.task(stage.programs.forever()))

    async def test_a_container_over_its_memory_limit_is_killed_and_says_so(
        self, stage: Stage
    ) -> None:
        task = await stage.run(stage.programs.hungry("eats"), stage.programs.forever("web"))
        seen = await stage.end_of(task, "eats")
        assert seen.exit_code == 137
        assert seen.reason == "OutOfMemoryError: Container killed due to memory usage"
        assert (await stage.see(task, "web")).state == "running"

    async def test_a_missing_command_fails_the_start_of_its_container(self, stage: Stage) -> None:
        task = stage.task(stage.programs.forever("web"), stage.programs.missing_command("bad"))
        await stage.backend.pull(task)
        with pytest.raises(StartFailed) as failure:
            await stage.backend.start(task, stage.place)
        assert failure.value.reason.startswith("CannotStartContainerError: ")
        assert failure.value.container == "bad", failure.value.reason
        await stage.stop(task)
        await stage.backend.remove(task.id)
        assert task.id not in await stage.backend.task_ids()

    async def test_a_missing_image_fails_the_pull_of_its_container(self, stage: Stage) -> None:
        task = stage.task(stage.programs.forever("web"), stage.programs.missing_image("bad"))
        with pytest.raises(StartFailed) as failure:
            await stage.backend.pull(task)
        assert failure.value.reason.startswith("CannotPullContainerError: ")
        assert failure.value.container == "bad", failure.value.reason

    async def test_a_removed_task_leaves_nothing(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.ending(0))
        await stage.end_of(task)
        await stage.backend.remove(task.id)
        await stage.backend.remove(task.id)
        assert task.id not in await stage.backend.task_ids()
        assert (await stage.backend.observe(task.id)).containers == {}

    async def test_a_task_that_is_removed_while_it_runs_is_killed(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever(), stage.programs.stubborn("stubborn"))
        await stage.backend.remove(task.id)
        assert task.id not in await stage.backend.task_ids()
        assert (await stage.backend.observe(task.id)).containers == {}

    async def test_an_unknown_task_has_no_containers(self, stage: Stage) -> None:
        assert (await stage.backend.observe(TaskId("f" * 32))).containers == {}

    async def test_the_machine_says_how_much_room_it_has(self, stage: Stage) -> None:
        room = stage.backend.capabilities
        assert stage.isolation in room.isolation_levels
        assert room.cpu_units >= 1024
        assert room.memory_mib >= 256

    async def test_a_task_has_used_what_its_containers_have(self, stage: Stage) -> None:
        task = await stage.run(stage.programs.forever())
        await stage.ready(task)
        stats = await stage.stats(task)
        assert set(stats.containers) == {"main"}
        assert stats.whole.cpu_nanoseconds >= stats.containers["main"].cpu_nanoseconds
        assert stats.whole.processes >= 1
        assert stats.at <= stage.clock.now()

    async def test_a_task_that_is_not_there_has_used_nothing(self, stage: Stage) -> None:
        assert await stage.backend.stats({stage.task().id: ["main"]}) == {}
