"""The VPC's resolver over real sockets on loopback."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from tests.support.dns import (
    KNOWN_ADDRESS,
    KNOWN_NAME,
    ZONE,
    Nameserver,
    addresses_in,
    ask,
    ask_by_stream,
    code_of,
    query,
    records_in,
)

from hostless.domain.arns import VpcId
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.network.local import forwarding, resolver
from hostless.network.local.nameservers import Endpoint
from hostless.network.local.resolver import VpcResolver
from hostless.network.local.zones import VpcZones

Ask = Callable[[bytes], bytes]


@contextlib.asynccontextmanager
async def serving(
    upstreams: Sequence[Endpoint], *namespaces: AnswerZone
) -> AsyncIterator[tuple[Ask, Ask]]:
    """How to ask a resolver by UDP and by TCP."""
    zones = VpcZones(Random(1))
    zones.replace(namespaces)
    made = VpcResolver(ZONE, zones, lambda: upstreams)
    stream = socket.create_server(("127.0.0.1", 0))
    port = stream.getsockname()[1]
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagram.bind(("127.0.0.1", port))
    await made.serve([datagram], [stream])
    try:
        yield (
            lambda message: ask("127.0.0.1", message, port),
            lambda message: ask_by_stream("127.0.0.1", message, port),
        )
    finally:
        made.close()


@contextlib.asynccontextmanager
async def nameserver() -> AsyncIterator[tuple[Nameserver, Endpoint]]:
    made = Nameserver()
    try:
        yield made, await made.start()
    finally:
        made.stop()


@contextlib.contextmanager
def deaf_nameserver(kind: socket.SocketKind) -> Iterator[socket.socket]:
    """Takes what is sent and never answers."""
    with socket.socket(socket.AF_INET, kind) as deaf:
        deaf.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            deaf.listen()
        deaf.settimeout(3)
        yield deaf


def refusing_endpoint() -> Endpoint:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint: Endpoint = closed.getsockname()
        return endpoint


async def test_private_names_are_answered_without_asking_anybody() -> None:
    async with nameserver() as (upstream, endpoint), serving([endpoint]) as ways:
        for way in ways:
            answer = await asyncio.to_thread(way, query("ip-172-31-5-6.ec2.internal"))
            assert addresses_in(answer) == ["172.31.5.6"]
        assert upstream.asked == []


def namespace(name: str, *records: RecordSet) -> AnswerZone:
    """`app.local` with one name in it."""
    names = {"app.local": (), f"{name}.app.local": records}
    return AnswerZone(vpc_id=VpcId("vpc-1"), name="app.local", negative_ttl_seconds=15, names=names)


async def test_names_of_a_namespace_are_answered_without_asking_anybody() -> None:
    web = RecordSet(type="A", ttl_seconds=60, values=("10.0.0.1",))
    async with (
        nameserver() as (upstream, endpoint),
        serving([endpoint], namespace("web", web)) as ways,
    ):
        for way in ways:
            assert addresses_in(await asyncio.to_thread(way, query("web.app.local"))) == [
                "10.0.0.1"
            ]
            assert code_of(await asyncio.to_thread(way, query("no.app.local"))) == 3
        assert upstream.asked == []


@pytest.mark.parametrize(
    ("target", "address"),
    [(KNOWN_NAME, KNOWN_ADDRESS), ("ip-172-31-5-6.ec2.internal", "172.31.5.6")],
)
async def test_an_alias_comes_with_the_addresses_of_what_it_leads_to(
    target: str, address: str
) -> None:
    alias = RecordSet(type="CNAME", ttl_seconds=7, values=(target,), most_answers=1)
    async with nameserver() as (_, endpoint), serving([endpoint], namespace("db", alias)) as ways:
        for way in ways:
            found = records_in(await asyncio.to_thread(way, query("db.app.local")))
            assert found == [("CNAME", 7, target), ("A", 60, address)]


async def test_an_answer_too_long_for_a_datagram_is_to_be_asked_for_by_tcp() -> None:
    values = tuple(f"1 1 80 {'x' * 60}{n}.app.local" for n in range(8))
    long = namespace("srv", RecordSet(type="SRV", ttl_seconds=60, values=values))
    asked = query("srv.app.local", 33)
    edns = asked[:10] + b"\0\1" + asked[12:] + b"\0\0\x29\x10\0\0\0\0\0\0\0"
    async with serving([], long) as (by_datagram, by_stream):
        short = await asyncio.to_thread(by_datagram, asked)
        assert (short[2] & 2, records_in(short)) == (2, [])
        assert len(records_in(await asyncio.to_thread(by_datagram, edns))) == 8
        assert len(records_in(await asyncio.to_thread(by_stream, asked))) == 8


async def test_other_names_are_asked_of_the_hosts_nameserver() -> None:
    async with nameserver() as (_, endpoint), serving([endpoint]) as ways:
        for way in ways:
            assert addresses_in(await asyncio.to_thread(way, query(KNOWN_NAME))) == [KNOWN_ADDRESS]
            assert code_of(await asyncio.to_thread(way, query("unknown.example"))) == 3


async def test_a_nameserver_that_refuses_is_passed_over() -> None:
    async with nameserver() as (_, endpoint), serving([refusing_endpoint(), endpoint]) as ways:
        for way in ways:
            assert addresses_in(await asyncio.to_thread(way, query(KNOWN_NAME))) == [KNOWN_ADDRESS]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
async def test_a_nameserver_that_is_silent_is_passed_over_in_time(
    kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "UPSTREAM_SECONDS", 0.1)
    with deaf_nameserver(kind) as deaf:
        async with nameserver() as (_, endpoint), serving([deaf.getsockname(), endpoint]) as ways:
            way = ways[0] if kind == socket.SOCK_DGRAM else ways[1]
            assert addresses_in(await asyncio.to_thread(way, query(KNOWN_NAME))) == [KNOWN_ADDRESS]


async def test_without_a_nameserver_the_answer_is_a_failure_at_once() -> None:
    async with serving([]) as ways:
        for way in ways:
            assert code_of(await asyncio.to_thread(way, query(KNOWN_NAME))) == 2


async def test_beyond_the_limit_queries_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MOST_QUERIES_FORWARDED", 0)
    async with nameserver() as (_, endpoint), serving([endpoint]) as (by_datagram, _):
        assert code_of(await asyncio.to_thread(by_datagram, query(KNOWN_NAME))) == 2


async def test_who_asks_too_much_at_once_leaves_the_resolver_to_others() -> None:
    with deaf_nameserver(socket.SOCK_DGRAM) as deaf:
        made = VpcResolver(ZONE, VpcZones(Random(1)), lambda: [deaf.getsockname()])
        share = resolver.MOST_QUERIES_FORWARDED // resolver.SHARE_OF_ONE
        answers: list[bytes] = []
        for number in range(share + 1):
            made.answer_datagram(query("a.example", number=number), "10.0.0.1", answers.append)
        assert [(answer[:2], code_of(answer)) for answer in answers] == [(share.to_bytes(2), 2)]
        made.answer_datagram(query("b.example"), "10.0.0.2", answers.append)
        assert len(answers) == 1
        asked = [await asyncio.to_thread(deaf.recvfrom, 1000) for _ in range(share + 1)]
        assert asked[-1][0] == query("b.example")
        await asyncio.to_thread(deaf.sendto, answer_to(asked[0][0]), asked[0][1])
        while len(answers) < 2:
            await asyncio.sleep(0.001)
        made.answer_datagram(query("c.example"), "10.0.0.1", answers.append)
        assert len(answers) == 2
        made.close()


def answer_to(message: bytes) -> bytes:
    """That there is no such name."""
    return message[:2] + b"\x81\x83" + message[4:]


async def test_who_holds_many_streams_leaves_the_resolver_to_others() -> None:
    made = VpcResolver(ZONE, VpcZones(Random(1)), list)
    stream = socket.create_server(("127.0.0.1", 0))
    port = stream.getsockname()[1]
    await made.serve([], [stream])
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(made.close)

        async def opened(caller: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            ends = await asyncio.open_connection("127.0.0.1", port, local_addr=(caller, 0))
            stack.callback(ends[1].close)
            return ends

        for _ in range(resolver.MOST_STREAMS // resolver.SHARE_OF_ONE):
            await opened("127.0.0.1")
        refused, _ = await opened("127.0.0.1")
        assert await refused.read() == b""
        reader, writer = await opened("127.0.0.2")
        message = query("x.example")
        writer.write(struct.pack("!H", len(message)) + message)
        assert code_of((await reader.readexactly(2 + len(message)))[2:]) == 2


async def test_garbage_gets_no_answer_and_does_no_harm() -> None:
    async with serving([]) as (by_datagram, by_stream):

        def garbage() -> None:
            with contextlib.suppress(OSError, struct.error):
                by_stream(b"x")

        await asyncio.to_thread(garbage)
        assert code_of(await asyncio.to_thread(by_datagram, query(KNOWN_NAME))) == 2


async def test_closing_lets_go_of_queries_under_way() -> None:
    loop = asyncio.get_running_loop()
    with deaf_nameserver(socket.SOCK_DGRAM) as deaf:
        upstreams = [deaf.getsockname()]
        answers: list[bytes] = []
        made = VpcResolver(
            replace(ZONE, domain="a.b", cidr="10.0.0.0/8"), VpcZones(Random(1)), lambda: upstreams
        )
        made.answer_datagram(query(KNOWN_NAME), "10.0.0.1", answers.append)
        message, asker = await asyncio.to_thread(deaf.recvfrom, 1000)
        assert message == query(KNOWN_NAME)
        made.close()
        await asyncio.to_thread(deaf.sendto, b"\x12\x34\x81\x80" + message[4:], asker)
        await loop.create_task(asyncio.sleep(0))
        assert answers == []


async def test_closing_ends_streams_under_way() -> None:
    with deaf_nameserver(socket.SOCK_STREAM) as deaf:
        async with serving([deaf.getsockname()]) as (_, by_stream):
            asking = asyncio.get_running_loop().run_in_executor(None, by_stream, query(KNOWN_NAME))
            asked, _ = await asyncio.to_thread(deaf.accept)
        with asked, pytest.raises((OSError, struct.error)):
            await asking
