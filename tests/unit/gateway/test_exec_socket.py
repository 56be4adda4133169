"""The websocket of ExecuteCommand: real server, real client, a process made of queues."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hostless.compute.seam import ComputeBackend, ExecFailed, Stream
from hostless.domain.arns import TaskId
from hostless.gateway.exec_socket import ExecSocket, size_of
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.services.ecs.exec_sessions import MOST_SESSIONS, ExecSessions

LIMIT_SECONDS = 10.0


class Process:
    """Echoes its input on stdout; `stderr` goes to stderr; ends when its input is closed."""

    def __init__(self) -> None:
        self.output: asyncio.Queue[tuple[Stream, bytes] | None] = asyncio.Queue()
        self.sizes: list[tuple[int, int]] = []
        self.killed = asyncio.Event()
        self.exit_code = 7

    async def read(self) -> tuple[Stream, bytes] | None:
        return await self.output.get()

    async def write(self, data: bytes) -> None:
        await self.output.put(("stderr" if data == b"stderr" else "stdout", data))

    async def close_input(self) -> None:
        await self.output.put(None)

    async def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    async def wait(self) -> int:
        return self.exit_code

    async def kill(self) -> None:
        self.killed.set()


class Backend:
    """Hands out the one process."""

    def __init__(self) -> None:
        self.process = Process()
        self.asked: list[tuple[Any, ...]] = []
        self.trouble = ""

    async def exec(
        self, task_id: TaskId, container: str, command: tuple[str, ...], *, has_terminal: bool
    ) -> Process:
        self.asked.append((task_id, container, command, has_terminal))
        if self.trouble:
            raise ExecFailed(self.trouble)
        return self.process


class Server:
    def __init__(self, idle_limit_seconds: float = 60.0) -> None:
        self.sessions = ExecSessions(SystemClock(), Ids(random.Random(1)))
        self.backend = Backend()
        backend = cast(ComputeBackend, self.backend)
        self._socket = ExecSocket(self.sessions, backend, idle_limit_seconds)
        self._port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        config = uvicorn.Config(
            self._socket,
            port=0,
            lifespan="off",
            log_level="error",
            ws="websockets-sansio",
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve())
            async with asyncio.timeout(LIMIT_SECONDS):
                while not server.started:
                    await asyncio.sleep(0.01)
            self._port = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield self
            finally:
                server.should_exit = True

    def connect(self, token: str | None = None, query: str = "") -> Any:
        session = self.sessions.open(TaskId("a" * 32), "web", ("sh",))
        address = f"ws://127.0.0.1:{self._port}/exec/{session.id}"
        bearer = {"Authorization": f"Bearer {token or session.token}"}
        return connect(f"{address}{query}", additional_headers=bearer)


async def frames_to_the_end(client: ClientConnection) -> list[bytes]:
    async with asyncio.timeout(LIMIT_SECONDS):
        return [cast(bytes, frame) async for frame in client]


async def test_output_comes_by_channel_and_then_the_exit_code() -> None:
    async with Server().running() as server, server.connect() as client:
        for data in (b"\x00hello", b"\x00stderr", b"\x04"):
            await client.send(data)
        assert await frames_to_the_end(client) == [
            b"\x01hello",
            b"\x02stderr",
            b'\x05{"exitCode": 7}',
        ]
        assert server.backend.asked == [("a" * 32, "web", ("sh",), False)]


async def test_a_terminal_is_asked_for_in_the_address_and_resized_by_a_frame() -> None:
    async with Server().running() as server, server.connect(query="?terminal=1") as client:
        await client.send(b'\x03{"rows": 40, "columns": 120}')
        await client.send(b"\x04")
        await frames_to_the_end(client)
        assert server.backend.asked[0][-1] is True
        assert server.backend.process.sizes == [(40, 120)]


async def test_a_wrong_token_is_refused_before_anything_runs() -> None:
    async with Server().running() as server:
        with pytest.raises(InvalidStatus) as refusal:
            async with server.connect(token="wrong"):
                pass
        assert refusal.value.response.status_code == 403
        assert not server.backend.asked


async def test_a_token_in_the_address_opens_nothing() -> None:
    async with Server().running() as server:
        with pytest.raises(InvalidStatus):
            async with server.connect(token=" ", query="?token=x"):
                pass


async def test_the_command_is_killed_when_the_client_goes_away() -> None:
    async with Server().running() as server:
        async with server.connect() as client:
            await client.send(b"\x00x")
            await client.recv()
            assert not server.backend.process.killed.is_set()
        async with asyncio.timeout(LIMIT_SECONDS):
            await server.backend.process.killed.wait()


async def test_a_command_that_cannot_start_is_told_in_the_last_frame() -> None:
    server = Server()
    server.backend.trouble = "no such file: nosh"
    async with server.running(), server.connect() as client:
        assert await frames_to_the_end(client) == [b'\x05{"error": "no such file: nosh"}']


async def test_silence_ends_the_session_and_the_command() -> None:
    async with Server(idle_limit_seconds=0.1).running() as server, server.connect() as client:
        [last] = await frames_to_the_end(client)
        assert last[0] == 5
        assert json.loads(last[1:])["error"].startswith("idle for")
        assert server.backend.process.killed.is_set()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("text", 1002),
        (b"", 1002),
        (b"\x09?", 1002),
        (b"\x03{}", 1002),
        (b'\x03{"rows": -1, "columns": true}', 1002),
        (b"\x00" + bytes(1024 * 1024), 1009),
    ],
)
async def test_a_frame_that_makes_no_sense_ends_the_session(frame: str | bytes, code: int) -> None:
    async with Server().running() as server, server.connect() as client:
        await client.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(LIMIT_SECONDS):
                await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        async with asyncio.timeout(LIMIT_SECONDS):
            await server.backend.process.killed.wait()


async def test_a_session_that_ended_makes_room_for_another() -> None:
    async with Server().running() as server:
        for _ in range(MOST_SESSIONS + 1):
            server.backend.process = Process()
            async with server.connect() as client:
                await client.send(b"\x04")
                await frames_to_the_end(client)


def test_sizes_are_whole_numbers_within_reason() -> None:
    assert size_of(b'{"rows": 24, "columns": 80}') == (24, 80)
    assert size_of(b'{"rows": 0, "columns": 80}') is None
    assert size_of(b'{"rows": 24.5, "columns": 80}') is None
    assert size_of(b"[1]") is None
    assert size_of(b"\xff") is None
