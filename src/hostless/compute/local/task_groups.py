"""The control groups of tasks: made with limits, read, emptied and taken away.

Every container is a leaf `hostless/<engine>/<task>/<container id>`; the task's limits are on its
parent. The monitors (conmon) are in `hostless/<engine>/monitors`, outside every task's limits and
outside the engine's own group, so that a service manager that stops the engine does not stop them.
The runtime makes the leaf and puts the container in; taking away is ours.
"""

import contextlib
import errno
import functools
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hostless.compute.local.cgroups import CgroupTree, TaskLimits, folders_in, groups_below
from hostless.compute.seam import TaskSpec
from hostless.compute.stats import ContainerStats
from hostless.domain.arns import TaskId

TOP = "hostless"
BALANCERS = "balancers"
"""The group of load balancers' nodes (`balancer_groups`), beside those of tasks."""
_MONITORS = "monitors"
_REMOVE_TRIES = 1000
_REMOVE_PAUSE_SECONDS = 0.005
"""The kernel does not tell when a killed process has left its group."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """What the kernel did not give to a container; see `CgroupTree`."""

    out_of_memory_kills: int
    refused_forks: int


class TaskGroups:
    """Blocking, safe from several threads. Removing is idempotent."""

    def __init__(self, tree: CgroupTree, engine_id: str) -> None:
        self._tree = tree
        self._engine = f"{TOP}/{engine_id}"
        self._monitors = f"{self._engine}/{_MONITORS}"

    def open(self) -> None:
        """Beside what else runs on the machine tasks weigh as much as the machine has CPUs.

        As Kubernetes has it for its pods; a task's part of that goes by its vCPUs.
        """
        self._tree.prepare(self._engine)
        for group in (TOP, self._engine):
            self._tree.weigh(group, os.cpu_count() or 1)

    def path(self, task_id: TaskId, runtime_id: str, *, is_made: bool = False) -> str:
        """As the OCI spec wants it. is_made: before the runtime does, which then leaves it."""
        leaf = self._leaf(task_id, runtime_id)
        if is_made:
            self._tree.entrances(leaf)
        return f"/{leaf}"

    def _leaf(self, task_id: TaskId, runtime_id: str) -> str:
        return f"{self._engine}/{task_id}/{runtime_id}"

    def limit(self, task_id: TaskId, limits: TaskLimits) -> None:
        self._tree.limit(f"{self._engine}/{task_id}", limits)

    def enter_monitors(self) -> None:
        """Whatever the calling thread starts from now on is a monitor (see `take_monitor`)."""
        self._tree.enter(self._monitors)

    @property
    def take_monitor(self) -> Callable[[int], None] | None:
        """What moves a monitor there, where it is not there from its beginning."""
        if not self._tree.takes_processes:
            return None
        return functools.partial(self._tree.take, self._monitors)

    def charge(self, task_id: TaskId, pid: int) -> None:
        """Have the task pay for a monitor's CPU: it copies what the task's containers write.

        Costs 0.05 ms where moves are favoured. One that has ended is no error; nor is one that the
        kernel will not move, for its container runs.
        """
        try:
            self._tree.charge(f"{self._engine}/{task_id}", pid)
        except ProcessLookupError:
            pass
        except OSError as error:
            _log.warning("task %s does not pay for its monitor's CPU: %s", task_id, error)

    def monitors(self) -> set[int]:
        """The process ids of every conmon of this engine, and what it is just running."""
        return self._tree.members(self._monitors)

    def denials(self, task_id: TaskId, runtime_id: str) -> Denials:
        leaf = self._leaf(task_id, runtime_id)
        return Denials(
            out_of_memory_kills=self._tree.out_of_memory_kills(leaf),
            refused_forks=self._tree.refused_forks(leaf),
        )

    def stats(self, task_id: TaskId, runtime_id: str | None = None) -> ContainerStats | None:
        """Of the container, or of the whole task, even of those of its containers that are gone."""
        group = self._leaf(task_id, runtime_id) if runtime_id else f"{self._engine}/{task_id}"
        return self._tree.stats(group)

    def exists(self, task_id: TaskId, runtime_id: str) -> bool:
        return self._tree.exists(self._leaf(task_id, runtime_id))

    def remove(self, task_id: TaskId, runtime_id: str | None = None) -> None:
        """End what still runs there and take the groups away. Raises OSError (EBUSY)."""
        group = self._leaf(task_id, runtime_id) if runtime_id else f"{self._engine}/{task_id}"
        end_group(self._tree, group)

    def kill(self, task_id: TaskId, runtime_id: str) -> None:
        """Kill what runs there now; the group stays."""
        kill_members(self._tree, self._leaf(task_id, runtime_id))

    def task_ids(self) -> frozenset[TaskId]:
        """Every task of which a group is left."""
        found: set[str] = set()
        for hierarchy in self._tree.hierarchies:
            with contextlib.suppress(FileNotFoundError):
                found.update(folders_in(hierarchy / self._engine))
        return frozenset(TaskId(name) for name in found - {_MONITORS, BALANCERS})

    def remove_all(self) -> None:
        """Take the engine's own groups away; no monitor and no balancer may be left."""
        _remove_everywhere(self._tree, self._engine)
        for hierarchy in self._tree.hierarchies:
            with contextlib.suppress(OSError):
                (hierarchy / TOP).rmdir()


def limits_of(task: TaskSpec) -> TaskLimits:
    return TaskLimits(cpu_units=task.cpu_units, memory_mib=task.memory_mib)


@contextmanager
def hurried(groups: TaskGroups, task: TaskSpec) -> Iterator[None]:
    """For a sandbox that comes up with nothing in it: a small task's CPU is too little for it.

    An engine that dies meanwhile leaves a container that has not begun: the next one starts it,
    and with that sets the limits again.
    """
    groups.limit(task.id, replace(limits_of(task), has_cpu_quota=False))
    try:
        yield
    finally:
        groups.limit(task.id, limits_of(task))


def end_group(tree: CgroupTree, group: str) -> None:
    """Kill what is in the group and in those below it, and take them away. Raises OSError."""
    kill_members(tree, group)
    _remove_everywhere(tree, group)


def kill_members(tree: CgroupTree, group: str) -> None:
    for pid in tree.processes(group):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _remove_everywhere(tree: CgroupTree, group: str) -> None:
    for hierarchy in tree.hierarchies:
        for folder in groups_below(hierarchy / group):
            _remove_group(folder)


def _remove_group(folder: Path) -> None:
    for attempt in range(_REMOVE_TRIES):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or attempt == _REMOVE_TRIES - 1:
                raise
            time.sleep(_REMOVE_PAUSE_SECONDS)
        else:
            return
