"""Asking the host's nameservers what the VPC's resolver does not know itself.

Queries and answers pass as they are. Each question by UDP has a socket, and so a port, of its own,
which makes it hard to answer for somebody who does not see it.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable

from hostless.network.local.dns import Query, failure, is_answer_to
from hostless.network.local.nameservers import Endpoint

UPSTREAM_SECONDS = 2.0
"""How long one nameserver may take; programs wait 5 seconds for an answer (resolv.conf(5))."""
LARGEST_MESSAGE = 65535
TCP_LENGTH = struct.Struct("!H")


class ForwardedQuery:
    """One query by UDP on its way to the nameservers, one after the other.

    deliver: called once, on the event loop, with the answer or with SERVFAIL.
    """

    def __init__(
        self,
        query: Query,
        message: bytes,
        upstreams: Iterable[Endpoint],
        deliver: Callable[[bytes], None],
    ) -> None:
        self._query = query
        self._message = message
        self._upstreams = iter(upstreams)
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None

    def ask_next(self) -> None:
        """Ask the first, or the next, nameserver."""
        self.let_go()
        upstream = next(self._upstreams, None)
        if upstream is None:
            self._deliver(failure(self._query))
            return
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        )
        try:
            self._socket.connect(upstream)
            self._socket.send(self._message)
        except OSError:
            self.ask_next()
            return
        self._loop.add_reader(self._socket.fileno(), self._receive)
        self._timer = self._loop.call_later(UPSTREAM_SECONDS, self.ask_next)

    def let_go(self) -> None:
        """Wait for nobody's answer any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        self._timer, self._socket = None, None

    def _receive(self) -> None:
        if self._socket is None:
            return
        try:
            answer = self._socket.recv(LARGEST_MESSAGE)
        except BlockingIOError:
            return
        except OSError:
            self.ask_next()
            return
        if is_answer_to(self._query, answer):
            self.let_go()
            self._deliver(answer)


async def forward_by_stream(query: Query, message: bytes, upstreams: Iterable[Endpoint]) -> bytes:
    """The first answer that a nameserver gives by TCP, or SERVFAIL."""
    for address, port in upstreams:
        try:
            async with asyncio.timeout(UPSTREAM_SECONDS):
                return await _asked_by_stream(address, port, message)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            continue
    return failure(query)


async def _asked_by_stream(address: str, port: int, message: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        await write_message(writer, message)
        return await read_message(reader)
    finally:
        writer.close()


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One message of a stream (RFC 1035, 4.2.2). Raises IncompleteReadError, OSError."""
    (length,) = TCP_LENGTH.unpack(await reader.readexactly(TCP_LENGTH.size))
    return await reader.readexactly(length)


async def write_message(writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(TCP_LENGTH.pack(len(message)) + message)
    await writer.drain()
