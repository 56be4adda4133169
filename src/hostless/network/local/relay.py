"""Carries connections from an interface of a VPC to one place of the host's: the engine's API.

Bytes pass as they are, signatures and all; who asks proves it as everywhere. Like the resolver it
lives in the engine: while that is down, nobody answers.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from hostless.network.local import namespaces
from hostless.network.local.nameservers import Endpoint

MOST_CONNECTIONS = 500
"""At one time, of one interface; further ones are closed at once."""
BACKLOG = 64
CONNECT_SECONDS = 5.0
LOCAL_SOURCE = "127.0.0.2"
"""Where relayed connections come from when the API listens at a loopback address: it lets in
unsigned what comes from 127.0.0.1, which is who works on this machine."""
IDLE_SECONDS = 350.0
"""After which a connection that carries nothing ends (PrivateLink Guide, "Considerations")."""
_CHUNK_BYTES = 64 * 1024
Ends: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def listening_socket(namespace: str, address: str, port: int) -> socket.socket:
    """In a network namespace. Raises OSError. Only for the network's own thread."""
    kind = socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with namespaces.inside(namespace):
        made = socket.socket(socket.AF_INET, kind)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


class Relay:
    """to: where connections are carried."""

    def __init__(self, to: Endpoint) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()

    async def serve(self, stream: socket.socket) -> None:
        """Take connections at this listening socket until `close`, which closes it."""
        self._server = await asyncio.start_server(self._carry, sock=stream)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MOST_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        # A cancelled task of a server is an error to asyncio, and this is the top of the task.
        with suppress(OSError, TimeoutError, asyncio.CancelledError):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    far_reader, far_writer = await self._connect()
                try:
                    await _carry_both((reader, writer), (far_reader, far_writer))
                finally:
                    far_writer.close()
            finally:
                self._connections.discard(task)
                writer.close()

    async def _connect(self) -> Ends:
        host, port = self._to
        is_here = host.startswith("127.")
        source = (LOCAL_SOURCE, 0) if is_here else None
        return await asyncio.open_connection(host, port, local_addr=source)


async def _carry_both(near: Ends, far: Ends) -> None:
    """Until the far end is done; the near one may be done before. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(IDLE_SECONDS) as idle, asyncio.TaskGroup() as group:

        def note() -> None:
            idle.reschedule(loop.time() + IDLE_SECONDS)

        asking = group.create_task(_pump(near[0], far[1], note))
        await _pump(far[0], near[1], note)
        asking.cancel()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[], None]
) -> None:
    """Until the one who speaks is done; then the other knows. note: called for every piece."""
    try:
        while data := await reader.read(_CHUNK_BYTES):
            note()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()
