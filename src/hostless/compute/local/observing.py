"""What became of a task's containers, read from files: no program is started, nothing changed."""

import contextlib
from pathlib import Path

from hostless.compute.local.cgroups import PROCESSES_PER_TASK
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.monitor import find_monitor
from hostless.compute.local.processes import ProcessMark
from hostless.compute.local.restarts import find_last_run, seen_after
from hostless.compute.local.runtimes import OciRuntime, is_alive
from hostless.compute.local.task_groups import TaskGroups
from hostless.compute.seam import ContainerObservation
from hostless.domain.arns import TaskId
from hostless.kit.clock import Timestamp

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
"""The agent's sentence, word for word."""
OUT_OF_PROCESSES = (
    "ContainerRuntimeError: the sandbox of the task ended at its "
    f"limit of {PROCESSES_PER_TASK} processes and threads"
)
"""Our words: Fargate has no such limit."""
EXIT_CODE_LOST = "CannotInspectContainerError: the container ended and its exit code is not known"

_KILLED = 137


class Observer:
    """For one runtime."""

    def __init__(self, folders: Folders, groups: TaskGroups, runtime: OciRuntime) -> None:
        self._folders = folders
        self._groups = groups
        self._runtime = runtime

    def observe_one(self, task_id: TaskId, folder: ContainerFolder) -> ContainerObservation:
        seen = self._observe_run(task_id, folder)
        return seen_after(seen, find_last_run(folder.last_run), folder.runtime_id)

    def _observe_run(self, task_id: TaskId, folder: ContainerFolder) -> ContainerObservation:
        """A container was started when the attempt is on record; what has no record is absent."""
        life = self._runtime.find_life(folder.runtime_id)
        lives = is_alive(life)
        if life is not None and lives and not life.is_begun:
            return ContainerObservation(state="created", runtime_id=folder.runtime_id)
        started_at = _instant_of(folder.started)
        if started_at is None:
            return ContainerObservation(state="absent")
        ended = self._end_of(task_id, folder, started_at)
        if ended is not None:
            return ended
        if lives or find_monitor(folder) is not None:
            return self._running(folder, started_at)
        return self._end_of(task_id, folder, started_at) or ContainerObservation(
            state="exited",
            runtime_id=folder.runtime_id,
            started_at=started_at,
            reason=EXIT_CODE_LOST,
        )

    def _running(self, folder: ContainerFolder, started_at: Timestamp) -> ContainerObservation:
        return ContainerObservation(
            state="running", runtime_id=folder.runtime_id, started_at=started_at
        )

    def _end_of(
        self, task_id: TaskId, folder: ContainerFolder, started_at: Timestamp
    ) -> ContainerObservation | None:
        """What conmon wrote at the end; None while it has not."""
        try:
            code = int(folder.exit_file.read_text())
            finished_at = folder.exit_file.stat().st_mtime
        except (FileNotFoundError, ValueError):
            return None
        reason = None
        if code != 0 and self._was_out_of_memory(task_id, folder):
            reason = OUT_OF_MEMORY
        elif code == _KILLED and self._was_out_of_processes(task_id, folder):
            reason = OUT_OF_PROCESSES
        return ContainerObservation(
            state="exited",
            runtime_id=folder.runtime_id,
            started_at=started_at,
            finished_at=max(finished_at, started_at),
            exit_code=code & 0xFF,
            reason=reason,
        )

    def _was_out_of_memory(self, task_id: TaskId, folder: ContainerFolder) -> bool:
        group = self._runtime.group_of(folder.runtime_id)
        kills = self._groups.denials(task_id, group).out_of_memory_kills
        return kills > 0 or folder.out_of_memory.exists()

    def _was_out_of_processes(self, task_id: TaskId, folder: ContainerFolder) -> bool:
        """A kernel of the task's own does not survive that; programs do, and are just refused."""
        group = self._runtime.group_of(folder.runtime_id)
        return group != folder.runtime_id and self._groups.denials(task_id, group).refused_forks > 0

    def process_of(self, folder: ContainerFolder) -> ProcessMark | None:
        """The container's first process, while it lives."""
        life = self._runtime.find_life(folder.runtime_id)
        return life.process if life is not None and is_alive(life) else None


def _instant_of(path: Path) -> Timestamp | None:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return None
