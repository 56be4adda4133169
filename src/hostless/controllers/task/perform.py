"""Doing what was decided about a task, one action after the other. Nothing is decided here.

What comes of an action is written down by the pure functions of `changes`. Commits overlap the
work; only what could not be mended after a crash waits for the disk: a start (its address must be
known), a stop (so must its reason) and a removal (so must the exit codes).
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hostless.compute.seam import ComputeBackend, PulledImage, StartFailed, TaskSpec
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.task.actions import (
    Action,
    Begin,
    Claim,
    DetachNetwork,
    DrainLogs,
    FollowLogs,
    Forget,
    Launch,
    Record,
    Release,
    Remove,
    Restart,
    Stop,
)
from hostless.controllers.task.changes import (
    connected,
    failed_to_start,
    not_restarted,
    pulled,
    released,
)
from hostless.controllers.task.records import TaskRecords
from hostless.domain.arns import TaskArn, TaskId
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.store import Store
from hostless.telemetry.seam import LogSink, LogsUnavailable, TaskLogs

_Bringing: TypeAlias = "asyncio.Task[Mapping[str, PulledImage] | Exception]"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWorld:
    """All that the task controller reads and acts on."""

    store: Store
    compute: ComputeBackend
    fabric: NetworkFabric
    proxies: TaskProxies
    logs: TaskLogs
    clock: Clock
    ids: Ids


class Performer:
    """starts_at_once: how many tasks may be starting at the same time."""

    def __init__(self, world: TaskWorld, records: TaskRecords, starts_at_once: int) -> None:
        self._world = world
        self._records = records
        self._starts = asyncio.Semaphore(starts_at_once)
        self._followed: set[TaskId] = set()
        self._patient: set[str] = set()
        self._stopping: set[str] = set()

    def has_followed_logs(self, task_id: TaskId) -> bool:
        return task_id in self._followed

    def is_patient(self, key: str) -> bool:
        """Whether the task's pass waits for something that a stop need not wait for."""
        return key in self._patient

    def is_stopping(self, key: str) -> bool:
        """Whether the task's pass gives its containers time to stop."""
        return key in self._stopping

    async def perform(self, arn: TaskArn, actions: tuple[Action, ...]) -> None:
        """Do them in order; a failure that AWS has a sentence for is the task's reason to stop."""
        try:
            for action in actions:
                await self._do(arn, action)
        except StartFailed as failure:
            self._fail(arn, failure.reason, failure.container)
        except (NetworkFailed, LogsUnavailable) as failure:
            self._fail(arn, failure.reason, None)

    async def _do(self, arn: TaskArn, action: Action) -> None:
        world, records, now = self._world, self._records, self._world.clock.now
        match action:
            case Record(before=before, after=after, because=because):
                records.write(before, after, because)
            case Claim(before=before, after=after, interface=interface, because=because):
                records.claim(before, after, interface, because)
            case Launch():
                await self._launch(arn, action)
            case Begin():
                await self._begin(arn, action)
            case Restart():
                await self._restart(arn, action)
            case FollowLogs(task_id=task_id, sinks=sinks):
                await self._follow(task_id, sinks)
            case Stop(spec=spec, since=since):
                await records.settled(arn)
                with _noted(arn, self._stopping):
                    await world.compute.stop(spec, since)
            case DrainLogs(task_id=task_id):
                await world.logs.drain(task_id)
                self._followed.discard(task_id)
            case Remove(task_id=task_id):
                await records.settled(arn)
                await world.compute.remove(task_id)
                await world.proxies.remove(task_id)
            case DetachNetwork(interface_id=interface_id):
                await world.fabric.detach(interface_id)
            case Release(before=before, interface_id=interface_id):
                records.release(before, released(before, now()), interface_id, "all cleared away")
            case Forget(task=task):
                await records.forget(task)

    async def _launch(self, arn: TaskArn, launch: Launch) -> None:
        """Network, images and containers come at the same time, while the disk takes the address.

        Nothing runs before all are there. A pull or a container that fails is told after the
        network is there, as if they came one after the other; a network that fails ends them.
        """
        try:
            async with asyncio.TaskGroup() as group:
                bringing = group.create_task(self._bring(arn, launch))
                place = await self._world.fabric.reserve(launch.interface)
                connecting = group.create_task(self._connect(arn, launch, bringing))
                starting = group.create_task(self._start(arn, launch, place, bringing, connecting))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        if failure := starting.result():
            raise failure

    async def _connect(self, arn: TaskArn, launch: Launch, bringing: _Bringing) -> None:
        """Have, and write down, all that has to be true before a process of the task runs."""
        records, now = self._records, self._world.clock.now
        await self._world.fabric.attach(launch.interface)
        change = functools.partial(connected, interface=launch.interface, now=now())
        records.change(arn, change, "network attached")
        images = await bringing
        if not isinstance(images, Exception):
            records.change(
                arn, functools.partial(pulled, images=images, now=now()), "images pulled"
            )

    async def _bring(self, arn: TaskArn, launch: Launch) -> Mapping[str, PulledImage] | Exception:
        """Open the logs, have the images and the address on disk, or tell what came in between.

        No container is made before: it could never leave the namespace of a forgotten address.
        """
        if launch.refusal is not None:
            return StartFailed(launch.refusal)
        try:
            with _noted(arn, self._patient):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._records.settled(arn))
                    group.create_task(self._open_logs(launch))
                    pulling = group.create_task(self._pull(launch.spec))
        except ExceptionGroup as failures:
            return failures.exceptions[0]
        return pulling.result()

    async def _pull(self, spec: TaskSpec) -> Mapping[str, PulledImage]:
        return await self._world.compute.pull(spec)

    async def _open_logs(self, launch: Launch) -> None:
        if launch.sinks:
            await self._world.logs.open(launch.sinks)
        self._followed.add(launch.spec.id)

    async def _start(
        self,
        arn: TaskArn,
        launch: Launch,
        place: NetworkPlace,
        bringing: _Bringing,
        connecting: "asyncio.Task[None]",
    ) -> Exception | None:
        """Start the containers when the images are there, or tell what came in between."""
        images = await bringing
        if isinstance(images, Exception):
            return images
        with _noted(arn, self._patient):
            await self._starts.acquire()
        try:
            if launch.connect is not None:
                await self._world.proxies.prepare(launch.spec.id, launch.connect)
            await self._world.compute.start(launch.spec, place, connecting, launch.may_run)
        except StartFailed as failure:
            return failure
        finally:
            self._starts.release()
        return None

    async def _begin(self, arn: TaskArn, begin: Begin) -> None:
        if begin.refusal is not None:
            raise StartFailed(begin.refusal)
        place = await self._world.fabric.reserve(begin.interface)
        with _noted(arn, self._patient):
            await self._starts.acquire()
        try:
            await self._world.compute.start(begin.spec, place, may_run=begin.may_run)
        finally:
            self._starts.release()

    async def _restart(self, arn: TaskArn, restart: Restart) -> None:
        name, ended = restart.container, restart.ended
        with _noted(arn, self._patient):
            await self._starts.acquire()
        try:
            if restart.refusal is not None:
                raise StartFailed(restart.refusal)
            place = await self._world.fabric.reserve(restart.interface)
            await self._world.compute.restart(restart.spec, place, name, ended.restarts + 1)
        except (StartFailed, NetworkFailed) as failure:
            change = functools.partial(not_restarted, name=name, ended=ended, reason=failure.reason)
            self._records.change(arn, change, f"container {name} could not be restarted")
        finally:
            self._starts.release()

    async def _follow(self, task_id: TaskId, sinks: tuple[LogSink, ...]) -> None:
        self._followed.add(task_id)
        try:
            await self._world.logs.open(sinks)
        except LogsUnavailable as failure:
            log.warning("task %s goes on without its logs: %s", task_id, failure.reason)

    def _fail(self, arn: TaskArn, reason: str, container: str | None) -> None:
        at = self._world.clock.now()
        self._records.change(arn, lambda task: failed_to_start(task, reason, container, at), reason)


@contextlib.contextmanager
def _noted(arn: TaskArn, at: set[str]) -> Iterator[None]:
    at.add(arn)
    try:
        yield
    finally:
        at.discard(arn)
