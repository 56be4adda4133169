"""A backend that runs nothing: tasks come and go as a behaviour file says, in any kind of time.

It ships to users (`--backend simulated`) and is the test bed of the control plane. What exists is
in `machine`, what happens in `behaviour`; here is the seam between them and the engine.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hostless.compute.order import in_starting_order, is_allowed, told_after, told_at
from hostless.compute.seam import (
    Capabilities,
    ContainerSpec,
    ExecFailed,
    ExecProcess,
    PulledImage,
    StartFailed,
    TaskObservation,
    TaskSpec,
)
from hostless.compute.simulated.alarms import Alarms
from hostless.compute.simulated.behaviour import (
    KILLED,
    Simulation,
    drawn,
    end_of,
    failure_of,
    fitness_of,
    host_lost_after,
)
from hostless.compute.simulated.machine import (
    SimulatedContainer,
    SimulatedMachine,
    SimulatedTask,
)
from hostless.compute.simulated.process import CheckProcess, EchoProcess
from hostless.compute.stats import ContainerStats, TaskStats
from hostless.domain.arns import TaskId
from hostless.domain.container_identity import runtime_id_of
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import Clock, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class _StopOrder:
    """How a container takes a stop signal."""

    timeout_seconds: float
    seconds: float
    is_ignored: bool
    exit_code: int


class SimulatedBackend:
    """Implements `hostless.compute.seam.ComputeBackend`.

    state_file: makes its tasks survive the engine; without one they live as long as the object,
    which in a test outlives the engine as a machine does.
    """

    def __init__(
        self, clock: Clock, simulation: Simulation | None = None, state_file: Path | None = None
    ) -> None:
        self.simulation = simulation or Simulation()
        self._clock = clock
        self.machine = SimulatedMachine(state_file)
        self._alarms = Alarms(clock, self.machine)

    @property
    def capabilities(self) -> Capabilities:
        return self.simulation.capabilities

    async def open(self) -> None:
        self.machine.open()
        for task in self.machine.tasks().values():
            self._alarms.set(task)

    async def close(self) -> None:
        self._alarms.clear()
        self.machine.close()

    async def purge(self) -> None:
        await self.close()
        self.machine.forget_everything()

    def on_change(self, hint: Callable[[TaskId], None]) -> None:
        self._alarms.hint = hint

    async def pull(self, task: TaskSpec) -> Mapping[str, PulledImage]:
        """Every image takes its time, one after the other; there is no cache, as on Fargate."""
        images = {}
        for container in task.containers:
            behaviour = self.simulation.behaviour_of(container)
            chance = self.simulation.chance(task.id, container.name, "pull")
            await asyncio.sleep(drawn(behaviour.pull_seconds, chance))
            failure = failure_of(behaviour.pull_failure, behaviour.pull_failure_probability, chance)
            if failure is not None:
                raise StartFailed(failure, container.name)
            name, _, digest = container.image.partition("@")
            made_up = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
            images[container.name] = PulledImage(digest=digest or made_up)
        return images

    async def start(
        self,
        task: TaskSpec,
        place: NetworkPlace,
        connected: Awaitable[object] | None = None,
        may_run: frozenset[str] | None = None,
    ) -> None:
        if connected is not None:
            await connected
        for container in in_starting_order(task.containers):
            existing = self._create(task.id, container)
            if existing.started_at is None and is_allowed(container, may_run):
                await self._start(task.id, container, place)

    async def restart(
        self, task: TaskSpec, place: NetworkPlace, container: str, restarts: int
    ) -> None:
        found = self.machine.find(task.id)
        ended = None if found is None else found.find(container)
        if ended is None or ended.starts > restarts or not ended.has_ended(self._clock.now()):
            return
        spec = next(spec for spec in task.containers if spec.name == container)
        await self._start(task.id, spec, place, restarts)

    async def stop(self, task: TaskSpec, since: Timestamp) -> None:
        after = told_after(task)
        while (running := _running(self.machine.find(task.id), self._clock.now())) is not None:
            now = self._clock.now()
            ends = {c.name: c.ends_at for c in running.containers if c.ends_at is not None}
            left = {c.name for c in running.containers if c.is_running(now)}
            orders = {
                spec.name: _stop_order(self.simulation, task.id, spec)
                for spec in task.containers
                if spec.name in left and not after[spec.name] & left
            }
            told = tuple(
                _signalled(c, orders[c.name], _due_at(since, after[c.name], ends), now)
                if c.name in orders
                else c
                for c in running.containers
            )
            self._put(replace(running, containers=told))
            next_end = min((c.ends_at for c in told if c.name in orders and c.ends_at), default=now)
            await asyncio.sleep(max(0.0, next_end - self._clock.now()))

    async def remove(self, task_id: TaskId) -> None:
        self._alarms.cancel(task_id)
        self.machine.remove(task_id)

    async def observe(self, task_id: TaskId) -> TaskObservation:
        task = self.machine.find(task_id)
        return TaskObservation(containers={}) if task is None else task.seen(self._clock.now())

    async def task_ids(self) -> frozenset[TaskId]:
        return frozenset(self.machine.tasks())

    def log_file(self, task_id: TaskId, container: str) -> Path | None:
        return None

    async def exec(
        self,
        task_id: TaskId,
        container: str,
        command: tuple[str, ...],
        *,
        has_terminal: bool,
        is_health_check: bool = False,
    ) -> ExecProcess:
        """A process that shows its command and, with a terminal, echoes what is typed.

        A health check shows nothing; whether it passes is the behaviour's.
        """
        task = self.machine.find(task_id)
        found = None if task is None else task.find(container)
        if found is None or not found.is_running(self._clock.now()):
            raise ExecFailed(f"container {container} of task {task_id} is not running")
        if is_health_check:
            return CheckProcess(found, self._clock)
        process = EchoProcess(command)
        if not has_terminal:
            await process.close_input()
        return process

    async def stats(
        self, tasks: Mapping[TaskId, Sequence[str]], *, is_thorough: bool = False
    ) -> Mapping[TaskId, TaskStats]:
        now = self._clock.now()
        found = {task_id: _running(self.machine.find(task_id), now) for task_id in tasks}
        return {id_: _stats_of(task, now) for id_, task in found.items() if task is not None}

    def lose_host(self, task_id: TaskId) -> None:
        """The host that runs the task is gone from now on."""
        task = self.machine.find(task_id)
        if task is not None and not task.is_lost(self._clock.now()):
            self._put(replace(task, lost_at=self._clock.now()))
            self._alarms.hint(task_id)

    def _create(self, task_id: TaskId, spec: ContainerSpec) -> SimulatedContainer:
        task = self.machine.find(task_id) or SimulatedTask(id=task_id)
        found = task.find(spec.name)
        if found is None:
            behaviour = self.simulation.behaviour_of(spec)
            found = SimulatedContainer(
                name=spec.name,
                runtime_id=runtime_id_of(task_id, spec.name),
                cpu_load=behaviour.cpu_load,
                memory_mib=behaviour.memory_mib,
            )
            self._put(replace(task, containers=(*task.containers, found)))
        return found

    async def _start(
        self, task_id: TaskId, spec: ContainerSpec, place: NetworkPlace, restarts: int = 0
    ) -> None:
        """Each start has luck of its own."""
        behaviour = self.simulation.behaviour_of(spec)
        again = f" {restarts}" if restarts else ""
        chance = self.simulation.chance(task_id, spec.name, f"start{again}")
        await asyncio.sleep(drawn(behaviour.start_seconds, chance))
        failure = failure_of(behaviour.start_failure, behaviour.start_failure_probability, chance)
        if failure is not None:
            raise StartFailed(failure, spec.name)
        task, now = self.machine.find(task_id), self._clock.now()
        container = None if task is None else task.find(spec.name)
        if task is None or container is None:
            raise StartFailed("CannotStartContainerError: the container was removed", spec.name)
        end, lost_after = end_of(behaviour, chance), host_lost_after(behaviour, chance)
        fit = fitness_of(behaviour, self.simulation.chance(task_id, spec.name, f"health{again}"))
        started = replace(
            container,
            starts=container.starts + 1,
            address=place.address,
            started_at=now,
            ends_at=None if end is None else now + end.after_seconds,
            exit_code=None if end is None else end.exit_code,
            reason=None if end is None else end.reason,
            fit_from=now + fit.from_seconds,
            fit_until=None if fit.until_seconds is None else now + fit.until_seconds,
            check_seconds=behaviour.health_check_seconds,
        )
        lost_at = task.lost_at if lost_after is None else now + lost_after
        self._put(replace(_with(task, started), lost_at=lost_at))

    def _put(self, task: SimulatedTask) -> None:
        self.machine.put(task)
        self._alarms.set(task)


def _running(task: SimulatedTask | None, now: Timestamp) -> SimulatedTask | None:
    """The task, while any container of it runs."""
    if task is None or task.is_lost(now):
        return None
    return task if any(c.is_running(now) for c in task.containers) else None


def _due_at(since: Timestamp, others: frozenset[str], ends: Mapping[str, Timestamp]) -> Timestamp:
    return told_at(since, [ends[name] for name in others if name in ends])


def _signalled(
    container: SimulatedContainer, stop: _StopOrder, since: Timestamp, now: Timestamp
) -> SimulatedContainer:
    """Its end after a stop signal due at `since`, unless an earlier one is in sight.

    A signal that is late (the engine was down) comes now, the kill when it was due all along.
    """
    killed_at = max(now, since + stop.timeout_seconds)
    heard_at = max(now, since) + stop.seconds
    is_killed = stop.is_ignored or heard_at >= killed_at
    ends_at = killed_at if is_killed else heard_at
    if container.ends_at is not None and container.ends_at <= ends_at:
        return container
    code = KILLED if is_killed else stop.exit_code
    return replace(container, ends_at=ends_at, exit_code=code, reason=None)


def _stop_order(simulation: Simulation, task_id: TaskId, spec: ContainerSpec) -> _StopOrder:
    behaviour = simulation.behaviour_of(spec)
    chance = simulation.chance(task_id, spec.name, "stop")
    return _StopOrder(
        timeout_seconds=spec.stop_timeout_seconds,
        seconds=drawn(behaviour.stop_seconds, chance),
        is_ignored=behaviour.ignores_stop_signal,
        exit_code=behaviour.stop_exit_code,
    )


def _with(task: SimulatedTask, container: SimulatedContainer) -> SimulatedTask:
    containers = (container if c.name == container.name else c for c in task.containers)
    return replace(task, containers=tuple(containers))


def _stats_of(task: SimulatedTask, now: Timestamp) -> TaskStats:
    each = {c.name: _used_by(c, now) for c in task.containers if c.started_at is not None}
    running = {c.name: each[c.name] for c in task.containers if c.is_running(now)}
    whole = ContainerStats(
        cpu_nanoseconds=sum(stats.cpu_nanoseconds for stats in each.values()),
        cpu_user_nanoseconds=sum(stats.cpu_user_nanoseconds for stats in each.values()),
        memory_bytes=sum(stats.memory_bytes for stats in running.values()),
        memory_usage_bytes=sum(stats.memory_usage_bytes for stats in running.values()),
        memory_peak_bytes=sum(stats.memory_peak_bytes for stats in each.values()),
        processes=len(running),
    )
    return TaskStats(at=now, whole=whole, containers=running)


def _used_by(container: SimulatedContainer, now: Timestamp) -> ContainerStats:
    """A steady load, and the same memory all the time."""
    assert container.started_at is not None
    until = now if container.ends_at is None else min(now, container.ends_at)
    nanoseconds = int((until - container.started_at) * container.cpu_load * 1e9)
    memory_bytes = container.memory_mib << 20
    return ContainerStats(
        cpu_nanoseconds=nanoseconds,
        cpu_user_nanoseconds=nanoseconds,
        memory_bytes=memory_bytes,
        memory_usage_bytes=memory_bytes,
        memory_peak_bytes=memory_bytes,
        processes=1,
    )
