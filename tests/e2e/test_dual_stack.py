"""IPv6 with real packets, on a host of the test's own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.contract.network_suite import Range
from tests.support import dual_stack, networks
from tests.support.dual_stack import (
    ALL_IPV6,
    OUT,
    OUT_ONLY,
    WORLD,
    can_ping,
    dual,
    host_with_ipv6,
    send_forged,
    subnet_range_of,
    with_ipv6,
)
from tests.support.layouts import PUBLIC_CIDR
from tests.support.networks import (
    Echo,
    caller_seen_by,
    can_connect,
    in_namespace,
    namespaces_of,
    sh,
    state_of_this_host,
)
from tests.support.security_groups import Policies, carrying, policies, rule
from tests.support.vpcs import EVERYTHING, FIRST, OTHER, Network, interface_of, layout_of

from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import VpcLayout
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local.dual_stack import Ipv6RangeTaken
from hostless.network.local.names import namespace_name_of, vpc_plan_of

pytestmark = pytest.mark.root
QUICK = 0.3


def ipv6(made: SecurityGroupRule, cidr: str = "::/0") -> SecurityGroupRule:
    return replace(made, cidr_ipv6=cidr)


def everything(*groups: int) -> list[SecurityGroupRule]:
    return [ipv6(rule(g, is_egress=out)) for g in groups for out in (True, False)]


def opened(*more: SecurityGroupRule) -> Policies:
    """Groups 1 and 3, those of FIRST and OTHER, let everything pass; 2 is FIRST's too."""
    of_other = policies(OTHER.vpc.id, everything(3))
    return {**policies(FIRST.vpc.id, [*everything(1), *more], 2), **of_other}


@pytest.fixture
def world() -> Iterator[str]:
    with host_with_ipv6() as namespace:
        yield namespace


@contextlib.asynccontextmanager
async def network(*vpcs: VpcLayout, enforced: Policies | None = None) -> AsyncIterator[Network]:
    """A fabric that has laid them out. After which nothing is left on the host."""
    before = state_of_this_host()
    made = Network()
    try:
        await made.fabric.lay_out(layout_of(*vpcs))
        await made.fabric.enforce(opened() if enforced is None else enforced, ())
        yield made
    finally:
        await made.fabric.purge()
    assert namespaces_of(made.engine_id) == []
    assert state_of_this_host() == before


class Task:
    """An interface that is attached. address: of IPv6."""

    def __init__(self, interface: NetworkInterface, place: str) -> None:
        self.interface = interface
        self.address = interface.ipv6_address or ""
        self.place = place

    async def pings(self, address: str, seconds: float = 2.0, size: int = 8) -> bool:
        return await in_namespace(self.place, can_ping, address, seconds, size)

    async def reaches(self, echo: Echo, seconds: float = 2.0) -> bool:
        return await in_namespace(self.place, can_connect, echo.address, echo.port, seconds)


async def attached(
    own: Network, range_: Range, number: int, *, subnet: int = 0, groups: tuple[int, ...] = ()
) -> Task:
    made = interface_of(range_, number) if subnet == 0 else range_.interface(number, subnet=subnet)
    interface = with_ipv6(carrying(made, *groups) if groups else made, range_, number)
    await own.fabric.attach(interface)
    return Task(interface, namespace_name_of(own.engine_id, interface.id))


async def test_tasks_of_a_vpc_reach_each_other_and_see_who_calls(world: str) -> None:
    async with network(dual(FIRST)) as own:
        one = await attached(own, FIRST, 1)
        two = await attached(own, FIRST, 2, subnet=1, groups=(1,))
        async with Echo(two.address, two.place) as echo:
            seen = await in_namespace(one.place, caller_seen_by, two.address, echo.port)
        assert seen == one.address
        assert await two.pings(one.address)
        assert await two.pings(one.address, size=4000)
        assert await one.pings("fd00:ec2::253")
        assert sh(f"ip -n {one.place} -brief address show eth0").split()[2:] == [
            f"{one.interface.address}/24",
            f"{one.address}/128",
        ]


async def test_groups_decide_by_range_and_by_reference(world: str) -> None:
    only_first = [
        ipv6(rule(2, protocol="icmpv6"), str(subnet_range_of(FIRST, 1))),
        rule(2, protocol="tcp", ports=(1, 65535), of_group=1),
    ]
    async with network(dual(FIRST), enforced=opened(*only_first)) as own:
        guarded = await attached(own, FIRST, 1, groups=(2,))
        member = await attached(own, FIRST, 2)
        neighbour = await attached(own, FIRST, 3, subnet=1, groups=(3,))
        async with Echo(guarded.address, guarded.place) as echo:
            assert await member.reaches(echo)
            assert not await neighbour.reaches(echo, QUICK)
            assert not await member.pings(guarded.address, QUICK)
            assert not await neighbour.pings(guarded.address, QUICK)
            await own.fabric.enforce(opened(*only_first, *everything(3)), ())
            assert not await neighbour.reaches(echo, QUICK)
        assert not await guarded.pings(member.address, QUICK)


async def test_a_member_that_leaves_takes_its_address_out_of_its_groups(world: str) -> None:
    guard = rule(2, of_group=1)
    async with network(dual(FIRST), enforced=opened(guard)) as own:
        guarded = await attached(own, FIRST, 1, groups=(2,))
        member = await attached(own, FIRST, 2)
        assert await member.pings(guarded.address)
        await own.fabric.enforce(opened(guard), (carrying(member.interface, 3),))
        assert not await member.pings(guarded.address, QUICK)
        await own.fabric.detach(member.interface.id)
        assert member.address not in sh(f"ip -n {router_of(own)} -6 route")
        assert member.address not in (await own.fabric.rulesets())[FIRST.vpc.id]
        nobody = with_ipv6(interface_of(FIRST, 4), FIRST, 2)
        await own.fabric.attach(nobody)
        heir = Task(nobody, namespace_name_of(own.engine_id, nobody.id))
        assert await heir.pings(guarded.address)


async def test_a_network_acl_is_asked_where_a_subnet_ends(world: str) -> None:
    denied = NetworkAclEntry(
        number=50, is_egress=False, allows=False, cidr_ipv6=str(subnet_range_of(FIRST, 1))
    )
    async with network(dual(FIRST)) as own:
        one = await attached(own, FIRST, 1)
        beside = await attached(own, FIRST, 2)
        beyond = await attached(own, FIRST, 3, subnet=1, groups=(1,))
        assert await beyond.pings(one.address)
        await own.fabric.lay_out(layout_of(dual(FIRST, acl=(denied, *ALL_IPV6))))
        assert not await beyond.pings(one.address, QUICK)
        assert await beside.pings(one.address)
        await own.fabric.lay_out(layout_of(dual(FIRST)))
        assert await beyond.pings(one.address)


async def test_forged_sources_get_nowhere(world: str) -> None:
    async with network(dual(FIRST, OUT), dual(OTHER, OUT)) as own:
        liar = await attached(own, FIRST, 1)
        victim = await attached(own, FIRST, 2)
        target = await attached(own, FIRST, 3)
        foreign = await attached(own, OTHER, 1)
        forged = (victim.address, foreign.address, WORLD, "2001:db8:ffff::1", "fe80::1")
        with await in_namespace(target.place, _datagrams, target.address) as heard:
            for source in forged:
                await in_namespace(liar.place, send_forged, source, target.address, 53, b"lie")
            for place in (foreign.place, world):
                await in_namespace(place, send_forged, victim.address, target.address, 53, b"lie")
            await in_namespace(liar.place, send_forged, liar.address, target.address, 53, b"true")
            assert await asyncio.to_thread(heard.recvfrom, 9) == (
                b"true",
                (liar.address, 53, 0, 0),
            )


def _datagrams(address: str) -> socket.socket:
    heard = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    heard.bind((address, 53))
    heard.settimeout(2)
    return heard


async def test_without_a_way_to_an_internet_gateway_nobody_outside_is_reached(world: str) -> None:
    async with network(dual(FIRST), dual(OTHER, OUT)) as own:
        one = await attached(own, FIRST, 1)
        other = await attached(own, OTHER, 1)
        for address in (WORLD, other.address):
            assert not await one.pings(address, QUICK)
        assert not await other.pings(one.address, QUICK)
        assert not await in_namespace(world, can_ping, one.address, QUICK)
        assert not await asyncio.to_thread(can_ping, one.address, QUICK)


async def test_an_internet_gateway_leads_to_the_world_and_to_other_vpcs_and_back(
    world: str,
) -> None:
    async with network(dual(FIRST, OUT), dual(OTHER, OUT)) as own:
        one = await attached(own, FIRST, 1)
        other = await attached(own, OTHER, 1)
        async with Echo(other.address, other.place) as echo:
            seen = await in_namespace(one.place, caller_seen_by, other.address, echo.port)
            assert seen == one.address
            assert await in_namespace(world, can_connect, other.address, echo.port)
            assert await asyncio.to_thread(can_connect, other.address, echo.port)
            await own.fabric.enforce(opened_to(str(subnet_range_of(FIRST, 0))), ())
            assert await one.reaches(echo)
            assert not await in_namespace(world, can_connect, other.address, echo.port, QUICK)
            assert not await asyncio.to_thread(can_connect, other.address, echo.port, QUICK)
        async with Echo(WORLD, world) as out:
            seen = await in_namespace(one.place, caller_seen_by, WORLD, out.port)
            assert seen == dual_stack.HOST_UPLINK
        with socket.create_server(("::", 0), family=socket.AF_INET6) as hosts_own:
            port = hosts_own.getsockname()[1]
            for address in (dual_stack.HOST_UPLINK, host_address_of(own)):
                assert not await in_namespace(one.place, can_connect, address, port, QUICK)


async def test_an_egress_only_gateway_lets_nobody_in(world: str) -> None:
    async with network(dual(FIRST, OUT_ONLY), dual(OTHER, OUT)) as own:
        one = await attached(own, FIRST, 1)
        other = await attached(own, OTHER, 1)
        assert await one.pings(other.address)
        assert await one.pings(WORLD)
        assert not await other.pings(one.address, QUICK)
        assert not await in_namespace(world, can_ping, one.address, QUICK)
        assert not await asyncio.to_thread(can_ping, one.address, QUICK)


async def test_an_interface_without_an_address_of_ipv6_has_none_of_it(world: str) -> None:
    async with network(dual(FIRST, OUT)) as own:
        _, place = await own.attach(FIRST, 1)
        dual_one = await attached(own, FIRST, 2)
        assert sh(f"ip -n {place} -6 address show dev eth0") == ""
        assert not await in_namespace(place, can_ping, dual_one.address, QUICK)
        sh(f"ip netns exec {place} sysctl -q net.ipv6.conf.eth0.disable_ipv6=0")
        forger = str(subnet_range_of(FIRST, 0)[99])
        sh(f"ip -n {place} address add {forger}/64 dev eth0 nodad")
        assert not await in_namespace(place, can_ping, dual_one.address, QUICK)


async def test_a_restart_changes_no_packets_fate(world: str) -> None:
    vpcs = (dual(FIRST, OUT), dual(OTHER, OUT))
    async with network(*vpcs) as own:
        one = await attached(own, FIRST, 1)
        other = await attached(own, OTHER, 1)
        listener = await in_namespace(other.place, _listening, other.address)
        before = state_of_this_host()
        with listener:
            client = await in_namespace(
                one.place, socket.create_connection, (other.address, 8080), 2
            )
            with client, listener.accept()[0] as server:
                for _ in range(2):
                    await own.succeed(*vpcs)
                    assert await one.pings(other.address)
                    client.sendall(b"?")
                    server.settimeout(2)
                    assert await asyncio.to_thread(server.recv, 1) == b"?"
                    await own.fabric.attach(one.interface)
                    await own.fabric.enforce(opened(), (one.interface, other.interface))
                    assert state_of_this_host() == before
                    assert await one.pings(other.address)


async def test_a_vpc_gets_a_range_and_gives_it_back_while_it_carries_packets(world: str) -> None:
    async with network(FIRST.layout().vpcs[0]) as own:
        plain = sh("ip -6 route; ip -brief -6 address")
        router = sh(f"ip -n {router_of(own)} -6 route")
        before, place = await own.attach(FIRST, 1)
        for _ in range(2):
            await own.fabric.lay_out(layout_of(dual(FIRST, OUT)))
            one = await attached(own, FIRST, 2)
            assert await one.pings(WORLD)
            assert await in_namespace(place, can_connect_to_resolver, FIRST.resolver)
            await own.fabric.detach(one.interface.id)
            await own.fabric.lay_out(layout_of(FIRST))
            assert sh(f"ip -n {router_of(own)} -6 route") == router
        await own.fabric.detach(before.id)
        assert sh("ip -6 route; ip -brief -6 address") == plain


async def test_a_range_that_the_host_routes_already_is_refused(world: str) -> None:
    taken = str(dual_stack.range_of(FIRST))
    sh(f"ip -6 route add {taken} dev uplink")
    async with network(dual(OTHER, OUT)) as own:
        with pytest.raises(Ipv6RangeTaken) as raised:
            await own.fabric.lay_out(layout_of(dual(OTHER, OUT), dual(FIRST, OUT)))
        assert raised.value.refused == {FIRST.vpc.id}
        other = await attached(own, OTHER, 1)
        assert await other.pings(WORLD)
        await own.fabric.lay_out(layout_of(dual(OTHER, OUT)))
    sh(f"ip -6 route del {taken} dev uplink")


async def test_network_acls_decide_in_a_vpc_whose_range_is_refused(world: str) -> None:
    denied = NetworkAclEntry(
        number=50, is_egress=False, allows=False, cidr_ipv4=FIRST.subnets[1].cidr_block
    )
    sh(f"ip -6 route add {dual_stack.range_of(FIRST)} dev uplink")
    async with network(FIRST.layout().vpcs[0], enforced=EVERYTHING) as own:
        one, _ = await own.attach(FIRST, 1)
        beyond = carrying(FIRST.interface(2, subnet=1), 1)
        await own.fabric.attach(beyond)
        inside = namespace_name_of(own.engine_id, beyond.id)
        assert await in_namespace(inside, networks.can_ping, one.address)
        with pytest.raises(Ipv6RangeTaken):
            await own.fabric.lay_out(layout_of(dual(FIRST, acl=(denied, *ALL_IPV6))))
        assert not await in_namespace(inside, networks.can_ping, one.address, QUICK)
        with pytest.raises(Ipv6RangeTaken):
            await own.fabric.lay_out(layout_of(dual(FIRST)))
        assert await in_namespace(inside, networks.can_ping, one.address)
    sh(f"ip -6 route del {dual_stack.range_of(FIRST)} dev uplink")


async def test_a_host_that_forwards_ipv6_anyway_goes_on_to_when_engines_leave(world: str) -> None:
    sh("sysctl -q net.ipv6.conf.all.forwarding=1")
    async with network(dual(FIRST, OUT)) as own:
        one = await attached(own, FIRST, 1)
        assert await one.pings(WORLD)
        await own.succeed(dual(FIRST, OUT))
    assert sh("sysctl -n net.ipv6.conf.all.forwarding") == "1\n"


async def test_the_last_engine_that_leaves_ends_the_forwarding(world: str) -> None:
    async with network(dual(FIRST, OUT)) as own:
        other = Network()
        elsewhere = replace(layout_of(dual(OTHER, OUT)), public_cidr="198.18.8.0/21")
        await other.fabric.lay_out(elsewhere)
        await other.fabric.purge()
        one = await attached(own, FIRST, 1)
        assert await one.pings(WORLD)
    assert sh("sysctl -n net.ipv6.conf.all.forwarding") == "0\n"


async def test_a_packet_that_is_too_big_is_told_so(world: str) -> None:
    async with network(dual(FIRST, OUT)) as own:
        one = await attached(own, FIRST, 1)
        sh(f"ip -n {world} link set inside mtu 1400; ip link set uplink mtu 1400")
        assert not await one.pings(WORLD, QUICK, size=1400)
        assert await one.pings(WORLD, size=1400)
        sh("ip link set uplink mtu 1500")


def router_of(own: Network) -> str:
    return namespace_name_of(own.engine_id, FIRST.vpc.id)


def _listening(address: str) -> socket.socket:
    return socket.create_server((address, 8080), family=socket.AF_INET6)


def can_connect_to_resolver(address: str) -> bool:
    return can_connect(address, 53)


def host_address_of(own: Network) -> str:
    return vpc_plan_of(own.engine_id, dual(FIRST), PUBLIC_CIDR).ipv6_host_address


def opened_to(cidr: str) -> Policies:
    """As `opened`, but OTHER lets in who is in that range."""
    rules = [ipv6(rule(3, is_egress=True)), ipv6(rule(3), cidr)]
    return {**opened(), **policies(OTHER.vpc.id, rules)}
