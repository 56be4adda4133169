"""Who reaches whom over the local fabric, on a host of the test's own."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.contract.network_suite import Range
from tests.support.layouts import PUBLIC_CIDR, layout_with
from tests.support.networks import (
    Echo,
    caller_seen_by,
    can_connect,
    can_ping,
    in_namespace,
    namespaces_of,
    new_engine_id,
    own_host,
    send_forged,
    sh,
    state_of_this_host,
)
from tests.support.security_groups import everything_passes

from hostless.domain.arns import VpcId
from hostless.domain.network import NetworkInterface, NetworkPlace
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of
from hostless.network.local.ranges import PublicRangeTaken, VpcRangeTaken

pytestmark = pytest.mark.root
OTHER_PUBLIC_CIDR = "198.19.240.0/21"
HOST_UPLINK, WORLD = "198.51.100.2", "198.51.100.1"


class Engine:
    """A fabric with a VPC and the interfaces attached to it."""

    def __init__(self, base: str, public_cidr: str) -> None:
        self.id = new_engine_id()
        self.range = Range(base, public_cidr)
        self.fabric = LocalFabric(self.id, "us-east-1")

    async def open(self) -> None:
        await self.fabric.lay_out(self.range.layout())
        await self.fabric.enforce(everything_passes(self.range), ())

    async def attach(
        self, number: int, subnet: int = 0, public: int | None = None
    ) -> tuple[NetworkInterface, str]:
        """The interface and the name of its namespace."""
        interface = self.range.interface(number, subnet, public)
        place: NetworkPlace = await self.fabric.attach(interface)
        name = namespace_name_of(self.id, interface.id)
        assert place.namespace_path == f"/run/netns/{name}"
        return interface, name


@pytest.fixture
def world() -> Iterator[str]:
    with own_host() as namespace:
        yield namespace


@contextlib.asynccontextmanager
async def engine(
    base: str = "10.20.0.0/22", public_cidr: str = PUBLIC_CIDR
) -> AsyncIterator[Engine]:
    made = Engine(base, public_cidr)
    try:
        await made.open()
        yield made
    finally:
        await made.fabric.purge()
        assert namespaces_of(made.id) == []


async def test_tasks_of_one_and_of_different_subnets_reach_each_other(world: str) -> None:
    async with engine() as own:
        tasks = [await own.attach(1), await own.attach(2), await own.attach(1, subnet=1)]
        for interface, namespace in tasks:
            async with Echo(interface.address, namespace) as echo:
                for other, there in tasks:
                    if other.id == interface.id:
                        continue
                    assert await in_namespace(there, can_ping, interface.address)
                    seen = await in_namespace(there, caller_seen_by, echo.address, echo.port)
                    assert seen == other.address


async def test_the_host_reaches_every_task_and_none_reaches_the_host(world: str) -> None:
    async with engine() as own, Echo("0.0.0.0") as everywhere, Echo("127.0.0.1") as loopback:
        host_address = str(own.range.networks[0][3])
        for number, subnet in ((1, 0), (1, 1)):
            interface, namespace = await own.attach(number, subnet)
            async with Echo(interface.address, namespace) as echo:
                assert await asyncio.to_thread(can_ping, interface.address)
                seen = await asyncio.to_thread(caller_seen_by, echo.address, echo.port)
                assert seen == host_address
            ways_in = [(host_address, everywhere), (HOST_UPLINK, everywhere)]
            ways_in.append(("127.0.0.1", loopback))
            for address, server in ways_in:
                assert not await in_namespace(namespace, can_connect, address, server.port, 0.3)


async def test_the_very_first_packet_passes(world: str) -> None:
    async with engine() as own:
        for number in range(12):
            interface, _ = await own.attach(number)
            assert await asyncio.to_thread(can_ping, interface.address, 0.5)


async def test_an_address_that_nobody_has_is_unreachable_at_once_or_silent(world: str) -> None:
    async with engine() as own:
        _, namespace = await own.attach(1)
        nobody = own.range.interface(77).address
        assert not await in_namespace(namespace, can_ping, nobody, 0.3)
        assert not await asyncio.to_thread(can_ping, nobody, 0.3)


async def test_an_interface_that_is_finished_is_not_touched_again(world: str) -> None:
    """A gVisor sandbox takes the address away from the kernel and answers for it itself."""
    async with engine() as own:
        interface, namespace = await own.attach(1)
        sh(f"ip -n {namespace} address flush dev eth0")
        await own.open()
        await own.attach(1)
        assert "inet " not in sh(f"ip -n {namespace} address show eth0")
        await own.fabric.detach(interface.id)
        await own.attach(1)
        assert "inet " in sh(f"ip -n {namespace} address show eth0")


async def test_forged_sources_are_dropped(world: str) -> None:
    async with engine() as own:
        attacker, attackers_place = await own.attach(1)
        victim, _ = await own.attach(2)
        target, targets_place = await own.attach(1, subnet=1)

        def listening() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((target.address, 9999))
            made.setblocking(False)
            return made

        with await in_namespace(targets_place, listening) as listener:
            forged = [victim.address, WORLD, own.range.resolver, "127.0.0.1", "169.254.170.2"]
            for source in (*forged, attacker.address):
                await in_namespace(
                    attackers_place, send_forged, source, target.address, 9999, source.encode()
                )
            async with asyncio.timeout(5):
                first = await asyncio.get_running_loop().sock_recv(listener, 100)
            assert first.decode() == attacker.address


async def test_whoever_has_a_public_address_reaches_the_world_under_the_hosts_and_no_other_does(
    world: str,
) -> None:
    async with engine() as own, Echo(WORLD, world) as outside:
        _, public = await own.attach(1, public=1)
        assert await in_namespace(public, caller_seen_by, WORLD, outside.port) == HOST_UPLINK
        _, private = await own.attach(2)
        assert not await in_namespace(private, can_connect, WORLD, outside.port, 0.3)


async def test_the_world_reaches_public_addresses_and_never_private_ones(world: str) -> None:
    async with engine() as own:
        interface, namespace = await own.attach(1, public=1)
        for reached in (own.range.vpc.cidr_block, own.range.public_cidr):
            sh(f"ip -n {world} route add {reached} via {HOST_UPLINK}")
        async with Echo(interface.address, namespace) as echo:
            assert interface.public_address is not None
            seen = await in_namespace(world, caller_seen_by, interface.public_address, echo.port)
            assert seen == WORLD
            assert await in_namespace(world, can_ping, interface.public_address)
            assert not await in_namespace(world, can_connect, interface.address, echo.port, 0.3)


@pytest.mark.skipif(shutil.which("iptables") is None, reason="needs iptables")
async def test_tasks_reach_the_world_on_a_host_whose_docker_forwards_for_itself_only(
    world: str,
) -> None:
    sh("iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -P FORWARD DROP")
    before = sh("iptables-save -t filter | grep -v '^[#:]'")
    async with engine() as own, Echo(WORLD, world) as outside:
        interface, namespace = await own.attach(1, public=1)
        await own.open()
        assert await in_namespace(namespace, caller_seen_by, WORLD, outside.port) == HOST_UPLINK
        for reached in (own.range.vpc.cidr_block, own.range.public_cidr):
            sh(f"ip -n {world} route add {reached} via {HOST_UPLINK}")
        async with Echo(interface.address, namespace) as echo:
            assert interface.public_address is not None
            assert await in_namespace(world, can_connect, interface.public_address, echo.port)
            assert not await in_namespace(world, can_connect, interface.address, echo.port, 0.3)
    assert sh("iptables-save -t filter | grep -v '^[#:]'") == before


async def test_two_engines_live_side_by_side_and_do_not_see_each_other(world: str) -> None:
    async with engine("10.20.0.0/22") as first, Echo(WORLD, world) as outside:
        mine, namespace = await first.attach(1, public=1)
        async with engine("10.21.0.0/22", OTHER_PUBLIC_CIDR) as second:
            other, others_place = await second.attach(1, public=1)
            assert await first.fabric.attached() == {mine.id}
            assert await second.fabric.attached() == {other.id}
            async with (
                Echo(mine.address, namespace) as here,
                Echo(other.address, others_place) as there,
            ):
                assert await asyncio.to_thread(can_connect, mine.address, here.port)
                assert await asyncio.to_thread(can_connect, other.address, there.port)
                for address in (other.address, second.range.public_address(1)):
                    assert not await in_namespace(namespace, can_connect, address, there.port, 0.3)
                for address in (mine.address, first.range.public_address(1)):
                    assert not await in_namespace(
                        others_place, can_connect, address, here.port, 0.3
                    )
        seen = await in_namespace(namespace, caller_seen_by, WORLD, outside.port)
        assert seen == HOST_UPLINK


async def test_a_range_that_the_host_uses_is_refused_with_the_way_out_and_nothing_made(
    world: str,
) -> None:
    before = state_of_this_host()
    for base in ("198.51.100.0/22", "127.0.0.0/22"):
        fabric = LocalFabric(new_engine_id(), "us-east-1")
        with pytest.raises(VpcRangeTaken, match="--vpc-cidr"):
            await fabric.lay_out(layout_with((Range(base).vpc,), ()))
    assert state_of_this_host() == before
    async with engine() as own:
        second = LocalFabric(new_engine_id(), "us-east-1")
        with pytest.raises(VpcRangeTaken, match=own.range.vpc.cidr_block):
            await second.lay_out(Range(own.range.vpc.cidr_block, OTHER_PUBLIC_CIDR).layout())


async def test_a_pool_that_the_host_uses_is_refused_with_the_way_out_and_nothing_made(
    world: str,
) -> None:
    before = state_of_this_host()
    fabric = LocalFabric(new_engine_id(), "us-east-1")
    with pytest.raises(PublicRangeTaken, match="--public-cidr"):
        await fabric.lay_out(Range("10.20.0.0/22", "198.51.100.0/24").layout())
    await fabric.close()
    assert state_of_this_host() == before
    async with engine() as own:
        second = LocalFabric(new_engine_id(), "us-east-1")
        with pytest.raises(PublicRangeTaken, match=own.range.public_cidr):
            await second.lay_out(Range("10.21.0.0/22", own.range.public_cidr).layout())


async def test_purge_leaves_the_host_as_it_was(world: str) -> None:
    before = state_of_this_host()
    async with engine("10.20.0.0/22") as first, engine("10.21.0.0/22", OTHER_PUBLIC_CIDR) as second:
        for number in range(3):
            await first.attach(number, public=number)
            await second.attach(number, public=number)
        assert state_of_this_host() != before
    assert state_of_this_host() == before


async def test_forwarding_that_was_on_before_stays_on(world: str) -> None:
    sh("sysctl -q net.ipv4.conf.uplink.forwarding=1")
    before = state_of_this_host()
    async with engine():
        pass
    assert state_of_this_host() == before


async def test_what_a_state_folder_that_is_gone_has_left_makes_room(world: str) -> None:
    """A VPC with its range, and the pool."""
    async with engine() as own:
        await own.attach(1, public=1)
        await own.fabric.close()
        successor = LocalFabric(own.id, "us-east-1")
        vpc = replace(own.range.vpc, id=VpcId("vpc-0123456789abcdef0"))
        await successor.lay_out(layout_with((vpc,), (), public_cidr=OTHER_PUBLIC_CIDR))
        assert len(namespaces_of(own.id)) == 2
        routes = sh("ip route")
        assert f"unreachable {OTHER_PUBLIC_CIDR}" in routes
        assert own.range.public_cidr.partition(".0/")[0] not in routes
        await successor.close()


async def test_forwarding_is_kept_for_the_engine_that_stays_and_undone_by_the_last(
    world: str,
) -> None:
    before = state_of_this_host()
    async with engine("10.20.0.0/22") as first, engine("10.21.0.0/22", OTHER_PUBLIC_CIDR) as second:
        _, namespace = await second.attach(1, public=1)
        async with Echo(WORLD, world) as outside:
            await first.fabric.purge()
            assert await in_namespace(namespace, can_connect, WORLD, outside.port)
    assert state_of_this_host() == before
