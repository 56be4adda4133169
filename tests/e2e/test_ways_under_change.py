"""Routes and network ACLs change while packets pass: none is lost by that, and none let through."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from tests.support.networks import (
    in_namespace,
)
from tests.support.vpc_with_ways import (
    BY_FIRST,
    FOURTH,
    NAT_1,
    RANGE,
    SOURCE_PORT,
    WORLD,
    bound_at,
    by_nat,
    flow,
    vpc,
    world_beside,
)
from tests.support.ways import (
    EVERYTHING,
    entry,
    subnet_with,
    way,
)

from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout
from hostless.network.local.fabric import LocalFabric

pytestmark = pytest.mark.root
ANSWERS = 10
"""To each question."""
ARRIVING = 'policy accept;\n\t\tiifname "host0" ip daddr'


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    with world_beside() as namespace:
        yield namespace


async def test_no_packet_is_lost_while_ways_change_and_with_the_next_engine(world: str) -> None:
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST))
        caller = await own.attach(2, is_public=False)
        async with flow(own, caller, own.outside) as one:
            assert await one.caller_seen() == NAT_1
            for number in range(30):
                other = way("nowhere", f"192.0.2.{number}/32")
                changing = asyncio.create_task(own.lay_out(*by_nat(BY_FIRST, other)))
                while not changing.done():
                    assert await one.caller_seen(0.5) == NAT_1
                    await asyncio.sleep(0)
                await changing
            before = await own.fabric.rulesets()
            await own.fabric.close()
            own.fabric = LocalFabric(own.engine_id, "us-east-1")
            assert await one.caller_seen(0.5) == NAT_1
            await own.lay_out(*own.layout.subnets)
            assert await one.caller_seen(0.5) == NAT_1
            assert await own.fabric.rulesets() == before


async def test_a_hook_that_comes_and_goes_loses_no_packet_and_lets_none_through(
    world: str,
) -> None:
    """What passes before and after passes meanwhile, and what is dropped before and after too."""
    closed = entry(1, allows=False, protocol="17", ports=(SOURCE_PORT, SOURCE_PORT))
    harmless = entry(1, allows=False, protocol="6", ports=(1, 1023))

    def with_list(*entries: NetworkAclEntry) -> list[SubnetLayout]:
        *others, _ = by_nat(BY_FIRST, of_gateway=entries)
        return [*others, subnet_with(FOURTH, [way("internet")], (closed, *EVERYTHING), list_=5)]

    without, needing = with_list(*EVERYTHING), with_list(harmless, *EVERYTHING)
    async with vpc(world) as own:
        await own.lay_out(*without)
        caller, called = await own.attach(2, is_public=False), await own.attach(3)
        assert ARRIVING not in (await own.fabric.rulesets())[RANGE.vpc.id]
        namespaces = own.namespace_of(caller), own.namespace_of(called), own.world
        ends = zip(namespaces, (caller.address, called.address, WORLD), strict=True)
        with contextlib.ExitStack() as closing:
            asking, unreached, server = [
                closing.enter_context(
                    await in_namespace(name, bound_at, address, SOURCE_PORT, is_blocking=True)
                )
                for name, address in ends
            ]
            server.settimeout(10)
            asking.connect((WORLD, SOURCE_PORT))
            stranger = (str(called.public_address), SOURCE_PORT)
            stop = threading.Event()
            answering = asyncio.create_task(asyncio.to_thread(answer_and_send, server, stranger))
            asked = asyncio.create_task(asyncio.to_thread(answered_until, stop, asking))
            try:
                for _ in range(40):
                    await own.lay_out(*needing)
                    assert ARRIVING in (await own.fabric.rulesets())[RANGE.vpc.id]
                    await own.lay_out(*without)
            finally:
                stop.set()
                missing, number = await asked
                asking.send(b"")
                await answering
            assert number > 1000
            assert not missing
            unreached.setblocking(False)
            with pytest.raises(BlockingIOError):
                unreached.recv(1)


def answered_until(stop: threading.Event, client: socket.socket) -> tuple[int, int]:
    """Answers that did not come, and how many questions were asked."""
    missing = number = 0
    while not stop.is_set():
        number += 1
        client.send(b"%d" % number)
        try:
            for _ in range(ANSWERS):
                while client.recv(100) != b"%d" % number:
                    pass
        except TimeoutError:
            missing += 1
    return missing, number


def answer_and_send(server: socket.socket, stranger: tuple[str, int]) -> None:
    """Answers questions many times, until an empty one, and sends them to the stranger as well."""
    while (found := server.recvfrom(100))[0]:
        for _ in range(ANSWERS):
            server.sendto(*found)
            server.sendto(found[0], stranger)
