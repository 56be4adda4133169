"""conmon: one per container; it starts the runtime, keeps log and exit code, and outlives us.

Its traps: all paths are absolute; it drops `oom` into its working folder, so it works in the
bundle; it stays when the runtime cannot create, only to say so through the pipe.
"""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.compute.local import processes
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.processes import ProcessMark, find_mark
from hostless.compute.local.runtimes import OciRuntime
from hostless.compute.seam import ContainerSpec
from hostless.domain.arns import TaskId

CREATE_SECONDS = 60.0
"""How long a runtime may take to create one container."""


class CreateFailed(Exception):
    """The message is what the runtime, or conmon, wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """take: told of each new conmon before it does anything; None where that is not needed."""

    program: Path
    exits: Path
    sockets: Path
    take: Callable[[int], None] | None

    @contextmanager
    def launched(
        self, folder: ContainerFolder, runtime: OciRuntime, spec: ContainerSpec
    ) -> Iterator["Launched"]:
        """A conmon that waits to be let go; without that it ends with the block. Raises OSError.

        It takes 3 ms to get ready, in which the caller makes what the container needs. The folders
        of the container must be there.
        """
        with ExitStack() as opened:
            sockets = os.open(self.sockets, os.O_PATH)
            opened.callback(os.close, sockets)
            gate, answer = _Pipe(opened), _Pipe(opened)
            environment = {
                "PATH": os.environ.get("PATH", ""),
                "TMPDIR": f"/proc/{os.getpid()}/fd/{sockets}",  # a socket's path must be short
                "_OCI_STARTPIPE": str(gate.outlet),
                "_OCI_SYNCPIPE": str(answer.inlet),
            }
            with open(folder.bundle / "monitor.err", "wb") as errors:
                conmon = subprocess.Popen(
                    self._command(folder, runtime, spec),
                    cwd=folder.bundle,
                    env=environment,
                    pass_fds=[gate.outlet, answer.inlet],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                )
            opened.enter_context(conmon)
            answer.close_inlet()
            launched = Launched(conmon, gate, answer, folder)
            opened.callback(launched.end_unless_let_go)
            if self.take:
                self.take(conmon.pid)
            yield launched

    def _command(
        self, folder: ContainerFolder, runtime: OciRuntime, spec: ContainerSpec
    ) -> list[str]:
        name = folder.runtime_id
        command = [str(self.program), "--api-version", "1", "-c", name, "-u", name, "-n", name]
        command += ["-r", str(runtime.creator), "-b", str(folder.bundle)]
        command += ["-p", str(folder.bundle / "pid"), "-P", str(folder.monitor_pid)]
        command += ["-l", f"k8s-file:{folder.log}" if spec.is_logged else "none"]
        command += ["--exit-dir", str(self.exits), "--socket-dir-path", str(self.sockets)]
        command += ["--full-attach"]
        for flag in runtime.flags:
            command += ["--runtime-arg", flag]
        return [*command, "-t"] if spec.has_terminal else command


def find_monitor(folder: ContainerFolder) -> ProcessMark | None:
    """The container's conmon, while it lives."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        mark = find_mark(int(folder.monitor_pid.read_text()))
        if mark is not None and folder.runtime_id in processes.command_line(mark.pid):
            return mark
    return None


def hold_writer(root: Path, task_id: TaskId, container: str, *, is_held: bool) -> None:
    """Keep a container from writing on: it waits when it does. Or let it go on.

    root: of the backend. One that is gone is no error. Its end is told when it is let go.
    """
    mark = find_monitor(Folders(root=root.resolve()).container(task_id, container))
    if mark is not None:
        processes.send_signal(mark, signal.SIGSTOP if is_held else signal.SIGCONT)


class _Pipe:
    """Both ends are closed when `opened` is. Children get only the ends that they are given."""

    def __init__(self, opened: ExitStack) -> None:
        self.outlet, self.inlet = os.pipe()
        opened.callback(os.close, self.outlet)
        self._inlet = opened.enter_context(ExitStack())
        self._inlet.callback(os.close, self.inlet)

    def close_inlet(self) -> None:
        self._inlet.close()


class Launched:
    """A conmon that waits at its gate. What ends first is only its first half; it stays."""

    def __init__(
        self, conmon: "subprocess.Popen[bytes]", gate: _Pipe, answer: _Pipe, folder: ContainerFolder
    ) -> None:
        self._conmon = conmon
        self._gate = gate
        self._answer = answer
        self._folder = folder
        self._is_let_go = False

    def create(self) -> None:
        """Return when the container is created. Raises CreateFailed, OSError. Blocks."""
        self._is_let_go = True
        os.write(self._gate.inlet, b"\n")
        _await_answer(self._answer.outlet, self._folder)
        self._conmon.wait()  # its first half ends when it has written the pid of the other

    def end_unless_let_go(self) -> None:
        if not self._is_let_go:
            self._conmon.kill()


def _await_answer(sync: int, folder: ContainerFolder) -> None:
    """One line of JSON: the process id, or -1 and a message."""
    poll = select.poll()
    poll.register(sync, select.POLLIN)
    data = b""
    while not data.endswith(b"\n"):
        if not poll.poll(CREATE_SECONDS * 1000):
            raise CreateFailed(f"not created within {CREATE_SECONDS:.0f} seconds")
        chunk = os.read(sync, 1 << 16)
        if not chunk:
            break
        data += chunk
    try:
        answer = msgspec.json.decode(data)
    except msgspec.DecodeError:
        errors = (folder.bundle / "monitor.err").read_text(errors="replace")
        raise CreateFailed(errors or "conmon ended without a word") from None
    if answer["data"] <= 0:
        raise CreateFailed(answer.get("message", ""))
