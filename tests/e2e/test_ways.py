"""Routes, NAT gateways, network ACLs and real packets: what the records say is what packets do."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.networks import (
    can_connect,
    can_ping,
    in_namespace,
    new_engine_id,
    own_host,
    sh,
)
from tests.support.security_groups import Attempt, everything_passes
from tests.support.ways import (
    EVERYTHING,
    Packet,
    RandomWays,
    entry,
    is_answered,
    nat_way,
    subnet_with,
    vpc_with,
    way,
)

from hostless.domain.arns import SubnetId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import NetworkLayout, SubnetLayout, Way
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of, table_name_of

pytestmark = pytest.mark.root
WORLD, WORLD_TOO = "198.51.100.1", "198.51.100.9"
POOL = "198.18.0.0/21"
NAT_1, NAT_2 = "198.18.0.9", "198.18.0.10"
PORTS = (80, 443, 8080)
RANGE = Range("10.20.0.0/22")
FIRST, SECOND = RANGE.subnets
THIRD, FOURTH = (
    replace(FIRST, id=SubnetId(f"subnet-{n:017x}"), cidr_block=f"10.20.{n}.0/24") for n in (2, 3)
)
SUBNETS = (FIRST, SECOND, THIRD, FOURTH)
SOURCE_PORT = 20_001
"""All that callers have are from 20,000 up, which is alike for every list here."""


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    """As in the other tests, but the world has another address and knows all the ways in."""
    with own_host() as namespace:
        sh(f"ip -n {namespace} address add {WORLD_TOO}/24 dev inside")
        for range_ in (POOL, RANGE.vpc.cidr_block):
            sh(f"ip -n {namespace} route add {range_} via 198.51.100.2")
        yield namespace


class Vpc:
    """Its security groups let everything pass; each interface has a public address."""

    def __init__(self, world: str) -> None:
        self.engine_id = new_engine_id()
        self.fabric = LocalFabric(self.engine_id, "us-east-1")
        self.interfaces: list[NetworkInterface] = []
        self.layout = vpc_with(RANGE)
        self.world = world
        self.outside = WORLD

    async def lay_out(self, *subnets: SubnetLayout) -> None:
        """The world sees callers under their public addresses, not under the host's."""
        self.layout = vpc_with(RANGE, *subnets)
        await self.fabric.lay_out(NetworkLayout(public_cidr=POOL, vpcs=(self.layout,)))
        sh(f"nft flush chain inet {table_name_of(self.engine_id)} postrouting")

    async def attach(self, subnet: int, *, is_public: bool = True) -> NetworkInterface:
        number = 20 + len(self.interfaces)
        base, where = SUBNETS[subnet].cidr_block.removesuffix("0/24"), SUBNETS[subnet]
        interface = replace(
            RANGE.interface(number),
            subnet_id=where.id,
            zone=where.zone,
            address=f"{base}{number}",
            gateway=f"{base}1",
            public_address=f"198.18.1.{number}" if is_public else None,
        )
        self.interfaces.append(interface)
        await self.fabric.enforce(everything_passes(RANGE), self.interfaces)
        await self.fabric.attach(interface)
        return interface

    def namespace_of(self, interface: NetworkInterface) -> str:
        return namespace_name_of(self.engine_id, interface.id)

    def peers(self) -> Peers:
        return Peers(
            {i.address: self.namespace_of(i) for i in self.interfaces}
            | {WORLD: self.world, WORLD_TOO: self.world},
            PORTS,
        )

    def attempts(self) -> dict[Attempt, bool]:
        """Everyone to everyone, the world to public addresses; and what the records say of it."""
        inside = [(i.address, i.address) for i in self.interfaces]
        outside = [(WORLD, WORLD), (WORLD_TOO, WORLD_TOO)]
        called = {own: [*(p for p in inside if p[0] != own), *outside] for own, _ in inside}
        called[WORLD] = [(str(i.public_address), i.address) for i in self.interfaces]
        ported = [(protocol, port) for protocol in ("tcp", "udp") for port in PORTS]
        return {
            Attempt(caller=caller, called=address, protocol=protocol, port=port): self._says(
                caller, private, protocol, port
            )
            for caller, ends in called.items()
            for address, private in ends
            for protocol, port in (*ported, ("icmp", 0))
        }

    def _says(self, caller: str, called: str, protocol: str, port: int) -> bool:
        echo = (8, 0) if protocol == "icmp" else (0, 0)
        asked = Packet(source=caller, target=called, protocol=protocol, port=port, icmp=echo)
        answer = Packet(source=called, target=caller, protocol=protocol, port=SOURCE_PORT)
        return is_answered(asked, answer, self.layout)

    async def agrees(self, peers: Peers) -> tuple[int, int]:
        """What the records say and what attempts give is the same; how many passed, and did not."""
        says = self.attempts()
        answered = await peers.answered(says, lambda attempt: says[attempt])
        wrong = {a: "passed" for a in answered if not says[a]}
        wrong |= {a: "did not pass" for a, passes in says.items() if passes and a not in answered}
        assert not wrong
        return len(answered), len(says) - len(answered)


@contextlib.asynccontextmanager
async def vpc(world: str) -> AsyncIterator[Vpc]:
    made = Vpc(world)
    try:
        yield made
    finally:
        await made.fabric.purge()


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


def by_nat(
    *ways: Way, of_gateway: Iterable[NetworkAclEntry] = EVERYTHING
) -> tuple[SubnetLayout, ...]:
    """The first two subnets are public and have a NAT gateway each; the ways are the third's."""
    return (
        subnet_with(FIRST, [way("internet")], of_gateway, list_=2),
        subnet_with(SECOND, [way("internet")]),
        subnet_with(THIRD, ways, table=3),
        subnet_with(FOURTH, [nat_way(2, NAT_2, SECOND)], table=4),
    )


BY_FIRST, BY_SECOND = nat_way(1, NAT_1, FIRST), nat_way(2, NAT_2, SECOND)
ALL_IN, ALL_OUT = EVERYTHING


class Flow:
    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._asked = 0

    async def caller_seen(self, seconds: float = 5.0) -> str | None:
        """The address under which the next question is seen; None when there is no answer."""
        self._asked += 1
        asked = b"%d" % self._asked
        self._client.send(asked)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    number, _, sender = (await loop.sock_recv(self._client, 100)).partition(b" ")
                    if number == asked:
                        return sender.decode()
        return None

    async def is_cut(self) -> bool:
        return await self.caller_seen(0.3) is None


@contextlib.asynccontextmanager
async def flow(
    own: Vpc, caller: NetworkInterface, called: str, reached: str | None = None
) -> AsyncIterator[Flow]:
    """Datagrams from a port of the caller's to one that answers each with its sender's address.

    reached: another address that leads to the called one.
    """
    namespace = next((own.namespace_of(i) for i in own.interfaces if i.address == called), None)
    ends = (namespace or own.world, called), (own.namespace_of(caller), caller.address)
    sockets = [await in_namespace(name, bound_at, address) for name, address in ends]
    with sockets[0] as server, sockets[1] as client:
        client.connect((reached or called, server.getsockname()[1]))
        loop = asyncio.get_running_loop()
        loop.add_reader(server, answer_one, server)
        try:
            yield Flow(client)
        finally:
            loop.remove_reader(server)


def bound_at(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    made.setblocking(False)
    return made


def answer_one(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        question, sender = server.recvfrom(100)
        server.sendto(question + b" " + sender[0].encode(), sender)


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


async def test_what_decides_about_packets_can_be_read(world: str) -> None:
    """Where every rule comes from stands beside it."""
    async with vpc(world) as own:
        await own.lay_out(*by_nat(BY_FIRST, of_gateway=(entry(7, allows=False), *EVERYTHING)))
        text = (await own.fabric.rulesets())[RANGE.vpc.id]
    assert "table inet groups {" in text
    assert f'comment "rtb-{3:017x} 0.0.0.0/0 nat-{1:017x}"' in text
    assert f'comment "acl-{2:017x} 7 in"' in text
