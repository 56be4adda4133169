"""What a simulated machine holds: its tasks and when each container starts and ends.

An end is fixed when it becomes known, so what is can be told from the clock at any time and nothing
has to happen for it. With a file, every change is appended to it: the machine survives its engine,
as a real one does (not a power cut: nothing is synced).
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from hostless.compute.seam import ContainerObservation, TaskObservation
from hostless.domain.arns import TaskId
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedContainer:
    """starts: how often its process was started; more than once only by restarts.

    address: of the network it was started in. ends_at: may lie in the future; None while no end is
    in sight. fit_from, fit_until: when its health checks pass; None: never, and for ever.
    """

    name: str
    runtime_id: str
    starts: int = 0
    address: str | None = None
    started_at: Timestamp | None = None
    ends_at: Timestamp | None = None
    exit_code: int | None = None
    reason: str | None = None
    fit_from: Timestamp | None = None
    fit_until: Timestamp | None = None
    check_seconds: float = 0.0
    cpu_load: float = 0.0
    memory_mib: int = 0

    def is_running(self, now: Timestamp) -> bool:
        return self.started_at is not None and not self.has_ended(now)

    def has_ended(self, now: Timestamp) -> bool:
        return self.ends_at is not None and now >= self.ends_at

    def is_fit(self, now: Timestamp) -> bool:
        """Whether a health check that ends now passes."""
        if self.fit_from is None or now < self.fit_from or not self.is_running(now):
            return False
        return self.fit_until is None or now < self.fit_until

    def seen(self, now: Timestamp) -> ContainerObservation:
        if self.started_at is None:
            return ContainerObservation(state="created", runtime_id=self.runtime_id)
        if not self.has_ended(now):
            return ContainerObservation(
                state="running",
                runtime_id=self.runtime_id,
                started_at=self.started_at,
                restarts=self.starts - 1,
            )
        return ContainerObservation(
            state="exited",
            runtime_id=self.runtime_id,
            started_at=self.started_at,
            finished_at=self.ends_at,
            exit_code=self.exit_code,
            reason=self.reason,
            restarts=self.starts - 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTask:
    """lost_at: when its host is gone; may lie in the future."""

    id: TaskId
    containers: tuple[SimulatedContainer, ...] = ()
    lost_at: Timestamp | None = None

    def is_lost(self, now: Timestamp) -> bool:
        return self.lost_at is not None and now >= self.lost_at

    def find(self, name: str) -> SimulatedContainer | None:
        return next((c for c in self.containers if c.name == name), None)

    def seen(self, now: Timestamp) -> TaskObservation:
        """A lost task's containers ran until it was lost; nobody saw how they ended."""
        if not self.is_lost(now):
            return TaskObservation(containers={c.name: c.seen(now) for c in self.containers})
        assert self.lost_at is not None
        last = {c.name: c.seen(self.lost_at) for c in self.containers}
        for name, container in last.items():
            if container.state == "running":
                last[name] = ContainerObservation(
                    state="exited",
                    runtime_id=container.runtime_id,
                    started_at=container.started_at,
                    finished_at=self.lost_at,
                    restarts=container.restarts,
                )
        return TaskObservation(containers=last, is_lost=True)

    def next_change(self, now: Timestamp) -> Timestamp | None:
        """When something about it changes by itself."""
        times = [self.lost_at, *(c.ends_at for c in self.containers)]
        return min((at for at in times if at is not None and at > now), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """task None: it was removed."""

    id: TaskId
    task: SimulatedTask | None = None


_encode = msgspec.json.Encoder().encode


class SimulatedMachine:
    """file: where it remembers its tasks; None: only in memory."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._tasks: dict[TaskId, SimulatedTask] = {}
        self._appended: IO[bytes] | None = None

    def open(self) -> None:
        """Remember what was there; without a file nothing is lost while the object lives."""
        if self._file is None or self._appended is not None:
            return
        self._tasks = _read(self._file)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(b"".join(_line(task.id, task) for task in self._tasks.values()))
        fresh.replace(self._file)
        self._appended = self._file.open("ab", buffering=0)

    def close(self) -> None:
        if self._appended is not None:
            self._appended.close()
            self._appended = None

    def forget_everything(self) -> None:
        self.close()
        self._tasks.clear()
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def tasks(self) -> dict[TaskId, SimulatedTask]:
        return self._tasks

    def find(self, task_id: TaskId) -> SimulatedTask | None:
        return self._tasks.get(task_id)

    def put(self, task: SimulatedTask) -> None:
        self._tasks[task.id] = task
        self._append(_line(task.id, task))

    def remove(self, task_id: TaskId) -> None:
        if self._tasks.pop(task_id, None) is not None:
            self._append(_line(task_id, None))

    def _append(self, line: bytes) -> None:
        if self._appended is not None:
            self._appended.write(line)


def _line(task_id: TaskId, task: SimulatedTask | None) -> bytes:
    return _encode(_Line(id=task_id, task=task)) + b"\n"


def _read(file: Path) -> dict[TaskId, SimulatedTask]:
    """The last line of each task holds; a line cut short by a crash does not count."""
    tasks: dict[TaskId, SimulatedTask] = {}
    decoder = msgspec.json.Decoder(_Line)
    for text in file.read_bytes().splitlines() if file.exists() else ():
        with contextlib.suppress(msgspec.DecodeError):
            line = decoder.decode(text)
            tasks.pop(line.id, None)
            if line.task is not None:
                tasks[line.id] = line.task
    return tasks
