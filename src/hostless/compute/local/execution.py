"""Commands inside running containers, through the runtime's `exec`.

All of them run in the container's working directory and with its environment, capabilities, filter
and limits. As on Fargate a session is root's, whatever the container's user, and finds a terminal's
type and a locale in its environment; a health check runs as the container does. The runtime stays
as a client for as long as the command runs.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import termios
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from hostless.compute.local.failures import runtime_sentence
from hostless.compute.local.kernel import IN_CLOSE_WRITE, IN_MOVED_TO, FolderWatch
from hostless.compute.local.readiness import readable, writable
from hostless.compute.local.runtimes import ExecClient
from hostless.compute.seam import ExecFailed, Stream

START_SECONDS = 30.0
KILL_SECONDS = 10.0
_CHUNK = 1 << 16
_LONGEST_MESSAGE = 4096
_PROCESS = "process.json"
_TERMINAL_TYPE = "TERM=xterm-256color"
_LOCALE = "LANG=C.UTF-8"
"""What AWS's agent says to a session, the locale only where the container has none
(amazon-ssm-agent, agent/session/plugins/shell/shell_unix.go)."""


class Killer(Protocol):
    def __call__(self, pid: int, *, has_terminal: bool) -> Callable[[], object]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecOrder:
    """container: its runtime id. is_session: else it is a health check.

    killer: the runtime's for the container; makes what ends the command from its number.
    """

    client: ExecClient
    killer: Killer
    container: str
    command: tuple[str, ...]
    has_terminal: bool
    is_session: bool = True


class LocalExec:
    """`read` and `write` must not be called by two callers at once, each."""

    def __init__(
        self,
        client: "subprocess.Popen[bytes]",
        outputs: Mapping[int, Stream],
        entrance: int,
        killer: Killer,
    ) -> None:
        """outputs: descriptors, non-blocking. entrance: where input goes, may be an output too."""
        self._client = client
        self._ended = os.pidfd_open(client.pid)
        self._outputs = dict(outputs)
        self._entrance: int | None = entrance
        self._killer = killer
        self._kill: Callable[[], object] | None = None
        self._is_terminal = entrance in outputs
        descriptors = {self._ended, entrance, *outputs}
        self._open = descriptors
        self._finalizer = weakref.finalize(self, _close_all, descriptors)

    async def await_start(self, place: Path, watch: FolderWatch) -> None:
        """The runtime writes the pid file when the command runs; else it ends, with a sentence.

        Cancelled, it lets the runtime come to an end with its start and kills what came of it: a
        half-made process could not be found again.
        """
        try:
            is_running = await self._has_begun(place / "pid", watch)
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILL_SECONDS):
                    await self._has_begun(place / "pid", watch)
            await self.kill()
            raise
        if is_running:
            return
        sentence = "".join([data.decode(errors="replace") for data in self._said()])
        await self.kill()
        raise ExecFailed(runtime_sentence(sentence[:_LONGEST_MESSAGE]))

    async def _has_begun(self, pid_file: Path, watch: FolderWatch) -> bool:
        while (pid := _pid_in(pid_file)) is None and self._client.poll() is None:
            await readable(watch.descriptor, self._ended)
            list(watch.names())
        pid = pid or _pid_in(pid_file)
        if pid is not None:
            self._kill = self._killer(pid, has_terminal=self._is_terminal)
        return pid is not None

    def _said(self) -> Iterator[bytes]:
        for descriptor in self._outputs:
            while data := _read_now(descriptor):
                yield data

    async def read(self) -> tuple[Stream, bytes] | None:
        while self._outputs:
            for descriptor, stream in list(self._outputs.items()):
                data = _read_now(descriptor)
                if data:
                    return stream, data
                if data is not None:
                    self._drop_output(descriptor)
            if self._outputs:
                await readable(*self._outputs)
        return None

    async def write(self, data: bytes) -> None:
        """What the command no longer wants is dropped."""
        rest = memoryview(data)
        while rest and self._entrance is not None:
            try:
                rest = rest[os.write(self._entrance, rest) :]
            except BlockingIOError:
                await writable(self._entrance)
            except OSError:
                return

    async def close_input(self) -> None:
        """With a terminal: what a user's Ctrl-D does."""
        if self._entrance is None:
            return
        if self._is_terminal:
            await self.write(b"\x04")
            return
        self._close(self._entrance)
        self._entrance = None

    async def resize(self, rows: int, columns: int) -> None:
        if self._is_terminal and self._entrance is not None:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._entrance, termios.TIOCSWINSZ, size)

    async def wait(self) -> int:
        if self._client.poll() is None:
            await readable(self._ended)
        code = self._client.wait()
        return code if code >= 0 else 128 - code

    async def kill(self) -> None:
        """Without a terminal, what the command started ends with it."""
        if self._client.poll() is None and self._kill is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._kill)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILL_SECONDS):
                    await self.wait()
        if self._client.poll() is None:
            self._client.kill()
        await self.wait()
        self._outputs.clear()
        self._entrance = None
        self._finalizer()

    def _drop_output(self, descriptor: int) -> None:
        del self._outputs[descriptor]
        if descriptor == self._entrance:
            self._entrance = None
        self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        os.close(descriptor)


def _pid_in(file: Path) -> int | None:
    """None as long as nothing is in it."""
    try:
        return int(file.read_text() or 0) or None
    except FileNotFoundError:
        return None


def _close_all(descriptors: set[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())


def _read_now(descriptor: int) -> bytes | None:
    """What is there; empty at the end, None when there is nothing yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def process_of(order: ExecOrder) -> dict[str, Any]:
    """The OCI process: the container's own, but for what the order says."""
    own = order.client.process
    process = {**own, "terminal": order.has_terminal, "args": order.command}
    return {**process, **_session_of(own)} if order.is_session else process


def _session_of(own: Mapping[str, Any]) -> dict[str, Any]:
    bounding = own.get("capabilities", {}).get("bounding", [])
    kept = [line for line in own.get("env", []) if not line.startswith("TERM=") and line != "LANG="]
    has_locale = any(line.startswith("LANG=") for line in kept)
    return {
        "user": {"uid": 0, "gid": 0},
        "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), bounding),
        "env": [*kept, _TERMINAL_TYPE, *([] if has_locale else [_LOCALE])],
    }


async def start_exec(folder: Path, order: ExecOrder) -> LocalExec:
    """folder: where short-lived files may be, in memory: environment values are among them.

    Raises ExecFailed.
    """
    place = Path(tempfile.mkdtemp(dir=folder))
    (place / _PROCESS).write_bytes(msgspec.json.encode(process_of(order)))
    watch = FolderWatch(place, IN_CLOSE_WRITE | IN_MOVED_TO)  # runtimes do either
    try:
        if not order.has_terminal:
            start = _start_on_pipes
        elif order.client.terminal == "sent":
            start = _start_on_sent_terminal
        else:
            start = _start_on_own_terminal
        async with asyncio.timeout(START_SECONDS):
            return await start(place, order, watch)
    except TimeoutError:
        raise ExecFailed(f"not started within {START_SECONDS:.0f} seconds") from None
    finally:
        watch.close()
        shutil.rmtree(place, ignore_errors=True)


async def _start_on_pipes(place: Path, order: ExecOrder, watch: FolderWatch) -> LocalExec:
    pipes = [os.pipe() for _ in range(3)]
    (input_end, entrance), (output, output_end), (errors, errors_end) = pipes
    try:
        client = _launch(place, order, (input_end, output_end, errors_end))
    except OSError:
        _close_all({entrance, output, errors})
        raise
    finally:
        _close_all({input_end, output_end, errors_end})
    for descriptor in (entrance, output, errors):
        os.set_blocking(descriptor, False)
    found = LocalExec(client, {output: "stdout", errors: "stderr"}, entrance, order.killer)
    await found.await_start(place, watch)
    return found


async def _start_on_sent_terminal(place: Path, order: ExecOrder, watch: FolderWatch) -> LocalExec:
    """The runtime makes the terminal inside the container and sends its other end here."""
    here = os.open(place, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            path = f"/proc/{os.getpid()}/fd/{here}/tty"  # the folder's own may be too long
            listener.bind(path)
            listener.listen(1)
            listener.setblocking(False)
            options = ("--console-socket", path)
            client = _launch(place, order, (subprocess.DEVNULL,) * 3, options)
            terminal = -1
            try:
                terminal = await _receive_terminal(client, listener)
            finally:
                if terminal < 0:
                    client.kill()
                    client.wait()
    finally:
        os.close(here)
    os.set_blocking(terminal, False)
    found = LocalExec(client, {terminal: "stdout"}, terminal, order.killer)
    await found.await_start(place, watch)
    return found


async def _start_on_own_terminal(place: Path, order: ExecOrder, watch: FolderWatch) -> LocalExec:
    """The runtime is given a terminal, which it carries into the container."""
    terminal, inner = os.openpty()
    try:
        client = _launch(place, order, (inner,) * 3)
    except OSError:
        os.close(terminal)
        raise
    finally:
        os.close(inner)
    os.set_blocking(terminal, False)
    found = LocalExec(client, {terminal: "stdout"}, terminal, order.killer)
    await found.await_start(place, watch)
    return found


def _launch(
    place: Path, order: ExecOrder, ends: tuple[int, int, int], options: tuple[str, ...] = ()
) -> "subprocess.Popen[bytes]":
    files = ("--process", str(place / _PROCESS), order.client.pid_option, str(place / "pid"))
    command = [*order.client.command, *options, *files, order.container]
    return subprocess.Popen(
        command, stdin=ends[0], stdout=ends[1], stderr=ends[2], start_new_session=True
    )


async def _receive_terminal(client: "subprocess.Popen[bytes]", listener: socket.socket) -> int:
    ended = os.pidfd_open(client.pid)
    try:
        await readable(listener.fileno(), ended)
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            raise ExecFailed("the runtime ended before it made the terminal") from None
        with connection:
            await readable(connection.fileno(), ended)
            _, descriptors, _, _ = socket.recv_fds(connection, 256, 1)
        if not descriptors:
            raise ExecFailed("the runtime sent no terminal")
        return descriptors[0]
    finally:
        os.close(ended)
