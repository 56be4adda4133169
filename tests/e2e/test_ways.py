"""Routes, NAT gateways, network ACLs and real packets: what the records say is what packets do."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from tests.support.networks import (
    can_connect,
    can_ping,
    in_namespace,
)
from tests.support.vpc_with_ways import (
    ALL_IN,
    ALL_OUT,
    BY_FIRST,
    BY_SECOND,
    FIRST,
    NAT_1,
    NAT_2,
    PORTS,
    RANGE,
    SECOND,
    SUBNETS,
    WORLD,
    WORLD_TOO,
    by_nat,
    flow,
    vpc,
    world_beside,
)
from tests.support.ways import (
    EVERYTHING,
    RandomWays,
    entry,
    subnet_with,
    way,
)

from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout

pytestmark = pytest.mark.root


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    with world_beside() as namespace:
        yield namespace


@pytest.mark.parametrize("seed", range(4))
async def test_what_the_records_say_and_what_packets_do_agree(world: str, seed: int) -> None:
    """Before and after changes, and with the next engine."""
    cidrs = (
        "0.0.0.0/0",
        RANGE.vpc.cidr_block,
        *(subnet.cidr_block for subnet in SUBNETS),
        "10.20.1.20/30",
        f"{WORLD}/32",
        "198.51.100.0/24",
    )
    destinations = ("0.0.0.0/0", "198.51.100.0/24", f"{WORLD_TOO}/32", "192.0.2.0/24")
    draw = RandomWays(Random(seed), SUBNETS, PORTS, cidrs, destinations, (NAT_1, NAT_2))
    counted = []
    async with vpc(world) as own:
        await own.lay_out(*draw.some())
        for number in range(8):
            await own.attach(number % 4)
        with own.peers() as peers:
            for _ in range(4):
                counted.append(await own.agrees(peers))
                await own.lay_out(*draw.changed(own.layout.subnets))
            await own.agrees(peers)
            await own.fabric.close()
            await own.lay_out(*own.layout.subnets)
            await own.agrees(peers)
    passed, stopped = map(sum, zip(*counted, strict=True))
    assert passed > 100
    assert stopped > 100


async def test_tasks_behind_a_nat_gateway_are_seen_under_its_address_and_not_reached(
    world: str,
) -> None:
    """Each of the two under its own."""
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST))
        third, fourth = await own.attach(2, is_public=False), await own.attach(3, is_public=False)
        async with flow(own, third, own.outside) as one, flow(own, fourth, own.outside) as other:
            assert await one.caller_seen() == NAT_1
            assert await other.caller_seen() == NAT_2
        for address in (NAT_1, third.address):
            assert not await in_namespace(world, can_ping, address, 0.2)
            assert not await in_namespace(world, can_connect, address, 80, 0.2)


async def test_a_task_behind_a_nat_gateway_reaches_public_addresses_of_its_own_vpc(
    world: str,
) -> None:
    """By the world, under the gateway's address; a list sees the public addresses."""
    stops = entry(1, allows=False, is_egress=True, cidr="198.18.1.0/24")
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST))
        caller, called = await own.attach(2, is_public=False), await own.attach(1)
        async with flow(own, caller, called.address, called.public_address) as one:
            assert await one.caller_seen() == NAT_1
            await own.lay_out(*by_nat(BY_FIRST, of_gateway=(stops, *EVERYTHING)))
            assert await one.is_cut()


async def test_a_route_that_is_gone_or_changed_is_so_for_connections_too(world: str) -> None:
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST))
        caller = await own.attach(2, is_public=False)
        async with flow(own, caller, own.outside) as old:
            assert await old.caller_seen() == NAT_1
            dead_end = way("nowhere", target="nat-gone")
            for elsewhere in ((), (dead_end,), (way("internet"),), (BY_SECOND,)):
                await own.lay_out(*by_nat(*elsewhere))
                assert await old.is_cut()
            async with flow(own, caller, own.outside) as new:
                assert await new.caller_seen() == NAT_2
            await own.lay_out(*by_nat(BY_FIRST))
            assert await old.caller_seen() == NAT_1


async def test_a_subnet_without_routes_reaches_other_subnets_and_no_more(world: str) -> None:
    async with vpc(world) as own:
        await own.lay_out(*by_nat())
        caller, neighbour = await own.attach(2), await own.attach(0)
        async with flow(own, caller, neighbour.address) as inside:
            assert await inside.caller_seen() == caller.address
        async with flow(own, caller, own.outside) as outside:
            assert await outside.is_cut()


@pytest.mark.parametrize(
    "stops",
    [
        entry(1, allows=False, cidr="10.20.2.0/24"),
        entry(1, allows=False, protocol="17", ports=(1024, 65535), cidr="198.0.0.0/8"),
        entry(1, allows=False, is_egress=True, cidr="198.0.0.0/8"),
        entry(1, allows=False, is_egress=True, cidr="10.20.2.0/24"),
    ],
    ids=["from the task", "from the world", "to the world", "to the task"],
)
async def test_the_list_of_a_nat_gateways_subnet_is_asked_about_all_that_it_carries(
    world: str, stops: NetworkAclEntry
) -> None:
    """But what the list says about other protocols and ports does not matter."""
    harmless = replace(stops, protocol="6", from_port=1, to_port=1023)
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST, of_gateway=(harmless, *EVERYTHING)))
        caller = await own.attach(2, is_public=False)
        async with flow(own, caller, own.outside) as one:
            assert await one.caller_seen() == NAT_1
            await own.lay_out(*by_nat(BY_FIRST, of_gateway=(stops, *EVERYTHING)))
            assert await one.is_cut()


async def test_a_list_ends_connections_at_once_and_lets_them_go_on(world: str) -> None:
    def with_list(*entries: NetworkAclEntry) -> tuple[SubnetLayout, SubnetLayout]:
        return subnet_with(FIRST, acl=entries, list_=2), subnet_with(SECOND)

    deny_answers = entry(1, allows=False, is_egress=True, protocol="17", ports=(1024, 65535))
    async with vpc(world) as own:
        await own.lay_out(*with_list(*EVERYTHING))
        called, caller, neighbour = [await own.attach(subnet) for subnet in (0, 1, 0)]
        async with (
            flow(own, caller, called.address) as across,
            flow(own, neighbour, called.address) as within,
        ):
            for refusing in ((deny_answers, *EVERYTHING), (ALL_OUT,), (ALL_IN,), ()):
                assert await across.caller_seen() == caller.address
                started = time.monotonic()
                await own.lay_out(*with_list(*refusing))
                assert await across.is_cut()
                assert time.monotonic() - started < 1
                assert await within.caller_seen() == neighbour.address
                await own.lay_out(*with_list(*EVERYTHING))
            assert await across.caller_seen() == caller.address


async def test_the_host_reaches_every_task_whatever_lists_and_routes_say(world: str) -> None:
    async with vpc(world) as own:
        await own.lay_out(subnet_with(FIRST, acl=()))
        called = await own.attach(0)
        assert await asyncio.to_thread(can_ping, called.address)


async def test_what_decides_about_packets_can_be_read(world: str) -> None:
    """Where every rule comes from stands beside it."""
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST, of_gateway=(entry(7, allows=False), *EVERYTHING)))
        text = (await own.fabric.rulesets())[RANGE.vpc.id]
    assert "table inet vpc {" in text
    assert f'comment "rtb-{3:017x} 0.0.0.0/0 nat-{1:017x}"' in text
    assert f'comment "acl-{2:017x} 7 in"' in text
