"""The OCI runtimes crun and runc: how to ask what is, and how to let a created container run.

Creating goes through conmon (`monitor`). Reading a container's state is reading the runtime's own
files: starting a program for it would cost more than all the rest.
"""

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from hostless.compute.local import processes
from hostless.compute.local.processes import ProcessMark

_COMMAND_SECONDS = 30


class RuntimeFailed(Exception):
    """The message is the runtime's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A created container. is_begun: its own program was let run."""

    process: ProcessMark
    is_begun: bool


class OciRuntime(Protocol):
    """program: absolute path. flags: for every call. version: changes with the program."""

    @property
    def program(self) -> Path: ...

    @property
    def version(self) -> str: ...

    @property
    def flags(self) -> tuple[str, ...]: ...

    @property
    def compiles_filters(self) -> bool:
        """Whether it takes compiled seccomp filters, and leaves what it compiled."""

    def compiled_filter(self, runtime_id: str) -> Path: ...

    def find_life(self, runtime_id: str) -> Life | None:
        """None when there is no whole container of that id."""

    def begin(self, runtime_id: str) -> None:
        """Let a created container run; one that runs already is no error. Raises RuntimeFailed."""

    def forget(self, runtime_id: str) -> None:
        """Drop the state of a container without processes."""

    @property
    def exec_client(self) -> tuple[str, ...]:
        """The command line that runs something in a container, up to the options for it."""


def run_runtime(runtime: OciRuntime, *arguments: str) -> None:
    """Raises RuntimeFailed with what the program wrote to its error stream."""
    ended = subprocess.run(
        [runtime.program, *runtime.flags, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        raise RuntimeFailed(ended.stderr.decode(errors="replace").strip())


def _read_state(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


class Crun:
    """State of a container: `<root>/<id>/status`; `exec.fifo` is there until it is begun."""

    compiles_filters = True

    def __init__(self, program: Path, root: Path, version: str) -> None:
        self.program = program
        self.version = version
        self._root = root
        self.flags: tuple[str, ...] = (f"--root={root}",)

    @property
    def exec_client(self) -> tuple[str, ...]:
        return (str(self.program), *self.flags, "exec")

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._root / runtime_id / "seccomp.bpf"

    def find_life(self, runtime_id: str) -> Life | None:
        folder = self._root / runtime_id
        status = _read_state(folder / "status")
        if status is None:
            return None
        mark = ProcessMark(pid=status["pid"], started=status["process-start-time"])
        return Life(process=mark, is_begun=not (folder / "exec.fifo").exists())

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
            if error.errno != 6:
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

    def forget(self, runtime_id: str) -> None:
        shutil.rmtree(self._root / runtime_id, ignore_errors=True)


class Runc:
    """State of a container: `<root>/<id>/state.json`; `exec.fifo` is there until it is begun."""

    compiles_filters = False

    def __init__(self, program: Path, root: Path, version: str) -> None:
        self.program = program
        self.version = version
        self._root = root
        self.flags: tuple[str, ...] = (f"--root={root}",)

    @property
    def exec_client(self) -> tuple[str, ...]:
        return (str(self.program), *self.flags, "exec", "--user", "0:0")

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._root / runtime_id / "none"

    def find_life(self, runtime_id: str) -> Life | None:
        folder = self._root / runtime_id
        state = _read_state(folder / "state.json")
        if state is None or not state.get("init_process_pid"):
            return None
        mark = ProcessMark(pid=state["init_process_pid"], started=state["init_process_start"])
        return Life(process=mark, is_begun=not (folder / "exec.fifo").exists())

    def begin(self, runtime_id: str) -> None:
        life = self.find_life(runtime_id)
        if life is None or life.is_begun:
            return
        run_runtime(self, "start", runtime_id)

    def forget(self, runtime_id: str) -> None:
        shutil.rmtree(self._root / runtime_id, ignore_errors=True)


def is_alive(life: Life | None) -> bool:
    return life is not None and processes.is_alive(life.process)
