"""The VPC's resolver: answers private names, forwards the rest to the host's nameservers.

It lives in the engine: while the engine is down its sockets are gone and names do not resolve; they
are back when the engine is. Its sockets come from the VPC's namespace, made by others.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

from hostless.kit.slots import Slots
from hostless.network.local.chasing import joined, question_about
from hostless.network.local.dns import (
    NotAQuery,
    PrivateZone,
    Query,
    datagram_size_of,
    failure,
    find_answer,
    query_in,
    truncated,
)
from hostless.network.local.forwarding import (
    ForwardedQuery,
    forward_by_stream,
    read_message,
    write_message,
)
from hostless.network.local.nameservers import Endpoint
from hostless.network.local.zones import VpcZones, ZoneAnswer

MOST_QUERIES_FORWARDED = 500
"""At one time and by UDP; each holds a socket. Further ones fail at once."""
MOST_STREAMS = 100
SHARE_OF_ONE = 5
"""One address gets one of so many parts: whoever floods the resolver leaves it to others."""
STREAM_IDLE_SECONDS = 10.0


class VpcResolver:
    """zone: of the VPC's own names; may be replaced. zones: of private namespaces; they come first.

    nameservers: whom to ask, read for each query.
    """

    def __init__(
        self,
        zone: PrivateZone,
        zones: VpcZones,
        nameservers: Callable[[], Sequence[Endpoint]],
    ) -> None:
        self.zone = zone
        self._zones = zones
        self._nameservers = nameservers
        self._transports: list[asyncio.BaseTransport] = []
        self._servers: list[asyncio.Server] = []
        self._forwarded: set[ForwardedQuery] = set()
        self._queries = Slots(MOST_QUERIES_FORWARDED, MOST_QUERIES_FORWARDED // SHARE_OF_ONE)
        self._talks = Slots(MOST_STREAMS, MOST_STREAMS // SHARE_OF_ONE)
        self._streams: set[asyncio.Task[Any]] = set()

    async def serve(
        self, datagrams: Sequence[socket.socket], streams: Sequence[socket.socket]
    ) -> None:
        """Answer at these sockets until `close`, which closes them."""
        loop = asyncio.get_running_loop()
        for datagram in datagrams:
            made = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=datagram)
            self._transports.append(made[0])
        for stream in streams:
            self._servers.append(await asyncio.start_server(self._talk, sock=stream))

    def close(self) -> None:
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        for task in self._streams:
            task.cancel()
        for forwarded in self._forwarded:
            forwarded.let_go()
        self._forwarded.clear()

    def answer_datagram(
        self, message: bytes, caller: str, deliver: Callable[[bytes], None]
    ) -> None:
        """caller: its address. deliver: called with the answer, now or later; never for what is no
        query.
        """
        try:
            query = query_in(message)
        except NotAQuery:
            return
        size = datagram_size_of(message, query)

        def send(answer: bytes) -> None:
            deliver(answer if len(answer) <= size else truncated(query))

        self._resolve(query, message, caller, send)

    def _resolve(
        self, query: Query, message: bytes, caller: str, deliver: Callable[[bytes], None]
    ) -> None:
        known = self._find_known(query)
        if known is None:
            self._forward(query, message, caller, deliver)
            return
        if known.elsewhere is None:
            deliver(known.message)
            return
        answered, target = known.message, known.elsewhere
        onward = question_about(target, query)

        def join(found: bytes) -> None:
            deliver(joined(answered, target, query.kind, found))

        self._resolve(query_in(onward), onward, caller, join)

    def _find_known(self, query: Query) -> ZoneAnswer | None:
        """What this resolver knows itself; None: others are to be asked."""
        found = self._zones.find_answer(query)
        if found is not None:
            return found
        own = find_answer(query, self.zone)
        return None if own is None else ZoneAnswer(message=own)

    def _forward(
        self, query: Query, message: bytes, caller: str, deliver: Callable[[bytes], None]
    ) -> None:
        if not self._queries.take(caller):
            deliver(failure(query))
            return

        def finish(answer: bytes) -> None:
            self._forwarded.discard(forwarded)
            self._queries.give_back(caller)
            deliver(answer)

        forwarded = ForwardedQuery(query, message, self._nameservers(), finish)
        self._forwarded.add(forwarded)
        forwarded.ask_next()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        caller = (writer.get_extra_info("peername") or ("",))[0]
        if task is None or not self._talks.take(caller):
            writer.close()
            return
        self._streams.add(task)
        try:
            while True:
                async with asyncio.timeout(STREAM_IDLE_SECONDS):
                    message = await read_message(reader)
                await write_message(writer, await self._answer_stream(message))
        except (NotAQuery, OSError, TimeoutError, asyncio.IncompleteReadError):
            return
        except asyncio.CancelledError:
            # This is the top of the task, and asyncio reports a cancelled one as an error.
            return
        finally:
            self._streams.discard(task)
            self._talks.give_back(caller)
            writer.close()

    async def _answer_stream(self, message: bytes) -> bytes:
        query = query_in(message)
        known = self._find_known(query)
        if known is None:
            return await forward_by_stream(query, message, self._nameservers())
        if known.elsewhere is None:
            return known.message
        found = await self._answer_stream(question_about(known.elsewhere, query))
        return joined(known.message, known.elsewhere, query.kind, found)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: VpcResolver) -> None:
        self._resolver = resolver
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Endpoint) -> None:
        self._resolver.answer_datagram(data, addr[0], lambda answer: self._send(answer, addr))

    def _send(self, answer: bytes, addr: Endpoint) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)
