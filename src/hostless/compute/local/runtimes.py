"""The OCI runtimes crun and runc: how to ask what is, and how to let a created container run.

Creating goes through conmon (`monitor`). Reading a container's state is reading the runtime's own
files: starting a program for it would cost more than all the rest.
"""

import contextlib
import errno
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from hostless.compute.local import processes
from hostless.compute.local.processes import ProcessMark
from hostless.compute.stats import ContainerStats
from hostless.domain.arns import TaskId

COMMAND_SECONDS = 30.0


class RuntimeFailed(Exception):
    """The message is the runtime's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecClient:
    """command: up to the options. process: the container's own, as in the OCI spec.

    terminal: how one is had. `sent`: the runtime makes one and sends it through a socket.
    `given`: it is given the inner end of one of ours. pid_option: has the command's number written
    to a file; `killer` knows the command by it.
    """

    command: tuple[str, ...]
    pid_option: str = "--pid-file"
    terminal: Literal["sent", "given"]
    process: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A created container. is_begun: its own program was let run."""

    process: ProcessMark
    is_begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOrder:
    """What a runtime that has one sandbox for a task needs for it. cgroup: as in the OCI spec.

    is_for_one: one container is all that it will ever hold.
    """

    task_id: TaskId
    cgroup: str
    namespace: str | None
    host_name: str
    is_for_one: bool = False


class OciRuntime(Protocol):
    """Blocking. What one kind of runtime does with containers that conmon created.

    creator, flags: what conmon runs to create. version: changes with the program.
    compiles_filters: takes compiled seccomp filters, and leaves what it compiled.
    takes_terminals: a container's own terminal can be had.
    takes_system_controls: the kernel that a container sees has them.
    acts_as_user: reaches files of mounts as the container's user does, not as root.
    joins_unconnected: creates in a network namespace whose links and addresses are yet to come.
    shares_processes: containers of a task can have one PID namespace by having none of their own.
    keeps_config: needs no `config.json` once the container is created.
    """

    @property
    def creator(self) -> Path: ...

    @property
    def flags(self) -> tuple[str, ...]: ...

    @property
    def version(self) -> str: ...

    @property
    def compiles_filters(self) -> bool: ...

    @property
    def takes_terminals(self) -> bool: ...

    @property
    def takes_system_controls(self) -> bool: ...

    @property
    def joins_unconnected(self) -> bool: ...

    @property
    def acts_as_user(self) -> bool: ...

    @property
    def keeps_config(self) -> bool: ...

    @property
    def shares_processes(self) -> bool: ...

    def exec_client(self, runtime_id: str) -> ExecClient:
        """How something is run in the container. Raises RuntimeFailed when it is not whole."""

    def killer(self, runtime_id: str, pid: int, *, has_terminal: bool) -> Callable[[], object]:
        """What ends a command that `exec_client` began, and is harmless when that has ended.

        Without a terminal, with all that it started. Made while the command surely is `pid`.
        """

    def compiled_filter(self, runtime_id: str) -> Path: ...

    def group_of(self, runtime_id: str) -> str:
        """The container id whose control group holds this container's processes."""

    def annotations(self, order: SandboxOrder) -> Mapping[str, str]:
        """For the OCI spec of each container of the task."""

    def prepare(self, order: SandboxOrder) -> None:
        """Have what a container of the task needs before it is created. Raises RuntimeFailed."""

    def find_life(self, runtime_id: str) -> Life | None:
        """None when there is no whole container of that id."""

    def begin(self, runtime_id: str) -> None:
        """Let a created container run; one that runs already is no error. Raises RuntimeFailed."""

    def signal(self, runtime_id: str, number: int) -> None:
        """To the container's first process; one that has ended is no error."""

    def stats(self, runtime_id: str) -> ContainerStats | None:
        """None where the container's control group tells it all. May start a program."""

    def end(self, runtime_id: str) -> None:
        """End what of the container is not in its control group."""

    def forget(self, runtime_id: str) -> None:
        """Drop the state of a container without processes."""

    def sweep(self, task_id: TaskId) -> None:
        """Undo `prepare`; no container is left."""


def _nothing() -> None:
    return None


class _PlainRuntime:
    """What crun and runc have in common: a container is its own, and nothing else.

    _state: the file of a container's state, and its fields for the first process: id and start.
    """

    takes_terminals = True
    takes_system_controls = True
    joins_unconnected = True
    acts_as_user = True
    shares_processes = False
    _state: tuple[str, str, str]

    def __init__(self, program: Path, root: Path, version: str) -> None:
        """root: the folder that the runtime keeps its state in."""
        self.creator = program
        self.version = version
        self.flags: tuple[str, ...] = (f"--root={root}",)
        self._root = root

    def group_of(self, runtime_id: str) -> str:
        return runtime_id

    def annotations(self, order: SandboxOrder) -> Mapping[str, str]:
        return {}

    def prepare(self, order: SandboxOrder) -> None:
        """Nothing is shared."""

    def find_life(self, runtime_id: str) -> Life | None:
        file, pid, started = self._state
        state = _read_json(self._root / runtime_id / file)
        if state is None or not state.get(pid):
            return None
        mark = ProcessMark(pid=state[pid], started=state[started])
        is_begun = not (self._root / runtime_id / "exec.fifo").exists()
        return Life(process=mark, is_begun=is_begun)

    def killer(self, runtime_id: str, pid: int, *, has_terminal: bool) -> Callable[[], object]:
        mark = processes.find_mark(pid)
        if mark is None:
            return _nothing
        if has_terminal:
            return functools.partial(processes.send_signal, mark, signal.SIGKILL)
        return functools.partial(processes.kill_session, mark)

    def signal(self, runtime_id: str, number: int) -> None:
        life = self.find_life(runtime_id)
        if life is not None:
            processes.send_signal(life.process, number)

    def stats(self, runtime_id: str) -> ContainerStats | None:
        return None

    def end(self, runtime_id: str) -> None:
        """All of it is in the group."""

    def forget(self, runtime_id: str) -> None:
        shutil.rmtree(self._root / runtime_id, ignore_errors=True)

    def sweep(self, task_id: TaskId) -> None:
        """Nothing was prepared."""


def _read_json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def _process_in(file: Path) -> Mapping[str, Any]:
    """`process` of an OCI spec. Raises RuntimeFailed when the file is not there."""
    spec = _read_json(file)
    if spec is None:
        raise RuntimeFailed("the container is not running")
    process: Mapping[str, Any] = spec["process"]
    return process


class Crun(_PlainRuntime):
    """State of a container: `<root>/<id>/status`; `exec.fifo` is there until it is begun."""

    compiles_filters = True
    keeps_config = True
    _state = ("status", "pid", "process-start-time")

    def exec_client(self, runtime_id: str) -> ExecClient:
        return ExecClient(
            command=(str(self.creator), *self.flags, "exec"),
            terminal="sent",
            process=_process_in(self._root / runtime_id / "config.json"),
        )

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._root / runtime_id / "seccomp.bpf"

    def begin(self, runtime_id: str) -> None:
        """What `crun start` does, without 4 ms for a program: one byte into the waiting pipe.

        The pipe goes last, so that a crash in between is seen as `created` and repeated: a
        container that has read its byte no longer listens, which ENXIO tells.
        """
        fifo = self._root / runtime_id / "exec.fifo"
        try:
            pipe = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        else:
            try:
                os.write(pipe, b"\0")
            except BrokenPipeError as error:
                raise RuntimeFailed("the container ended before it was started") from error
            finally:
                os.close(pipe)
        with contextlib.suppress(FileNotFoundError):
            fifo.unlink()


class Runc(_PlainRuntime):
    """State of a container: `<root>/<id>/state.json`; `exec.fifo` is there until it is begun."""

    compiles_filters = False
    keeps_config = False
    _state = ("state.json", "init_process_pid", "init_process_start")

    def exec_client(self, runtime_id: str) -> ExecClient:
        state = _read_json(self._root / runtime_id / "state.json") or {}
        labels = state.get("config", {}).get("labels", ())
        bundle = next((word[7:] for word in labels if word.startswith("bundle=")), "")
        return ExecClient(
            command=(str(self.creator), *self.flags, "exec"),
            terminal="given",
            process=_process_in(Path(bundle, "config.json")),
        )

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._root / runtime_id / "none"

    def begin(self, runtime_id: str) -> None:
        life = self.find_life(runtime_id)
        if life is None or life.is_begun:
            return
        command = (str(self.creator), *self.flags, "start", runtime_id)
        ended = call(command, stderr=subprocess.PIPE)
        if ended.returncode != 0:
            raise RuntimeFailed(ended.stderr.decode(errors="replace").strip())


def call(
    command: Sequence[str], stderr: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[bytes]:
    """Run a runtime and have its exit code. Raises RuntimeFailed when it does not end in time.

    stderr: a pipe only when the runtime leaves no process behind, which would keep it open.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        name = Path(command[0]).name
        raise RuntimeFailed(f"{name} did not end within {COMMAND_SECONDS:.0f} s") from error


def is_alive(life: Life | None) -> bool:
    return life is not None and processes.is_alive(life.process)
