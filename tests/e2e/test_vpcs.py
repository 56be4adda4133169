"""Several VPCs side by side, with real packets on a host of the test's own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest
from tests.contract.network_suite import Range
from tests.support.dns import addresses_in, ask, query
from tests.support.layouts import PUBLIC_CIDR
from tests.support.networks import (
    Echo,
    caller_seen_by,
    can_connect,
    can_ping,
    in_namespace,
    namespaces_of,
    sh,
    state_of_this_host,
)
from tests.support.security_groups import carrying, policies, rule
from tests.support.vpcs import (
    EVERYTHING,
    FIRST,
    HOST,
    OTHER,
    TWIN,
    WORLD,
    Network,
    Stream,
    connected,
    interface_of,
    knowing_public_addresses,
    layout_of,
    letting_in,
    network,
)

from hostless.network.local.enforcement import GroupEnforcement
from hostless.network.local.names import host_link_of, namespace_name_of
from hostless.network.local.nftables import NftablesFailed
from hostless.network.local.ranges import VpcRangeTaken
from hostless.network.seam import NetworkFailed

pytestmark = pytest.mark.root


@pytest.fixture
def world() -> Iterator[str]:
    with knowing_public_addresses() as namespace:
        yield namespace


async def test_vpcs_with_equal_ranges_live_side_by_side_and_do_not_meet(world: str) -> None:
    async with network(FIRST, TWIN) as own:
        one, ones_place = await own.attach(FIRST, 1)
        other, others_place = await own.attach(TWIN, 1)
        assert one.address == other.address
        async with (
            Echo(one.address, ones_place) as here,
            Echo(other.address, others_place) as there,
        ):
            for range_, mine, foreign in ((FIRST, here, there), (TWIN, there, here)):
                neighbour, place = await own.attach(range_, 2)
                seen = await in_namespace(place, caller_seen_by, mine.address, mine.port)
                assert seen == neighbour.address
                if mine.port != foreign.port:
                    assert not await in_namespace(
                        place, can_connect, foreign.address, foreign.port, 0.3
                    )


async def test_private_addresses_lead_nowhere_but_within_their_vpc(world: str) -> None:
    async with network(FIRST, OTHER) as own:
        one, ones_place = await own.attach(FIRST, 1, public=1)
        other, others_place = await own.attach(OTHER, 1, public=2)
        async with (
            Echo(one.address, ones_place) as here,
            Echo(other.address, others_place) as there,
        ):
            assert not await in_namespace(ones_place, can_connect, other.address, there.port, 0.3)
            assert not await in_namespace(others_place, can_connect, one.address, here.port, 0.3)
            assert not await asyncio.to_thread(can_connect, other.address, there.port, 0.3)
            for echo in (here, there):
                assert not await in_namespace(world, can_connect, echo.address, echo.port, 0.3)


async def test_a_vpc_may_have_a_range_that_the_host_uses_itself(world: str) -> None:
    lan = Range("198.51.100.0/22")
    async with network(FIRST, lan) as own, Echo(WORLD, world) as out:
        assert await asyncio.to_thread(can_connect, WORLD, out.port)
        interface = lan.interface(1, public=1)
        await own.fabric.attach(interface)
        opened = policies(lan.vpc.id, [rule(1, cidr="0.0.0.0/0")])
        await own.fabric.enforce(opened, ())
        assert interface.public_address is not None
        assert await asyncio.to_thread(can_ping, interface.public_address)
        assert await asyncio.to_thread(can_connect, WORLD, out.port)


async def test_a_vpc_that_goes_leaves_nothing_and_hurts_no_other(world: str) -> None:
    async with network(FIRST) as own:
        _, callers_place = await own.attach(FIRST, 1, public=1)
        called, calleds_place = await own.attach(FIRST, 2, public=2)
        before = state_of_this_host()
        async with connected(callers_place, calleds_place, called) as carries:
            for _ in range(2):
                await own.fabric.lay_out(layout_of(FIRST, TWIN))
                await own.attach(TWIN, 1, public=3)
                await own.fabric.detach(interface_of(TWIN, 1).id)
                assert await carries()
                await own.fabric.lay_out(layout_of(FIRST))
                assert state_of_this_host() == before
                assert not any(TWIN.vpc.id in name for name in namespaces_of(own.engine_id))
                assert await carries()


async def test_subnets_come_and_go_while_connections_go_on(world: str) -> None:
    whole = FIRST.layout().vpcs[0]
    part = replace(whole, subnets=whole.subnets[:1])
    gateway = str(IPv4Network(FIRST.subnets[1].cidr_block)[1])
    async with network(FIRST) as own:
        await own.fabric.lay_out(layout_of(part))
        _, callers_place = await own.attach(FIRST, 1, public=1)
        called, calleds_place = await own.attach(FIRST, 2, public=2)
        router = namespace_name_of(own.engine_id, FIRST.vpc.id)
        async with connected(callers_place, calleds_place, called) as carries:
            assert gateway not in sh(f"ip -n {router} address show lo")
            await own.fabric.lay_out(layout_of(whole))
            third = carrying(FIRST.interface(1, subnet=1), 1)
            await own.fabric.attach(third)
            assert await in_namespace(callers_place, can_ping, third.address)
            assert await in_namespace(callers_place, can_ping, gateway)
            assert await carries()
            await own.fabric.detach(third.id)
            await own.fabric.lay_out(layout_of(part))
            assert gateway not in sh(f"ip -n {router} address show lo")
            assert await carries()


async def test_no_packet_is_lost_while_vpcs_come_and_go_and_engines_succeed_each_other(
    world: str,
) -> None:
    async with network(FIRST) as own:
        target, place = await own.attach(FIRST, 1, public=1)
        sender = await in_namespace(world, datagrams)
        receiver = await in_namespace(place, datagrams)
        with sender, receiver:
            receiver.bind((target.address, 9999))
            receiver.settimeout(10)
            sender.connect((target.public_address, 9999))
            stream = Stream(sender, receiver)
            async with stream.flowing():
                for _ in range(4):
                    await own.fabric.lay_out(layout_of(FIRST, TWIN))
                    await own.attach(TWIN, 1, public=3)
                    await own.fabric.detach(interface_of(TWIN, 1).id)
                    await own.fabric.lay_out(layout_of(FIRST))
                    await own.succeed(FIRST)
                    await own.fabric.enforce(EVERYTHING, (target,))
            assert stream.sent > 100
            assert stream.lost == 0


def datagrams() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


async def test_a_vpc_that_is_refused_hurts_no_other(world: str) -> None:
    taken = Range("198.51.100.0/22")
    async with network(FIRST, TWIN) as own:
        await own.attach(TWIN, 1, public=1)
        await own.fabric.lay_out(layout_of(TWIN))
        with pytest.raises(VpcRangeTaken) as raised:
            await own.fabric.lay_out(layout_of(taken, TWIN, OTHER))
        assert raised.value.refused == {taken.vpc.id}
        await own.attach(TWIN, 2, public=2)
        await own.attach(OTHER, 1, public=3)
        for number in (1, 2, 3):
            assert await in_namespace(world, can_ping, FIRST.public_address(number))
        assert not any(taken.vpc.id in name for name in namespaces_of(own.engine_id))
        await own.fabric.detach(interface_of(OTHER, 1).id)
        await own.fabric.lay_out(layout_of(TWIN))
        assert not any(OTHER.vpc.id in name for name in namespaces_of(own.engine_id))


async def test_groups_of_a_vpc_change_though_those_of_another_cannot(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce = GroupEnforcement.enforce

    def enforce_elsewhere(groups: GroupEnforcement, *args: Any) -> None:
        if groups.plan.vpc_id == FIRST.vpc.id:
            raise NftablesFailed("no room")
        enforce(groups, *args)

    async with network(FIRST, TWIN) as own:
        target, _ = await own.attach(TWIN, 1, public=1)
        assert await in_namespace(world, can_ping, FIRST.public_address(1))
        with monkeypatch.context() as patching:
            patching.setattr(GroupEnforcement, "enforce", enforce_elsewhere)
            with pytest.raises(NetworkFailed, match="no room"):
                await own.fabric.enforce(letting_in(), (target,))
        assert not await in_namespace(world, can_ping, FIRST.public_address(1))


async def test_a_task_may_be_asked_for_before_its_vpc_is_there(world: str) -> None:
    async with network(FIRST) as own, asyncio.TaskGroup() as group:
        waiting = group.create_task(own.attach(TWIN, 1, public=1))
        await own.fabric.lay_out(layout_of(FIRST))
        assert not waiting.done()
        await own.fabric.lay_out(layout_of(FIRST, TWIN))
        interface, _ = await waiting
        assert await asyncio.to_thread(can_ping, FIRST.public_address(1))
        assert interface.public_address == FIRST.public_address(1)


async def test_a_vpc_without_support_of_names_has_no_resolver(world: str) -> None:
    mute = replace(FIRST.layout().vpcs[0], vpc=replace(FIRST.vpc, has_dns_support=False))
    async with network(FIRST) as own:
        interface, place = await own.attach(FIRST, 1)
        question = query(interface.private_dns_name)
        for layout, answers in ((mute, False), (FIRST, True), (mute, False)):
            await own.fabric.lay_out(layout_of(layout))
            for address in (FIRST.resolver, "169.254.169.253"):
                asked = in_namespace(place, ask, address, question, seconds=0.3)
                if answers:
                    assert addresses_in(await asked) == [interface.address]
                else:
                    with pytest.raises(OSError):
                        await asked


ENGINE_THAT_HANGS = """
import asyncio, sys
from hostless.network.local.fabric import LocalFabric
from tests.support.vpcs import EVERYTHING, FIRST, TWIN, interface_of, layout_of

async def main():
    fabric = LocalFabric(sys.argv[1], "us-east-1")
    await fabric.lay_out(layout_of(FIRST, TWIN))
    await fabric.enforce(EVERYTHING, ())
    await fabric.attach(interface_of(FIRST, 1, public=1))
    await fabric.attach(interface_of(FIRST, 2, public=2))
    await fabric.attach(interface_of(TWIN, 1, public=3))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_engine_and_its_successor_change_no_packets_fate(world: str) -> None:
    before = state_of_this_host()
    own = Network()
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE_THAT_HANGS, own.engine_id], stdout=subprocess.PIPE
    ) as engine:
        assert engine.stdout is not None
        assert await asyncio.to_thread(engine.stdout.readline) == b"ready\n"
        os.kill(engine.pid, signal.SIGKILL)
    first, second, other = (
        interface_of(range_, number) for range_, number in ((FIRST, 1), (FIRST, 2), (TWIN, 1))
    )
    first_place, second_place, others_place = (
        namespace_name_of(own.engine_id, each.id) for each in (first, second, other)
    )
    called = replace(second, public_address=FIRST.public_address(2))

    async def fates() -> list[bool]:
        """What must pass, and what must not."""
        passing = [
            await in_namespace(place, can_ping, FIRST.public_address(number), 0.5)
            for place in (world, first_place, others_place)
            for number in (1, 2, 3)
        ]
        async with Echo(other.address, others_place) as echo:
            stopped = await in_namespace(second_place, can_connect, echo.address, echo.port, 0.3)
        return [*passing, not stopped]

    try:
        async with connected(first_place, second_place, called) as within:
            assert all(await fates())
            await own.succeed(FIRST, TWIN)
            assert all(await fates())
            assert await within()
            await own.fabric.enforce(EVERYTHING, ())
            assert all(await fates())
            assert await within()
    finally:
        await own.fabric.purge()
    assert state_of_this_host() == before


async def test_purge_leaves_nothing_of_several_vpcs_and_their_public_addresses(world: str) -> None:
    before = state_of_this_host()
    async with network(FIRST, TWIN, OTHER) as own:
        for number, range_ in enumerate((FIRST, TWIN, OTHER)):
            await own.attach(range_, 1, public=number)
        link = host_link_of(own.engine_id, TWIN.vpc.id)
        assert f"{FIRST.public_address(1)} via 10.20.0.1 dev {link} proto static src {HOST}" in sh(
            "ip route"
        )
        assert f"unreachable {PUBLIC_CIDR}" in sh("ip route")
    assert state_of_this_host() == before
