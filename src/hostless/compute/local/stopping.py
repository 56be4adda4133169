"""Stops the containers of a task: the stop signal first, SIGKILL when its time is over."""

import asyncio
import signal
from collections.abc import Mapping

from hostless.compute.local import processes
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.lane import Lane
from hostless.compute.local.records import DEFAULT_STOP_SIGNAL, ContainerRecord, TaskRecord
from hostless.compute.local.watch import TaskWatch
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.kit.clock import Clock, Timestamp

_KILL_AGAIN_SECONDS = 5.0
"""A container that survives SIGKILL hangs in the kernel: it is told again, and looked at."""


class Stopper:
    """Waits on the event loop; sending signals does not block."""

    def __init__(self, folders: Folders, watch: TaskWatch, clock: Clock) -> None:
        self._folders = folders
        self._watch = watch
        self._clock = clock

    async def stop(
        self, task: TaskSpec, record: TaskRecord | None, lane: Lane, since: Timestamp
    ) -> None:
        """Return when no container of the task lives."""
        signals = _stop_signals(record)
        while True:
            change = self._watch.expect_change(task.id)
            pauses = [
                pause
                for spec in task.containers
                if (pause := self._press(task, spec, lane, signals, since)) is not None
            ]
            if not pauses:
                change.cancel()
                return
            await asyncio.wait([change], timeout=min(pauses))

    def _press(
        self,
        task: TaskSpec,
        spec: ContainerSpec,
        lane: Lane,
        signals: Mapping[str, int],
        since: Timestamp,
    ) -> float | None:
        """Do what is due for one container; seconds until more is, None when it has ended."""
        folder = self._folders.container(task.id, spec.name)
        state = lane.observer.observe_one(task.id, folder).state
        if state in ("absent", "exited"):
            return None
        left = since + spec.stop_timeout_seconds - self._clock.now()
        if state == "created" or left <= 0:
            _send(lane, folder, signal.SIGKILL)
            return _KILL_AGAIN_SECONDS
        if not folder.stop_sent.exists():
            _send(lane, folder, signals.get(spec.name, signal.SIGTERM))
            folder.stop_sent.touch()
        return left


def _send(lane: Lane, folder: ContainerFolder, number: int) -> None:
    process = lane.observer.process_of(folder)
    if process is not None:
        processes.send_signal(process, number)


def _stop_signals(record: TaskRecord | None) -> dict[str, int]:
    containers: tuple[ContainerRecord, ...] = () if record is None else record.containers
    return {
        c.spec.name: processes.signal_number(c.stop_signal or DEFAULT_STOP_SIGNAL)
        for c in containers
    }
