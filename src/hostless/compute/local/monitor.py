"""conmon: one per container; it starts the runtime, keeps log and exit code, and outlives us.

Its traps: all paths are absolute; it drops `oom` into its working folder, so it works in the
bundle; it stays when the runtime cannot create, only to say so through the pipe.
"""

import os
import select
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.compute.local.folders import ContainerFolder
from hostless.compute.local.runtimes import OciRuntime

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

    def create(self, folder: ContainerFolder, runtime: OciRuntime, *, has_terminal: bool) -> None:
        """Return when the container is created. Raises CreateFailed, OSError. Blocks."""
        sockets = os.open(self.sockets, os.O_PATH)
        sync_read, sync_write = os.pipe()
        try:
            environment = {
                "PATH": os.environ.get("PATH", ""),
                "TMPDIR": f"/proc/{os.getpid()}/fd/{sockets}",  # a socket's path must be short
                "_OCI_SYNCPIPE": str(sync_write),
            }
            try:
                command = self._command(folder, runtime, has_terminal=has_terminal)
                self._launch(command, environment, folder.bundle, sync_write)
            finally:
                os.close(sync_write)
            _await_answer(sync_read, folder)
        finally:
            os.close(sync_read)
            os.close(sockets)

    def _launch(
        self, command: list[str], environment: dict[str, str], bundle: Path, sync: int
    ) -> None:
        """conmon goes to the background by itself; what is waited for is only its first half."""
        gate_read, gate_write = os.pipe()
        if self.take:
            environment = {**environment, "_OCI_STARTPIPE": str(gate_read)}
        try:
            with open(bundle / "monitor.err", "wb") as errors:
                conmon = subprocess.Popen(
                    command,
                    cwd=bundle,
                    env=environment,
                    pass_fds=[sync, gate_read] if self.take else [sync],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                )
            with conmon:
                if self.take:
                    self.take(conmon.pid)
                    os.write(gate_write, b"\n")
        finally:
            os.close(gate_read)
            os.close(gate_write)

    def _command(
        self, folder: ContainerFolder, runtime: OciRuntime, *, has_terminal: bool
    ) -> list[str]:
        name = folder.runtime_id
        command = [str(self.program), "--api-version", "1", "-c", name, "-u", name, "-n", name]
        command += ["-r", str(runtime.creator), "-b", str(folder.bundle)]
        command += ["-p", str(folder.bundle / "pid"), "-P", str(folder.monitor_pid)]
        command += ["-l", f"k8s-file:{folder.log}", "--exit-dir", str(self.exits)]
        command += ["--socket-dir-path", str(self.sockets), "--full-attach"]
        for flag in runtime.flags:
            command += ["--runtime-arg", flag]
        return [*command, "-t"] if has_terminal else command


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
