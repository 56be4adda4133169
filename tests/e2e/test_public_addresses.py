"""Public addresses of tasks, with real packets on a host of the test's own."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.contract.network_suite import Range
from tests.support.dns import addresses_in, ask, query
from tests.support.networks import (
    Echo,
    caller_seen_by,
    can_connect,
    can_ping,
    in_namespace,
    send_forged,
    sh,
)
from tests.support.security_groups import rule
from tests.support.vpcs import (
    FIRST,
    HOST,
    OTHER,
    TWIN,
    WORLD,
    Network,
    knowing_public_addresses,
    layout_of,
    letting_in,
    network,
)

from hostless.domain.public_addresses import public_name_of
from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root


@pytest.fixture
def world() -> Iterator[str]:
    with knowing_public_addresses() as namespace:
        yield namespace


async def test_public_addresses_are_reached_by_everybody_and_seen_by_everybody(world: str) -> None:
    """From the world, the host, another VPC, the same one, and by themselves."""
    async with network(FIRST, TWIN) as own:
        target, targets_place = await own.attach(FIRST, 1, public=1)
        neighbour, neighbours_place = await own.attach(FIRST, 2, public=2)
        stranger, strangers_place = await own.attach(TWIN, 1, public=3)
        callers = [
            (world, WORLD),
            (neighbours_place, neighbour.public_address),
            (strangers_place, stranger.public_address),
            (targets_place, target.public_address),
        ]
        address = target.public_address
        assert address is not None
        async with Echo(target.address, targets_place) as echo:
            for place, seen in callers:
                assert await in_namespace(place, caller_seen_by, address, echo.port) == seen
                assert await in_namespace(place, can_ping, address)
            assert await asyncio.to_thread(caller_seen_by, address, echo.port) == HOST
        async with Echo("0.0.0.0") as host:
            assert not await in_namespace(targets_place, can_connect, HOST, host.port, 0.3)


async def test_without_a_public_address_nothing_outside_is_reached(world: str) -> None:
    async with network(FIRST, OTHER) as own, Echo(WORLD, world) as outside:
        target, targets_place = await own.attach(OTHER, 1, public=1)
        for range_ in (FIRST, OTHER):
            _, place = await own.attach(range_, 2)
            assert not await in_namespace(place, can_connect, WORLD, outside.port, 0.3)
            assert target.public_address is not None
            async with Echo(target.address, targets_place) as echo:
                assert not await in_namespace(
                    place, can_connect, target.public_address, echo.port, 0.3
                )


async def test_security_groups_decide_about_public_addresses_as_they_are_seen(world: str) -> None:
    neighbour = f"{FIRST.public_address(2)}/32"
    only_neighbour = letting_in(rule(1, protocol="tcp", cidr=neighbour))
    async with network(FIRST, enforced=only_neighbour) as own:
        target, targets_place = await own.attach(FIRST, 1, public=1)
        _, neighbours_place = await own.attach(FIRST, 2, public=2)
        _, thirds_place = await own.attach(FIRST, 3, public=3)
        assert target.public_address is not None
        async with Echo(target.address, targets_place) as echo:
            asked = can_connect, target.public_address, echo.port
            assert await in_namespace(neighbours_place, *asked)
            for place in (thirds_place, world):
                assert not await in_namespace(place, *asked, 0.3)
            assert not await asyncio.to_thread(*asked, 0.3)
            assert await asyncio.to_thread(can_connect, target.address, echo.port)
            await own.fabric.enforce(letting_in(rule(1, cidr=f"{HOST}/32")), ())
            assert await asyncio.to_thread(*asked)


async def test_public_addresses_are_not_forged(world: str) -> None:
    """Neither by tasks nor by the world."""
    only_second = letting_in(rule(1, cidr=f"{FIRST.public_address(2)}/32"))
    async with network(FIRST, TWIN, enforced=only_second) as own:
        target, targets_place = await own.attach(FIRST, 1, public=1)
        second, seconds_place = await own.attach(FIRST, 2, public=2)
        _, attackers_place = await own.attach(TWIN, 3, public=3)
        assert target.public_address is not None
        assert second.public_address is not None

        def listening() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((target.address, 9999))
            made.setblocking(False)
            return made

        with await in_namespace(targets_place, listening) as listener:
            forged = send_forged, second.public_address, target.public_address, 9999
            for place in (attackers_place, world):
                await in_namespace(place, *forged, b"forged")
            own_name = send_forged, second.address, target.public_address, 9999
            await in_namespace(seconds_place, *own_name, b"true")
            async with asyncio.timeout(5):
                assert await asyncio.get_running_loop().sock_recv(listener, 100) == b"true"


@pytest.mark.parametrize("has_successor", [False, True])
@pytest.mark.parametrize("range_", [FIRST, TWIN], ids=["same-vpc", "other-vpc"])
async def test_a_public_addresses_next_owner_inherits_no_connection(
    world: str, range_: Range, has_successor: bool
) -> None:
    """Neither one from outside nor one that its last owner had opened."""
    async with network(FIRST, TWIN) as own:
        first, firsts_place = await own.attach(FIRST, 1, public=1)
        peer, peers_place = await own.attach(TWIN, 3, public=3)
        for caller, called in ((world, first), (peers_place, first), (firsts_place, peer)):
            assert called.public_address is not None
            assert await in_namespace(caller, can_ping, called.public_address)
        public = first.public_address
        assert f"={public} " in await tracked(own)
        await own.fabric.detach(first.id)
        if has_successor:
            await own.succeed(FIRST, TWIN)
        await own.attach(range_, 2, public=1)
        found = await tracked(own)
        assert f"={public} " not in found
        assert peer.public_address is not None
        assert await in_namespace(world, can_ping, peer.public_address)


async def tracked(own: Network) -> str:
    """What the host and both routers know of connections."""
    routers = [namespace_name_of(own.engine_id, each.vpc.id) for each in (FIRST, TWIN)]
    listing = "cat /proc/thread-self/net/nf_conntrack"
    return sh(listing) + "".join([sh(f"ip netns exec {name} {listing}") for name in routers])


async def test_public_names_are_private_addresses_for_their_own_vpc(world: str) -> None:
    named = replace(FIRST.layout().vpcs[0], vpc=replace(FIRST.vpc, has_dns_hostnames=True))
    async with network(FIRST, TWIN) as own:
        await own.fabric.lay_out(layout_of(named, TWIN))
        interface, place = await own.attach(FIRST, 1, public=1)
        _, elsewhere = await own.attach(TWIN, 2)
        public = FIRST.public_address(1)
        question = query(public_name_of(public, "us-east-1"))

        async def answer_at(namespace: str) -> list[str]:
            return addresses_in(await in_namespace(namespace, ask, FIRST.resolver, question))

        assert await answer_at(place) == [interface.address]
        assert await answer_at(elsewhere) == [public]
        await own.succeed(FIRST, TWIN)
        assert await answer_at(place) == [public]
        await own.fabric.lay_out(layout_of(named, TWIN))
        assert await answer_at(place) == [interface.address]
        await own.fabric.detach(interface.id)
        assert await answer_at(elsewhere) == [public]
