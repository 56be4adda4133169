"""Takes away what containers and tasks leave: processes, mounts, groups, state, files.

Blocking; every step may have been done before. A task's record goes last, so that whatever is left
is known to belong to something.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from hostless.compute.local import processes
from hostless.compute.local.block_volumes import VolumeMounts
from hostless.compute.local.disks import remove_disk
from hostless.compute.local.folders import ContainerFolder, Folders, disk_of, task_id_of
from hostless.compute.local.kernel import unmount
from hostless.compute.local.monitor import find_monitor
from hostless.compute.local.records import find_record
from hostless.compute.local.rootfs import unmount_root
from hostless.compute.local.runtimes import OciRuntime
from hostless.compute.local.shared_mounts import SharedMounts
from hostless.compute.local.task_groups import TaskGroups
from hostless.domain.arns import TaskId
from hostless.kit.trees import remove_tree

_MONITOR_SECONDS = 5.0
"""How long conmon may take to write the exit code of a container that was killed."""
_CLIENT_SECONDS = 0.5
"""How long a runtime may take to see that its command has ended."""
_SIGKILL = 9
_RUNTIME_ID = re.compile(r"\b[0-9a-f]{32}-[0-9]{10}\b")


class Sweeper:
    """For one runtime."""

    def __init__(self, folders: Folders, groups: TaskGroups, runtime: OciRuntime) -> None:
        self._folders = folders
        self._groups = groups
        self._runtime = runtime
        self._attached = VolumeMounts(folders)
        self._shared = SharedMounts(folders, acts_as_user=runtime.acts_as_user)

    def discard(self, task_id: TaskId, folder: ContainerFolder) -> None:
        """Undo a container that was not wholly made; its writable layer stays."""
        self._runtime.end(folder.runtime_id)
        self._groups.remove(task_id, folder.runtime_id)
        monitor = find_monitor(folder)
        if monitor is not None and not processes.wait_for_end(monitor, _MONITOR_SECONDS):
            processes.send_signal(monitor, _SIGKILL)
            processes.wait_for_end(monitor, _MONITOR_SECONDS)
        self._runtime.forget(folder.runtime_id)
        unmount_root(folder)
        self._shared.drop(folder.runtime_id)
        folder.exit_file.unlink(missing_ok=True)  # before the bundle: the next run has no end yet
        shutil.rmtree(folder.bundle, ignore_errors=True)

    def remove(self, task_id: TaskId) -> None:
        """Everything of a task. Raises OSError when something will not go."""
        folders = self._folders
        remembered = folders.record(task_id).parent
        self._groups.remove(task_id)
        for name in filter(_RUNTIME_ID.fullmatch, _names_in(remembered)):
            self.discard(task_id, folders.container_of(name))
        self._runtime.sweep(task_id)
        self._groups.remove(task_id)
        while unmount(folders.etc(task_id)):
            pass
        remove_disk(disk_of(folders.task(task_id)))
        record = find_record(folders.record(task_id))
        if record is not None and record.task.attached_volume is not None:
            self._attached.drop(record.task.attached_volume)
        for folder in (folders.task(task_id), folders.etc(task_id), remembered):
            remove_tree(folder)


def end_strays(folders: Folders, groups: TaskGroups, runtimes: Sequence[OciRuntime]) -> None:
    """Kill every conmon that was still making a container when its engine died, and its like.

    What they made so far is discarded when the container is started anew, or removed.
    """
    while strays := [pid for pid in groups.monitors() if _is_stray(pid, folders, runtimes)]:
        for pid in strays:
            mark = processes.find_mark(pid)
            if mark is not None and processes.send_signal(mark, _SIGKILL):
                processes.wait_for_end(mark, _MONITOR_SECONDS)


def charge_monitors(groups: TaskGroups) -> None:
    """Have tasks pay for the monitors of an engine that was killed before it told them to."""
    for pid in groups.monitors():
        named = _RUNTIME_ID.search(" ".join(processes.command_line(pid)))
        if named is not None:
            groups.charge(task_id_of(named[0]), pid)


def end_commands(runtimes: Sequence[OciRuntime]) -> None:
    """Kill what an engine that was killed still ran inside containers: nobody hears it any more.

    With crun and runc only: a command in a sandbox of gVisor goes on until it or its task ends.
    """
    clients = {(str(runtime.creator), *runtime.flags, "exec") for runtime in runtimes}
    for pid in processes.all_pids():
        line = processes.command_line(pid)
        if any(line[: len(client)] == client for client in clients):
            _end_command(pid)


def _end_command(client: int) -> None:
    """The client ends with its command, and is killed when it has none."""
    mark = processes.find_mark(client)
    for command in processes.children_of(client):
        processes.kill_session(command)
    if mark is not None and not processes.wait_for_end(mark, _CLIENT_SECONDS):
        processes.send_signal(mark, _SIGKILL)


def _names_in(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return os.listdir(folder)
    return []


def _is_stray(pid: int, folders: Folders, runtimes: Sequence[OciRuntime]) -> bool:
    """Whoever has the id of a whole container in its command line serves that container.

    So does the monitor of one that was started and has just ended: it writes the exit code now.
    """
    line = processes.command_line(pid)
    if pid == os.getpid() or not line:
        return False
    named = _RUNTIME_ID.search(" ".join(line))
    if named is None:
        return True
    was_started = folders.container_of(named[0]).started.exists()
    return not was_started and all(runtime.find_life(named[0]) is None for runtime in runtimes)
