"""The endpoint's HTTP over real sockets of the loopback range: an address stands for a task."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.support.tasks import VPC
from tests.support.told_tasks import Street

from hostless.domain.container_identity import runtime_id_of
from hostless.gateway.metadata import MOST_OF_ONE, RATE, TOO_MANY, MetadataListeners

OWN, OTHERS = "127.0.1.10", "127.0.1.11"


@dataclass
class Place:
    street: Street
    listeners: MetadataListeners
    port: int
    path: str

    async def connect(self, source: str = OWN) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))

    async def ask(self, path: str, source: str = OWN, method: str = "GET") -> tuple[int, bytes]:
        reader, writer = await self.connect(source)
        forged = f"x-forwarded-for: {OWN}\r\nforwarded: for={OWN}"
        head = f"{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{forged}\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(20):
            answer = await reader.read()
        await close(writer)
        return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Until the other end is gone, however it goes."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    street = Street()
    task = await street.move_in(OWN)
    await street.move_in(OTHERS)
    listeners = MetadataListeners(street.answers, street.clock)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = listening.getsockname()[1]
    await listeners.serve(VPC.id, listening)
    path = f"/v4/{runtime_id_of(task.id, 'web')}"
    yield Place(street=street, listeners=listeners, port=port, path=path)
    listeners.leave(VPC.id)


async def test_who_asks_is_the_address_and_no_header(place: Place) -> None:
    status, body = await place.ask(place.path)
    assert (status, json.loads(body)["Name"]) == (200, "web")
    status, body = await place.ask(place.path, OTHERS)
    assert status == 404
    assert json.loads(body).startswith("V4 container metadata handler: ")


async def test_only_getting_is_there(place: Place) -> None:
    assert (await place.ask(place.path, method="POST"))[0] == 405
    assert (await place.ask(place.path, method="HEAD")) == (200, b"")


async def test_a_task_is_held_to_the_agents_rate_alone(place: Place) -> None:
    answers = [await place.ask("/") for _ in range(RATE.burst + 1)]
    assert [status for status, _ in answers] == [404] * RATE.burst + [429]
    assert answers[-1][1].decode() == TOO_MANY
    assert (await place.ask("/", OTHERS))[0] == 404
    place.street.clock.at += 2 / RATE.refill
    assert (await place.ask("/"))[0] == 404


async def test_who_hoards_connections_leaves_the_endpoint_to_others(place: Place) -> None:
    hoarded = [await place.connect() for _ in range(MOST_OF_ONE)]
    reader, late = await place.connect()
    async with asyncio.timeout(20):
        assert not await rest_of(reader)
    assert (await place.ask("/", OTHERS))[0] == 404
    for _, writer in (*hoarded, (reader, late)):
        await close(writer)


async def test_who_leaves_a_vpc_leaves_no_connection_open(place: Place) -> None:
    reader, writer = await place.connect()
    writer.write(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    async with asyncio.timeout(20):
        await reader.readuntil(b"404 page not found")
        place.listeners.leave(VPC.id)
        await rest_of(reader)
    await close(writer)
    with pytest.raises(OSError):
        await place.connect()


async def test_a_fault_of_ours_is_told_without_its_text(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(place.street.answers, "answer", fail)
    assert await place.ask(place.path) == (500, b'"failed to get task metadata"')
    assert "secret" in caplog.text
