"""The seam between the task controller and the logs of containers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hostless.domain.arns import LogGroupName, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSink:
    """Where the output of one container goes.

    path: the file that the backend writes (CRI form), None where there is none.
    stream: `prefix/container/task-id`. may_drop: what is written faster than it can be stored
    is dropped, as awslogs does in its mode `non-blocking`.
    """

    task_id: TaskId
    container: str
    path: Path | None
    group: LogGroupName
    stream: str
    creates_group: bool = False
    may_drop: bool = False


class Hold(Protocol):
    def __call__(self, task_id: TaskId, container: str, *, is_held: bool) -> None:
        """Keep a container from writing on, or let it. One that is gone is no error."""


class LogsUnavailable(Exception):
    """A stream cannot be made; `reason` is AWS's sentence (ResourceInitializationError: …)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TaskLogs(Protocol):
    async def open(self, sinks: Sequence[LogSink]) -> None:
        """Have group and stream, and follow the files from where they were left. Idempotent.

        Raises LogsUnavailable.
        """

    async def drain(self, task_id: TaskId) -> None:
        """Return when all that the task's containers wrote is stored; follow them no more."""
