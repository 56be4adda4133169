"""runsc as a program, and the sandboxes of tasks: made, looked for, their state files.

What a container does in a sandbox is `gvisor`'s.
"""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hostless.compute.local import processes
from hostless.compute.local.elf import pause_program
from hostless.compute.local.folders import Folders, task_id_of
from hostless.compute.local.host import find_program
from hostless.compute.local.records import write_whole
from hostless.compute.local.runtimes import RuntimeFailed, SandboxOrder
from hostless.compute.seam import TaskSpec
from hostless.domain.arns import TaskId

COMMAND_SECONDS = 60.0
ANNOTATION = "io.kubernetes.cri."
_SANDBOX_NUMBER = "0" * 10
WITHOUT_NET_SETTINGS = (
    *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
    'mount -t tmpfs none /proc/sys/net && exec "$0" "$@"',
)
"""Linux shows `net.core.rmem_default` in every network namespace from 6.11 on; a runsc from before
mid 2024 takes that for the host's own namespace, where it refuses to take a network over."""
_MESSAGE = '{"msg":'
NOT_INSTALLED = "runsc is not installed (apt-get install runsc)"
_RUNNING = ("running", 2)
"""In runsc's own state file; releases differ."""


def sandbox_id_of(task_id: TaskId) -> str:
    """As long as a container's id, and no container's."""
    return f"{task_id}-{_SANDBOX_NUMBER}"


def ends_with_its_container(task: TaskSpec) -> bool:
    """Whether a sandbox of the task need not outlive a container, which is its only one.

    A second sandbox would have no network: gVisor takes the interface's addresses for itself.
    """
    is_only_one = len(task.containers) == 1 and not task.shares_processes
    return is_only_one and not task.containers[0].may_restart


class Sandboxes:
    """Of one engine."""

    def __init__(self, program: Path, folders: Folders, platform: str) -> None:
        self._folders = folders
        self._root = folders.run / "runsc"
        self.command = (
            str(program),
            f"--platform={platform}",
            f"--root={self._root}",
            "--network=sandbox",
        )

    def install(self, machine: str) -> None:
        """Have the pause program at hand. machine: as uname says it."""
        self._root.mkdir(exist_ok=True)
        write_whole(self._pause_root / "pause", pause_program(machine), 0o755)

    @property
    def _pause_root(self) -> Path:
        return self._folders.run / "pause"

    def prepare(self, order: SandboxOrder) -> None:
        """Have the task's sandbox run, unless it is to begin and end with its one container.

        Raises RuntimeFailed.
        """
        sandbox = sandbox_id_of(order.task_id)
        if order.is_for_one or self.runs(sandbox):
            return
        if self.state_file(sandbox).exists():
            self.run("delete", "--force", sandbox, check=False)
        bundle = self._folders.bundle(sandbox)
        shutil.rmtree(bundle, ignore_errors=True)
        write_whole(bundle / "config.json", msgspec.json.encode(self._sandbox_spec(order)))
        begin = ("run", "--detach", "--bundle", str(bundle), sandbox)
        self.run(*begin, before=WITHOUT_NET_SETTINGS)

    @property
    def can_be_told(self) -> bool:
        """Whether runsc is there; sandboxes that run do without."""
        return find_program(self.command[0]) is not None

    def runs(self, runtime_id: str) -> bool:
        """Whether the container began and its sandbox lives; for the sandbox's own id as well."""
        state = self._state(runtime_id)
        pid = state.get("sandbox", {}).get("pid", 0)
        pid = pid.get("val", 0) if isinstance(pid, dict) else pid
        sandbox = self.sandbox_of(runtime_id)
        return state.get("status") in _RUNNING and sandbox in processes.command_line(int(pid))

    def sandbox_of(self, runtime_id: str) -> str:
        """The one that a container is in: the task's, or one that it is the first and only of."""
        is_first = self._file(runtime_id, runtime_id, "state").exists()
        return runtime_id if is_first else sandbox_id_of(task_id_of(runtime_id))

    def state_file(self, runtime_id: str) -> Path:
        return self._file(runtime_id, self.sandbox_of(runtime_id), "state")

    def _file(self, runtime_id: str, sandbox: str, kind: str) -> Path:
        return self._root / f"{runtime_id}_sandbox:{sandbox}.{kind}"

    def process_of(self, runtime_id: str) -> Mapping[str, Any]:
        """The container's process in OCI's form. Raises RuntimeFailed when it is not there."""
        state = self._state(runtime_id)
        if not state:
            raise RuntimeFailed("the container is not running")
        if not self.can_be_told:
            raise RuntimeFailed(NOT_INSTALLED)
        process: Mapping[str, Any] = state["spec"]["process"]
        return process

    def kill(self, runtime_id: str, pid: int, *, whole: bool) -> None:
        """SIGKILL a process of a container. whole: and all that came of it.

        They are stopped before they are killed, so that nobody has a child in between.
        """
        if not self.can_be_told:
            return
        doomed = [pid]
        for one in doomed if whole else ():
            self.run("kill", f"--pid={one}", runtime_id, "STOP", check=False)
            parents = self._parents(runtime_id)
            doomed += [child for child, parent in parents.items() if parent == one]
        for one in doomed:
            self.run("kill", f"--pid={one}", runtime_id, "KILL", check=False)

    def _parents(self, runtime_id: str) -> Mapping[int, int]:
        """The processes of a container, each with its parent's number, 0 for none."""
        listed = subprocess.run(
            [*self.command, "ps", "--format=table", runtime_id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        rows = [line.split() for line in listed.stdout.decode(errors="replace").splitlines()[1:]]
        return {int(row[1]): int(row[2]) for row in rows}

    def _state(self, runtime_id: str) -> Mapping[str, Any]:
        """Empty when there is none."""
        file = self.state_file(runtime_id)
        try:
            return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _sandbox_spec(self, order: SandboxOrder) -> dict[str, object]:
        network = {"type": "network"}
        if order.namespace is not None:
            network["path"] = order.namespace
        return {
            "ociVersion": "1.0.2",
            "process": {"user": {"uid": 0, "gid": 0}, "args": ["/pause"], "cwd": "/", "env": []},
            "root": {"path": str(self._pause_root), "readonly": True},
            "hostname": order.host_name,
            "linux": {
                "namespaces": [{"type": kind} for kind in ("mount", "ipc", "uts", "pid")]
                + [network],
                "cgroupsPath": order.cgroup,
                "resources": {},
            },
            "annotations": {f"{ANNOTATION}container-type": "sandbox"},
        }

    def run(self, *arguments: str, check: bool = True, before: tuple[str, ...] = ()) -> None:
        """Call runsc. Raises RuntimeFailed if `check`. before: the program that is to call it.

        No pipes: processes that runsc leaves behind would keep them open.
        """
        log = self._root / f"{threading.get_native_id()}.log"
        try:
            ended = subprocess.run(
                [*before, *self.command, f"--log={log}", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=COMMAND_SECONDS,
                check=False,
            )
            if check and ended.returncode != 0:
                raise RuntimeFailed(message_in(log))
        except subprocess.TimeoutExpired as error:
            if check:
                raise RuntimeFailed(f"runsc {arguments[0]} did not end") from error
        except FileNotFoundError as error:
            if check:
                raise RuntimeFailed(NOT_INSTALLED) from error
        finally:
            log.unlink(missing_ok=True)

    def forget(self, runtime_id: str) -> None:
        for sandbox in (runtime_id, sandbox_id_of(task_id_of(runtime_id))):
            for kind in ("state", "lock"):
                self._file(runtime_id, sandbox, kind).unlink(missing_ok=True)


def message_in(log: Path) -> str:
    with contextlib.suppress(OSError):
        told = log.read_text(errors="replace").strip()  # by several processes, not all in lines
        line = told[max(0, told.rfind(_MESSAGE)) :]
        try:
            return str(msgspec.json.decode(line)["msg"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return line
    return ""
