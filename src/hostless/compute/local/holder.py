"""Holds the PID namespace that a task's containers share (`pidMode: task`), as long as the task.

The first process of a PID namespace takes all others with it when it ends, so it may be none of a
container's: here it is a program that does nothing but let ended orphans go. It has a control group
of its own in the task's, hears no signal from inside, and goes when the task is removed.
gVisor's sandboxes need none: the sandbox's first process is such a one. Blocking.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from hostless.compute.local.elf import pause_program
from hostless.compute.local.folders import Folders
from hostless.compute.local.records import write_whole
from hostless.compute.local.runtimes import OciRuntime, RuntimeFailed, SandboxOrder, call, is_alive
from hostless.compute.local.sandboxes import sandbox_id_of
from hostless.compute.local.sweeping import Sweeper
from hostless.compute.local.task_groups import TaskGroups
from hostless.compute.seam import TaskSpec
from hostless.domain.arns import TaskId

_NOBODY = 65534
"""Not a container's root: that could trace it."""


class Holder:
    """For one runtime."""

    def __init__(
        self, folders: Folders, groups: TaskGroups, runtime: OciRuntime, sweeper: Sweeper
    ) -> None:
        self._folders = folders
        self._groups = groups
        self._runtime = runtime
        self._sweeper = sweeper

    def have(self, order: SandboxOrder) -> str:
        """The path of the task's PID namespace; made where there is none. Raises RuntimeFailed.

        order: its control group is not looked at.
        """
        name = sandbox_id_of(order.task_id)
        life = self._runtime.find_life(name)
        if life is None or not is_alive(life):
            self._make(name, order)
            life = self._runtime.find_life(name)
        if life is None:
            raise RuntimeFailed("the task's processes have no namespace")
        return f"/proc/{life.process.pid}/ns/pid"

    def _make(self, name: str, order: SandboxOrder) -> None:
        folder = self._folders.container_of(name)
        self._sweeper.discard(order.task_id, folder)
        root = self._folders.run / "holder"
        write_whole(root / "hold", pause_program(os.uname().machine), 0o755)
        spec = _spec(root, self._groups.path(order.task_id, name), order)
        write_whole(folder.config, msgspec.json.encode(spec))
        runtime = (str(self._runtime.creator), *self._runtime.flags)
        ended = call((*runtime, "run", "--detach", "--bundle", str(folder.bundle), name))
        if ended.returncode != 0:
            raise RuntimeFailed("the namespace of the task's processes cannot be made")


class LeftBehind:
    """Kills what containers leave running at their end in a PID namespace that they share.

    Where a container has its own the kernel does. Used on the event loop only.
    """

    def __init__(self, folders: Folders, groups: TaskGroups) -> None:
        self._folders = folders
        self._groups = groups
        self._sharing: dict[TaskId, set[str]] = {}

    def note(self, task: TaskSpec, names: Iterable[str]) -> None:
        """names: of containers of the task that may have begun."""
        if task.shares_processes:
            self._sharing.setdefault(task.id, set()).update(names)

    def forget(self, task_id: TaskId) -> None:
        self._sharing.pop(task_id, None)

    def end(self, task_id: TaskId) -> None:
        """Of those containers of the task that have ended."""
        for name in self._sharing.get(task_id, ()):
            folder = self._folders.container(task_id, name)
            if folder.exit_file.exists():
                self._groups.kill(task_id, folder.runtime_id)


def _spec(root: Path, cgroup: str, order: SandboxOrder) -> dict[str, Any]:
    network = {"type": "network"}
    if order.namespace is not None:
        network["path"] = order.namespace
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": _NOBODY, "gid": _NOBODY},
            "args": ["/hold"],
            "cwd": "/",
            "env": [],
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": True},
        "hostname": order.host_name,
        "mounts": [
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"]},
            {"destination": "/proc", "type": "proc", "source": "proc"},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("mount", "ipc", "uts", "pid")] + [network],
            "cgroupsPath": cgroup,
            "resources": {},
        },
    }
