"""`exec`: opening a session, and carrying it over plain pipes and a real terminal."""

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.fake_api import fake_api, task_view
from websockets.asyncio.server import ServerConnection, serve

from hostless.cli.exec import address_from_here
from hostless.cli.program import program

LIMIT_SECONDS = 20.0
CLIENT = (
    "import asyncio, sys\n"
    "from hostless.cli.exec_session import run_session\n"
    "from hostless.cli.outcome import CommandFailed\n"
    "address, terminal, interactive = sys.argv[1:]\n"
    "try: sys.exit(asyncio.run(run_session(address, 't0ken', has_terminal=terminal == '1',\n"
    "    is_interactive=interactive == '1')))\n"
    "except CommandFailed as error: print(error.message, file=sys.stderr); sys.exit(125)\n"
)


class Recording:
    """A server that keeps what it is sent, and answers as the test says."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.address = ""
        self.path = ""
        self.authorization = ""
        self._session: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def serve(self, session: ServerConnection) -> None:
        assert session.request is not None
        self.authorization = session.request.headers["Authorization"]
        self.path = session.request.path
        self._session.set_result(session)
        async for frame in session:
            assert isinstance(frame, bytes)
            await self.frames.put(frame)

    async def send(self, channel: int, data: bytes) -> None:
        await (await self._session).send(bytes([channel]) + data)

    async def exit(self, code: int) -> None:
        await self.send(5, json.dumps({"exitCode": code}).encode())

    async def close(self) -> None:
        await (await self._session).close()

    async def next_frame(self) -> bytes:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.frames.get()


@asynccontextmanager
async def recording() -> AsyncIterator[Recording]:
    server = Recording()
    async with serve(server.serve, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        server.address = f"ws://127.0.0.1:{port}/exec/s"
        yield server


async def client(server: Recording, *, interactive: bool = False) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLIENT, server.address, "0", "01"[interactive]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_output_streams_stay_apart_and_the_code_is_passed_on() -> None:
    async with recording() as server:
        process = await client(server)
        assert await server.next_frame() == b"\x04"
        assert server.authorization == "Bearer t0ken"
        assert server.path == "/exec/s?terminal=0"
        await server.send(1, b"out\n\xff")
        await server.send(2, b"err\n")
        await server.exit(42)
        assert await process.communicate() == (b"out\n\xff", b"err\n")
        assert process.returncode == 42


async def test_standard_input_is_handed_over_and_closed() -> None:
    async with recording() as server:
        process = await client(server, interactive=True)
        assert process.stdin is not None
        process.stdin.write(b"hello")
        await process.stdin.drain()
        assert await server.next_frame() == b"\x00hello"
        process.stdin.close()
        assert await server.next_frame() == b"\x04"
        await server.exit(0)
        assert await process.wait() == 0


async def test_a_lost_connection_is_told_and_is_no_success() -> None:
    async with recording() as server:
        process = await client(server)
        await server.next_frame()
        await server.close()
        _, errors = await process.communicate()
        assert process.returncode == 125
        assert b"connection to the engine was lost" in errors


async def test_a_command_that_could_not_start_is_told() -> None:
    async with recording() as server:
        process = await client(server)
        await server.send(5, b'{"error": "no such program"}')
        _, errors = await process.communicate()
        assert process.returncode == 125
        assert b"no such program" in errors


def size_frame(rows: int, columns: int) -> bytes:
    return b"\x03" + json.dumps({"rows": rows, "columns": columns}).encode()


async def test_a_terminal_is_raw_follows_its_window_and_is_put_back() -> None:
    """Its window, not LINES and COLUMNS, which say what it was when somebody exported them."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(theirs)
    async with recording() as server:
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, server.address, "1", "1"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "LINES": "7", "COLUMNS": "70"},
        )
        assert await server.next_frame() == size_frame(24, 80)
        os.write(ours, b"\x03")  # Ctrl-C is the command's, not ours
        assert await server.next_frame() == b"\x00\x03"
        assert not termios.tcgetattr(theirs)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process.send_signal(signal.SIGWINCH)
        assert await server.next_frame() == size_frame(40, 120)
        await server.send(1, b"bye\n")
        await server.exit(3)
        assert await asyncio.to_thread(process.wait, LIMIT_SECONDS) == 3
    assert os.read(ours, 100) == b"bye\n"
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


async def test_a_window_of_unknown_size_is_not_told() -> None:
    ours, theirs = pty.openpty()
    async with recording() as server:
        command = [sys.executable, "-c", CLIENT, server.address, "1", "1"]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
        await server.send(1, b"begun\n")
        assert await asyncio.to_thread(os.read, ours, 100) == b"begun\n"
        os.write(ours, b"x")
        assert await server.next_frame() == b"\x00x"
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process.send_signal(signal.SIGWINCH)
        assert await server.next_frame() == size_frame(40, 120)
        await server.exit(0)
        assert await asyncio.to_thread(process.wait, LIMIT_SECONDS) == 0
    os.close(ours)
    os.close(theirs)


def test_one_of_several_containers_has_to_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [{"name": "web"}, {"name": "sidecar"}]
    fake_api(monkeypatch, task_view(containers=pair))
    result = CliRunner().invoke(program(None), ["exec", "aaaa", "--", "ls"])  # type: ignore[arg-type]
    assert result.exit_code == 125
    assert "web, sidecar" in result.stderr
    assert "--container" in result.stderr


def test_a_terminal_that_is_none_is_refused() -> None:
    result = CliRunner().invoke(program(None), ["exec", "-it", "a", "sh"])  # type: ignore[arg-type]
    assert result.exit_code == 2
    assert "-t needs a terminal" in result.stderr


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://localhost:9999", "ws://localhost:9999/exec/s1"),
        ("https://tunnel.example", "wss://tunnel.example/exec/s1"),
    ],
)
def test_a_session_is_reached_where_the_api_was_reached(endpoint: str, address: str) -> None:
    assert address_from_here("ws://127.0.0.1:4566/exec/s1", endpoint) == address


def test_the_protocol_document_and_the_code_agree_on_channels() -> None:
    from hostless.cli import exec_session
    from hostless.gateway import exec_socket

    table = (Path(__file__).parents[3] / "docs" / "exec-protocol.md").read_text()
    names = ("STDIN", "STDOUT", "STDERR", "RESIZE", "CLOSE_STDIN", "EXIT")
    for number, name in enumerate(names):
        assert getattr(exec_session, name) == getattr(exec_socket, name) == number
        assert f"| {number} | " in table
