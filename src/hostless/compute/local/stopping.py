"""Stops the containers of a task: the stop signal first, SIGKILL when its time is over.

A container's turn comes when those that depend on it have ended (`hostless.compute.order`).
"""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from hostless.compute.local import processes
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.lane import Lane
from hostless.compute.local.records import DEFAULT_STOP_SIGNAL, ContainerRecord, TaskRecord
from hostless.compute.local.watch import TaskWatch
from hostless.compute.local.workers import Workers
from hostless.compute.order import told_after, told_at
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.kit.clock import Clock, Timestamp

_KILL_AGAIN_SECONDS = 5.0
"""A container that survives SIGKILL hangs in the kernel: it is told again, and looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """One container that is to stop."""

    task: TaskSpec
    spec: ContainerSpec
    lane: Lane
    since: Timestamp


class Stopper:
    """Waits on the event loop."""

    def __init__(self, folders: Folders, workers: Workers, watch: TaskWatch, clock: Clock) -> None:
        self._folders = folders
        self._workers = workers
        self._watch = watch
        self._clock = clock

    async def stop(
        self, task: TaskSpec, record: TaskRecord | None, lane: Lane, since: Timestamp
    ) -> None:
        """Return when no container of the task lives."""
        signals = _stop_signals(record)
        while True:
            change = self._watch.expect_change(task.id)
            left = await self._press_all(task, lane, since, signals)
            if not left:
                change.cancel()
                return
            await asyncio.wait([change], timeout=min(left))

    async def _press_all(
        self, task: TaskSpec, lane: Lane, since: Timestamp, signals: Mapping[str, int]
    ) -> list[float]:
        """Seconds until more is to be done for each container that lives and whose turn it is.

        Those that others wait for come first: what has ended meanwhile is seen in the same go.
        """
        after = told_after(task)
        waiting, ended = list(task.containers), set[str]()
        pauses = []
        while due := [spec for spec in waiting if after[spec.name] <= ended]:
            for spec in due:
                waiting.remove(spec)
                ends = [self._ended_at(task, name, lane) for name in after[spec.name]]
                on = Pressure(task=task, spec=spec, lane=lane, since=told_at(since, ends))
                pause = await self._press(on, signals)
                if pause is None:
                    ended.add(spec.name)
                else:
                    pauses.append(pause)
        return pauses

    def _ended_at(self, task: TaskSpec, name: str, lane: Lane) -> Timestamp:
        """The beginning of time, when it never ran or nobody could tell."""
        folder = self._folders.container(task.id, name)
        return lane.observer.observe_one(task.id, folder).finished_at or 0.0

    async def _press(self, on: Pressure, signals: Mapping[str, int]) -> float | None:
        """Do what is due for one container; seconds until more is, None when it has ended."""
        folder = self._folders.container(on.task.id, on.spec.name)
        state = on.lane.observer.observe_one(on.task.id, folder).state
        if state in ("absent", "exited"):
            return None
        left = on.since + on.spec.stop_timeout_seconds - self._clock.now()
        if state == "created" or left <= 0:
            await self._send(on.lane, folder, signal.SIGKILL)
            return _KILL_AGAIN_SECONDS
        if not folder.stop_sent.exists():
            await self._send(on.lane, folder, signals.get(on.spec.name, signal.SIGTERM))
            folder.stop_sent.touch()
        return left

    async def _send(self, lane: Lane, folder: ContainerFolder, number: int) -> None:
        await self._workers.run(lane.runtime.signal, folder.runtime_id, number)


def _stop_signals(record: TaskRecord | None) -> dict[str, int]:
    containers: tuple[ContainerRecord, ...] = () if record is None else record.containers
    return {
        c.spec.name: processes.signal_number(c.stop_signal or DEFAULT_STOP_SIGNAL)
        for c in containers
    }
