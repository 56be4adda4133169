"""What the relay carries, over loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from hostless.network.local import relay
from hostless.network.local.nameservers import Endpoint
from hostless.network.local.relay import Relay


def listening() -> socket.socket:
    made = socket.create_server(("127.0.0.1", 0))
    made.setblocking(False)
    return made


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers when the caller is done."""
    heard = await reader.read()
    writer.write(heard[::-1])
    await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def far_end() -> AsyncIterator[Endpoint]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield host, port


@contextlib.asynccontextmanager
async def relayed(to: Endpoint) -> AsyncIterator[Endpoint]:
    made, stream = Relay(to), listening()
    host, port = stream.getsockname()
    await made.serve(stream)
    try:
        yield host, port
    finally:
        made.close()


async def asked(place: Endpoint, words: bytes) -> bytes:
    """What comes back until the other end is done."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(words)
        writer.write_eof()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_bytes_pass_both_ways_and_so_does_the_end_of_them() -> None:
    words = b"abc" * 100_000
    async with far_end() as far, relayed(far) as near:
        answers = await asyncio.gather(*(asked(near, words) for _ in range(20)))
        assert set(answers) == {words[::-1]}


async def test_nobody_at_the_far_end_is_the_end_of_the_connection() -> None:
    gone = listening()
    host, port = gone.getsockname()
    gone.close()
    async with relayed((host, port)) as near:
        assert await asked(near, b"abc") == b""


async def test_closing_ends_what_is_under_way_and_takes_nobody_more() -> None:
    async with far_end() as far:
        async with relayed(far) as near:
            reader, writer = await asyncio.open_connection(*near)
            writer.write(b"abc")
            await writer.drain()
            assert await asked(near, b"abc") == b"cba"
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        with contextlib.suppress(ConnectionRefusedError):
            await asyncio.open_connection(*near)
            raise AssertionError("somebody listens still")


async def test_connections_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MOST_CONNECTIONS", 1)
    async with far_end() as far, relayed(far) as near:
        reader, writer = await asyncio.open_connection(*near)
        await carried(reader, writer)
        assert await asked(near, b"abc") == b""
        writer.write_eof()
        assert await reader.read() == b"cba"
        writer.close()


async def carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Once the connection is among those that are carried."""
    writer.write(b"abc")
    await writer.drain()
    while not any("_carry" in repr(task.get_coro()) for task in asyncio.all_tasks()):
        await asyncio.sleep(0)


async def test_a_connection_that_carries_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.2)
    async with far_end() as far, relayed(far) as near:
        reader, writer = await asyncio.open_connection(*near)
        assert await reader.read() == b""
        writer.close()


async def test_when_the_far_end_is_done_so_is_the_connection() -> None:
    async def bye(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.close()

    server = await asyncio.start_server(bye, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, relayed((host, port)) as near:
        reader, writer = await asyncio.open_connection(*near)
        assert await reader.read() == b"bye"
        writer.close()
        while any("_carry" in repr(task.get_coro()) for task in asyncio.all_tasks()):
            await asyncio.sleep(0)


async def test_what_is_relayed_does_not_come_from_who_works_here() -> None:
    seen: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    async with server, relayed(server.sockets[0].getsockname()) as place:
        await asked(place, b"")
    assert seen == [relay.LOCAL_SOURCE]
    assert relay.LOCAL_SOURCE != "127.0.0.1"
