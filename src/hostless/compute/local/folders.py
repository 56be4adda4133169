"""Where everything of the backend lies below its root folder; names only, no I/O.

`tasks/` is on disk and survives a reboot. `run/` is a tmpfs of ours: it holds what is true of this
boot only, what must never reach a disk (OCI specs carry environment values), and what must be
writable when the disk is full (exit codes).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hostless.domain.arns import TaskId

_TASK_ID_LENGTH = 32


def runtime_id_of(task_id: TaskId, container: str) -> str:
    """The container's id for runtimes, in Fargate's form: task id, dash, ten digits.

    All ids have one length: runsc takes any prefix of an id for the id.
    """
    digest = hashlib.sha256(f"{task_id}/{container}".encode()).digest()
    return f"{task_id}-{int.from_bytes(digest[:8]) % 10**10:010d}"


def task_id_of(runtime_id: str) -> TaskId:
    return TaskId(runtime_id[:-11])


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFolder:
    """The paths of one container: `home` on disk, `bundle` in the tmpfs."""

    runtime_id: str
    home: Path
    bundle: Path
    exit_file: Path

    @property
    def upper(self) -> Path:
        return self.home / "upper"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def root(self) -> Path:
        """The mounted root file system."""
        return self.home / "merged"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def started(self) -> Path:
        """Holds the instant at which the container was let run; there when that was tried."""
        return self.home / "started"

    @property
    def stop_sent(self) -> Path:
        """There once the stop signal was sent."""
        return self.home / "stop-sent"

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
    def filters(self) -> Path:
        """Compiled seccomp filters."""
        return self.root / "filters"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def bundles(self) -> Path:
        return self.run / "b"

    @property
    def sockets(self) -> Path:
        return self.run / "s"

    @property
    def execs(self) -> Path:
        """Short-lived files of commands that are being started in containers."""
        return self.run / "x"

    def task(self, task_id: TaskId) -> Path:
        return self.tasks / task_id

    def record(self, task_id: TaskId) -> Path:
        return self.tasks / task_id / "task.json"

    def etc(self, task_id: TaskId) -> Path:
        """The task's own /etc/hosts, /etc/hostname and /etc/resolv.conf."""
        return self.tasks / task_id / "etc"

    def container(self, task_id: TaskId, name: str) -> ContainerFolder:
        runtime_id = runtime_id_of(task_id, name)
        return ContainerFolder(
            runtime_id=runtime_id,
            home=self.tasks / task_id / "containers" / name,
            bundle=self.bundles / runtime_id,
            exit_file=self.exits / runtime_id,
        )
