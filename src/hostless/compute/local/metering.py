"""Reads what tasks have used: from control groups, by the thousand, and from a sandbox when asked.

What is read of a group is `cgroups`' business, where groups are `task_groups`'.
"""

from collections.abc import Mapping, Sequence

from hostless.compute.local.disks import use_of
from hostless.compute.local.folders import Folders, disk_of
from hostless.compute.local.runtimes import OciRuntime
from hostless.compute.local.sandboxes import sandbox_id_of
from hostless.compute.local.task_groups import TaskGroups
from hostless.compute.stats import ContainerStats, TaskStats
from hostless.domain.arns import TaskId
from hostless.domain.container_identity import runtime_id_of
from hostless.kit.clock import Clock

Runtimes = Mapping[TaskId, OciRuntime]


class Meter:
    """Blocking; keeps nothing."""

    def __init__(self, folders: Folders, groups: TaskGroups, clock: Clock) -> None:
        self._folders = folders
        self._groups = groups
        self._clock = clock

    def read(
        self, tasks: Mapping[TaskId, Sequence[str]], runtimes: Runtimes
    ) -> dict[TaskId, TaskStats]:
        """Of those that have control groups. runtimes: to be asked of tasks' containers."""
        found = ((task_id, self._read_one(task_id, tasks[task_id], runtimes)) for task_id in tasks)
        return {task_id: stats for task_id, stats in found if stats is not None}

    def _read_one(
        self, task_id: TaskId, names: Sequence[str], runtimes: Runtimes
    ) -> TaskStats | None:
        in_sandbox = bool(names) and self._groups.exists(task_id, sandbox_id_of(task_id))
        is_alone = in_sandbox and len(names) == 1
        if is_alone:
            containers = {}  # it has used what the sandbox has
        elif in_sandbox:
            containers = _in_sandbox(task_id, names, runtimes.get(task_id))
        else:
            containers = self._in_groups(task_id, names)
        whole = self._groups.stats(task_id)  # after its containers: no less than they
        if whole is None:
            return None
        if is_alone:
            containers = {names[0]: whole}
        return TaskStats(
            at=self._clock.now(),
            whole=whole,
            containers=containers,
            storage=use_of(disk_of(self._folders.task(task_id))),
        )

    def _in_groups(self, task_id: TaskId, names: Sequence[str]) -> dict[str, ContainerStats]:
        found = (
            (name, self._groups.stats(task_id, runtime_id_of(task_id, name))) for name in names
        )
        return {name: stats for name, stats in found if stats is not None}


def _in_sandbox(
    task_id: TaskId, names: Sequence[str], runtime: OciRuntime | None
) -> dict[str, ContainerStats]:
    if runtime is None:
        return {}
    found = ((name, runtime.stats(runtime_id_of(task_id, name))) for name in names)
    return {name: stats for name, stats in found if stats is not None}
