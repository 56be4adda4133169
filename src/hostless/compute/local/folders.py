"""Where everything of the backend lies below its root folder; names only, no I/O.

On disk, in `tasks/<task>/`, is only what is large or outlives a boot: the containers' logs, and
`disk`, where the task's own disk is mounted: all that it writes lies there. Every file made beside
it slows a start, most of all where much was deleted lately.
`run/` is a tmpfs of ours, which outlives the engine: it holds what is true of this boot only (what
runs, and since when), what must never reach a disk (OCI specs carry environment values), and what
must be writable when the disk is full (exit codes). A task that the disk knows and `run/` does not
was made before the machine went down.
"""

from dataclasses import dataclass
from pathlib import Path

from hostless.domain.arns import TaskId
from hostless.domain.container_identity import runtime_id_of

_TASK_ID_LENGTH = 32


def task_id_of(runtime_id: str) -> TaskId:
    return TaskId(runtime_id[:_TASK_ID_LENGTH])


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFolder:
    """The paths of one container: `home`, its task's on disk; `bundle`, its own in the tmpfs."""

    runtime_id: str
    home: Path
    bundle: Path
    exit_file: Path

    @property
    def _number(self) -> str:
        """A name may be too long for a file's."""
        return self.runtime_id[_TASK_ID_LENGTH + 1 :]

    @property
    def disk(self) -> Path:
        return disk_of(self.home)

    @property
    def upper(self) -> Path:
        return self.disk / f"{self._number}.upper"

    @property
    def work(self) -> Path:
        return self.disk / f"{self._number}.work"

    @property
    def log(self) -> Path:
        return self.home / f"{self._number}.log"

    @property
    def root(self) -> Path:
        """The mounted root file system."""
        return self.bundle / "root"

    @property
    def started(self) -> Path:
        """Changed at the instant at which the container was let run; there when that was tried."""
        return self.bundle / "started"

    @property
    def last_run(self) -> Path:
        """Beside the bundle, which goes with each run: how the one before ended."""
        return self.bundle.with_name(f"{self.runtime_id}.last-run")

    @property
    def stop_sent(self) -> Path:
        """There once the stop signal was sent."""
        return self.bundle / "stop-sent"

    @property
    def shares(self) -> Path:
        """There where what the container leaves behind would live on in its task's sandbox."""
        return self.bundle / "shares"

    @property
    def begun(self) -> Path:
        """There once the container was seen to run, and all is done that belongs to its start."""
        return self.bundle / "begun"

    @property
    def alone(self) -> Path:
        """There where the container is all that its task's sandbox is for."""
        return self.bundle / "alone"

    @property
    def config(self) -> Path:
        return self.bundle / "config.json"

    @property
    def monitor_pid(self) -> Path:
        return self.bundle / "monitor.pid"

    @property
    def out_of_memory(self) -> Path:
        """conmon makes it in its working folder when the kernel killed for want of memory."""
        return self.bundle / "oom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """root: absolute."""

    root: Path

    @property
    def tasks(self) -> Path:
        return self.root / "tasks"

    @property
    def exits(self) -> Path:
        return self.run / "exits"

    @property
    def mount_points(self) -> Path:
        """A layer below every image, with what is mounted over in each container."""
        return self.root / "mount-points"

    @property
    def filters(self) -> Path:
        """Compiled seccomp filters."""
        return self.root / "filters"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def bundles(self) -> Path:
        """By task, what of it is in memory."""
        return self.run / "tasks"

    @property
    def all_etc(self) -> Path:
        """With a tmpfs for each task: containers write there, and fill nobody else's."""
        return self.run / "etc"

    @property
    def sockets(self) -> Path:
        return self.run / "s"

    @property
    def execs(self) -> Path:
        """Short-lived files of commands that are being started in containers."""
        return self.run / "x"

    def task(self, task_id: TaskId) -> Path:
        """On disk; there once a container is being made."""
        return self.tasks / task_id

    def record(self, task_id: TaskId) -> Path:
        """There from before `task` is until after it has gone."""
        return self.bundles / task_id / "task.json"

    def etc(self, task_id: TaskId) -> Path:
        """The task's own /etc/hosts, /etc/hostname and /etc/resolv.conf."""
        return self.all_etc / task_id

    def bundle(self, runtime_id: str) -> Path:
        return self.bundles / task_id_of(runtime_id) / runtime_id

    def container(self, task_id: TaskId, name: str) -> ContainerFolder:
        return self.container_of(runtime_id_of(task_id, name))

    def container_of(self, runtime_id: str) -> ContainerFolder:
        return ContainerFolder(
            runtime_id=runtime_id,
            home=self.task(task_id_of(runtime_id)),
            bundle=self.bundle(runtime_id),
            exit_file=self.exits / runtime_id,
        )


def disk_of(task: Path) -> Path:
    """Where a task's disk is mounted. task: its own folder."""
    return task / "disk"


def volumes_folder(task: Path) -> Path:
    """With a folder for each volume of a task. task: its own folder."""
    return disk_of(task) / "volumes"


def file_systems_folder(root: Path) -> Path:
    """What outlives tasks: a folder for each file system of EFS. root: of the backend."""
    return root / "efs"


def disk_files_folder(root: Path) -> Path:
    """Where the files of tasks' disks are made, which have no names. root: of the backend."""
    return root / "disks"
