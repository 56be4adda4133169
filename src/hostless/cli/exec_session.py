"""The client's end of an exec session (docs/exec-protocol.md): this terminal, or plain pipes.

With a terminal its bytes pass untouched (raw mode), and its size follows the window. Opening the
session is `exec`'s business.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from typing import TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from hostless.cli.outcome import EXEC_FAILED, CommandFailed

STDIN, STDOUT, STDERR, RESIZE, CLOSE_STDIN, EXIT = range(6)
CHUNK = 64 * 1024
SECONDS_TO_CONNECT = 10
PIPE_CLOSED = 128 + signal.SIGPIPE
"""As a shell says of a program whose reader went away."""
MOST_UNSENT = 16
"""Chunks of input read ahead of the connection."""


async def run_session(address: str, token: str, *, has_terminal: bool, is_interactive: bool) -> int:
    """Carry input and output until the command ends; its exit code. Raises CommandFailed."""
    try:
        async with connect(
            f"{address}?terminal={int(has_terminal)}",
            additional_headers={"Authorization": f"Bearer {token}"},
            max_size=None,
            open_timeout=SECONDS_TO_CONNECT,
            proxy=None,
        ) as session:
            with _raw_terminal() if has_terminal else contextlib.nullcontext():
                outcome = await _talk(session, has_terminal, is_interactive)
    except (OSError, InvalidHandshake) as error:
        raise CommandFailed(
            f"the session could not be opened: {error}",
            "Its token is good for one connection within a minute; try again.",
            EXEC_FAILED,
        ) from error
    if isinstance(outcome, int):
        return outcome
    raise CommandFailed(f"the command did not run to its end: {outcome}", exit_code=EXEC_FAILED)


Outcome: TypeAlias = int | str
"""The command's exit code, or why there is none."""


async def _talk(session: ClientConnection, has_terminal: bool, is_interactive: bool) -> Outcome:
    async with asyncio.TaskGroup() as group:
        senders = [group.create_task(_send_input(session, is_interactive))]
        if has_terminal:
            senders.append(group.create_task(_send_sizes(session)))
        outcome = await _receive(session)
        for sender in senders:
            sender.cancel()
    return outcome


async def _receive(session: ClientConnection) -> Outcome:
    """Print output until the last frame."""
    outputs = {STDOUT: sys.stdout.fileno(), STDERR: sys.stderr.fileno()}
    try:
        while True:
            frame = await session.recv(decode=False)
            channel, data = frame[0], frame[1:]
            if channel in outputs:
                _print(outputs[channel], data)
            elif channel == EXIT:
                answer = json.loads(data)
                return int(answer["exitCode"]) if "exitCode" in answer else str(answer["error"])
    except ConnectionClosed:
        return "the connection to the engine was lost"
    except BrokenPipeError:
        return PIPE_CLOSED


def _print(descriptor: int, data: bytes) -> None:
    """All of it, past Python's buffers: the bytes are the command's, not ours."""
    while data:
        data = data[os.write(descriptor, data) :]


async def _send_input(session: ClientConnection, is_interactive: bool) -> None:
    with contextlib.suppress(ConnectionClosed):  # the receiving side says so
        if is_interactive:
            chunks: asyncio.Queue[bytes] = asyncio.Queue()
            room = threading.Semaphore(MOST_UNSENT)
            _read_in_background(chunks, room)
            while data := await chunks.get():
                await session.send(bytes([STDIN]) + data)
                room.release()
        await session.send(bytes([CLOSE_STDIN]))


def _read_in_background(chunks: "asyncio.Queue[bytes]", room: threading.Semaphore) -> None:
    """Feed standard input into `chunks`; an empty chunk is its end.

    A thread, because standard input may be a file, which no event loop can wait for; a daemon,
    because nothing can interrupt its last read.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        data = b"?"
        while data:
            room.acquire()
            try:
                data = os.read(sys.stdin.fileno(), CHUNK)
            except OSError:
                data = b""
            with contextlib.suppress(RuntimeError):  # the loop is closed: the command has ended
                loop.call_soon_threadsafe(chunks.put_nowait, data)

    threading.Thread(target=read, daemon=True).start()


async def _send_sizes(session: ClientConnection) -> None:
    """Now and whenever the window changes, unless the terminal does not know its window's size.

    Asked of the terminal alone: LINES and COLUMNS, where a shell or readline exported them, say
    what the window was once.
    """
    changed = asyncio.Event()
    changed.set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)
    try:
        with contextlib.suppress(ConnectionClosed):
            while await changed.wait():
                changed.clear()
                size = os.get_terminal_size(sys.stdout.fileno())
                if size.lines and size.columns:
                    frame = json.dumps({"rows": size.lines, "columns": size.columns})
                    await session.send(bytes([RESIZE]) + frame.encode())
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key goes to the command, Ctrl-C too; the terminal is put back afterwards."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
