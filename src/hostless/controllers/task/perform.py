"""Doing what was decided about a task, one action after the other. Nothing is decided here.

What comes of an action is written down by the pure functions of `changes`. Commits overlap the
work; only what could not be mended after a crash waits for the disk: a start (its address must be
known), a stop (so must its reason) and a removal (so must the exit codes).
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from hostless.compute.seam import ComputeBackend, StartFailed
from hostless.controllers.task.actions import (
    Action,
    AttachNetwork,
    Claim,
    DetachNetwork,
    DrainLogs,
    FollowLogs,
    Forget,
    OpenLogs,
    Pull,
    Record,
    Release,
    Remove,
    Start,
    Stop,
)
from hostless.controllers.task.changes import connected, failed_to_start, pulled, released
from hostless.controllers.task.records import TaskRecords
from hostless.domain.arns import TaskArn, TaskId
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.store import Store
from hostless.telemetry.seam import LogSink, LogsUnavailable, TaskLogs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWorld:
    """All that the task controller reads and acts on."""

    store: Store
    compute: ComputeBackend
    fabric: NetworkFabric
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

    def has_followed_logs(self, task_id: TaskId) -> bool:
        return task_id in self._followed

    def is_patient(self, key: str) -> bool:
        """Whether the task's pass waits for something that a stop need not wait for."""
        return key in self._patient

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
            case AttachNetwork(interface=interface):
                await world.fabric.attach(interface)
                change = functools.partial(connected, interface=interface, now=now())
                records.change(arn, change, "network attached")
            case OpenLogs(sinks=sinks):
                await world.logs.open(sinks)
                self._followed.update(sink.task_id for sink in sinks)
            case FollowLogs(task_id=task_id, sinks=sinks):
                await self._follow(task_id, sinks)
            case Pull(spec=spec):
                with self._waiting_patiently(arn):
                    images = await world.compute.pull(spec)
                await records.settled(arn)
                change = functools.partial(pulled, images=images, now=now())
                records.change(arn, change, "images pulled")
            case Start():
                await self._start(arn, action)
            case Stop(spec=spec, since=since):
                await records.settled(arn)
                await world.compute.stop(spec, since)
            case DrainLogs(task_id=task_id):
                await world.logs.drain(task_id)
                self._followed.discard(task_id)
            case Remove(task_id=task_id):
                await records.settled(arn)
                await world.compute.remove(task_id)
            case DetachNetwork(interface_id=interface_id):
                await world.fabric.detach(interface_id)
            case Release(before=before, interface_id=interface_id):
                records.release(before, released(before, now()), interface_id, "all cleared away")
            case Forget(task=task):
                records.forget(task)

    async def _start(self, arn: TaskArn, start: Start) -> None:
        """What it runs in is asked of the fabric again: attaching twice is attaching once.

        Its address is durable: that was waited for when the images were there.
        """
        with self._waiting_patiently(arn):
            await self._starts.acquire()
        try:
            place = await self._world.fabric.attach(start.interface)
            await self._world.compute.start(start.spec, place)
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
    def _waiting_patiently(self, arn: TaskArn) -> Iterator[None]:
        self._patient.add(arn)
        try:
            yield
        finally:
            self._patient.discard(arn)
