"""Security groups and real packets: what the records say is what connection attempts give."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.layouts import layout_with
from tests.support.networks import can_connect, can_ping, in_namespace, new_engine_id, own_host
from tests.support.security_groups import (
    Attempt,
    Policies,
    RandomRules,
    carrying,
    passes,
    policies,
    rule,
)

from hostless.domain.arns import SecurityGroupId
from hostless.domain.network import NetworkInterface
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root
WORLD = "198.51.100.1"
PORTS = (80, 443, 8080)
GROUPS = range(1, 6)
GROUP_WITHOUT_POLICY = 9
RANGE = Range("10.20.0.0/22")


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    with own_host() as namespace:
        yield namespace


class Vpc:
    """interfaces: attached, each with groups of its own. policies: enforced."""

    def __init__(self, world: str) -> None:
        self.engine_id = new_engine_id()
        self.fabric = LocalFabric(self.engine_id, "us-east-1")
        self.interfaces: list[NetworkInterface] = []
        self.policies: Policies = {}
        self._world = world

    async def open(self) -> None:
        await self.fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))

    async def attach(self, *groups: int) -> NetworkInterface:
        number = len(self.interfaces)
        place = RANGE.interface(number // 2, number % 2, public=number)
        interface = carrying(place, *groups)
        await self.fabric.attach(interface)
        self.interfaces.append(interface)
        return interface

    async def enforce(self, policies: Policies) -> None:
        self.policies = policies
        await self.fabric.enforce(policies, self.interfaces)

    @property
    def carried(self) -> dict[str, tuple[SecurityGroupId, ...]]:
        return {interface.address: interface.security_groups for interface in self.interfaces}

    def namespace_of(self, interface: NetworkInterface) -> str:
        return namespace_name_of(self.engine_id, interface.id)

    def peers(self, ports: tuple[int, ...] = PORTS) -> Peers:
        """Every interface, and the world."""
        return Peers(
            {i.address: self.namespace_of(i) for i in self.interfaces} | {WORLD: self._world}, ports
        )

    def attempts(self, ports: tuple[int, ...]) -> list[Attempt]:
        """Everyone to everyone; nobody can open a connection from the world."""
        addresses = [interface.address for interface in self.interfaces]
        tried = [(protocol, port) for protocol in ("tcp", "udp") for port in ports]
        return [
            Attempt(caller=caller, called=called, protocol=protocol, port=port)
            for caller in addresses
            for called in (*addresses, WORLD)
            if caller != called
            for protocol, port in (*tried, ("icmp", 0))
        ]

    async def agrees(self, peers: Peers, ports: tuple[int, ...] = PORTS) -> None:
        """What the records say and what attempts give is the same."""
        carried = self.carried

        def expected(attempt: Attempt) -> bool:
            return passes(attempt, self.policies, carried)

        attempts = self.attempts(ports)
        answered = await peers.answered(attempts, expected)
        wrong = {a: "passed" for a in answered if not expected(a)}
        wrong |= {a: "did not pass" for a in attempts if expected(a) and a not in answered}
        assert not wrong


@contextlib.asynccontextmanager
async def vpc(world: str) -> AsyncIterator[Vpc]:
    made = Vpc(world)
    try:
        await made.open()
        yield made
    finally:
        await made.fabric.purge()


@pytest.mark.parametrize("seed", range(4))
async def test_what_the_records_say_and_what_attempts_give_agree(world: str, seed: int) -> None:
    draw = Random(seed)
    cidrs = (
        "0.0.0.0/0",
        RANGE.vpc.cidr_block,
        *(subnet.cidr_block for subnet in RANGE.subnets),
        f"{RANGE.interface(0).address}/32",
        f"{WORLD}/32",
    )
    rules = RandomRules(draw, GROUPS, PORTS, cidrs)
    async with vpc(world) as own:
        for _ in range(6):
            groups = draw.sample(GROUPS, draw.randint(1, 3))
            await own.attach(*groups, *([GROUP_WITHOUT_POLICY] if draw.random() < 0.3 else []))
        with own.peers() as peers:
            recorded = rules.some(45)
            for _ in range(3):
                await own.enforce(policies(RANGE.vpc.id, recorded, *GROUPS))
                await own.agrees(peers)
                recorded = rules.changed(recorded)


def web_rules(*more: SecurityGroupRule) -> Policies:
    """Group 1 calls, group 2 is called; everything may leave both."""
    out = [rule(group, is_egress=True, cidr="0.0.0.0/0") for group in (1, 2)]
    return policies(RANGE.vpc.id, [*out, *more])


FROM_GROUP = rule(2, protocol="tcp", ports=(80, 80), of_group=1)
FROM_EVERYWHERE = rule(2, protocol="tcp", ports=(80, 80), cidr="0.0.0.0/0")


@contextlib.asynccontextmanager
async def connected(own: Vpc) -> AsyncIterator[tuple[socket.socket, socket.socket]]:
    """A connection from the first interface to port 80 of the second."""
    caller, called = own.interfaces[:2]
    listener = await in_namespace(
        own.namespace_of(called), socket.create_server, (called.address, 80)
    )
    with listener:
        client = await in_namespace(
            own.namespace_of(caller), socket.create_connection, (called.address, 80), 2
        )
        with client, listener.accept()[0] as server:
            server.settimeout(2)
            yield client, server


async def carries(ends: tuple[socket.socket, socket.socket]) -> bool:
    client, server = ends
    client.sendall(b"?")
    try:
        return await asyncio.to_thread(server.recv, 1) == b"?"
    except TimeoutError:
        return False


async def can_call(own: Vpc) -> bool:
    caller, called = own.interfaces[:2]
    with Peers({i.address: own.namespace_of(i) for i in (caller, called)}, (8080,)) as peers:
        attempt = Attempt(caller=caller.address, called=called.address, protocol="tcp", port=8080)
        return attempt in await peers.answered([attempt], lambda _: False)


async def test_a_connection_outlives_the_rule_that_let_it_pass(world: str) -> None:
    async with vpc(world) as own:
        await own.attach(1)
        await own.attach(2)
        await own.enforce(web_rules(FROM_GROUP))
        async with connected(own) as ends:
            await own.enforce(web_rules())
            assert await carries(ends)
        with pytest.raises(TimeoutError):
            async with connected(own):
                pass


async def test_a_connection_that_everybody_could_make_ends_with_its_rule(world: str) -> None:
    """As AWS has it: such flows are not tracked."""
    async with vpc(world) as own:
        await own.attach(1)
        await own.attach(2)
        await own.enforce(web_rules(FROM_EVERYWHERE))
        async with connected(own) as ends:
            assert await carries(ends)
            await own.enforce(web_rules(FROM_GROUP, FROM_EVERYWHERE))
            assert await carries(ends)
            await own.enforce(web_rules(rule(2, protocol="udp", cidr="0.0.0.0/0")))
            assert not await carries(ends)


async def test_an_interface_whose_group_has_no_rules_yet_is_reached_by_the_host_only(
    world: str,
) -> None:
    async with vpc(world) as own:
        await own.attach(1)
        called = await own.attach(GROUP_WITHOUT_POLICY)
        await own.enforce(web_rules())
        with own.peers():
            namespace = own.namespace_of(own.interfaces[0])
            assert not await in_namespace(namespace, can_connect, called.address, 80, 0.3)
            assert await asyncio.to_thread(can_connect, called.address, 80)
            assert await asyncio.to_thread(can_ping, called.address)


async def test_whoever_gets_an_address_next_does_not_get_its_groups(world: str) -> None:
    async with vpc(world) as own:
        await own.attach(1)
        called = await own.attach(2)
        await own.enforce(web_rules(replace(FROM_GROUP, from_port=8080, to_port=8080)))
        assert await can_call(own)
        await own.fabric.detach(called.id)
        own.interfaces[1:] = [carrying(called, 1)]
        await own.fabric.attach(own.interfaces[1])
        assert not await can_call(own)


async def test_connections_of_an_addresses_former_owner_lead_nowhere_with_the_next(
    world: str,
) -> None:
    """Nor after another engine has taken over."""
    for has_successor in (False, True):
        async with vpc(world) as own:
            caller, called = await own.attach(1), await own.attach(2)
            await own.enforce(web_rules(replace(FROM_GROUP, protocol="udp")))
            kind = socket.SOCK_DGRAM
            with await in_namespace(
                own.namespace_of(caller), socket.socket, socket.AF_INET, kind
            ) as client:
                client.connect((called.address, 80))
                with own.peers():
                    assert await echoes(client)
                await own.fabric.detach(called.id)
                if has_successor:
                    await own.fabric.close()
                    await own.open()
                own.interfaces[1] = carrying(called, 1)
                await own.fabric.attach(own.interfaces[1])
                with own.peers():
                    assert not await echoes(client)


async def echoes(client: socket.socket) -> bool:
    client.settimeout(0.5)
    client.send(b"?")
    try:
        return await asyncio.to_thread(client.recv, 1) == b"?"
    except TimeoutError:
        return False


THREE = ((1,), (2,), (1, 3))
ENGINE_THAT_HANGS = """
import asyncio, sys
from hostless.network.local.fabric import LocalFabric
from tests.e2e.test_security_groups import RANGE, allowed_and_not, three_interfaces
from tests.support.layouts import layout_with

async def main():
    fabric = LocalFabric(sys.argv[1], "us-east-1")
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    await fabric.enforce(allowed_and_not(), ())
    for interface in three_interfaces():
        await fabric.attach(interface)
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def three_interfaces() -> list[NetworkInterface]:
    return [
        carrying(RANGE.interface(number // 2, number % 2, public=number), *groups)
        for number, groups in enumerate(THREE)
    ]


def allowed_and_not() -> Policies:
    return web_rules(
        rule(2, protocol="tcp", ports=(80, 443), of_group=1),
        rule(3, protocol="udp", ports=(443, 443), of_group=1),
    )


async def test_a_killed_engine_and_its_successor_change_no_packets_fate(world: str) -> None:
    async with vpc(world) as own:
        await own.fabric.purge()
        with subprocess.Popen(
            [sys.executable, "-c", ENGINE_THAT_HANGS, own.engine_id], stdout=subprocess.PIPE
        ) as engine:
            assert engine.stdout is not None
            assert await asyncio.to_thread(engine.stdout.readline) == b"ready\n"
            os.kill(engine.pid, signal.SIGKILL)
        own.interfaces, own.policies = three_interfaces(), allowed_and_not()
        async with connected(own) as ends:
            with own.peers(ports=(443, 8080)) as peers:
                await own.agrees(peers, (443, 8080))
                await own.open()
                await own.agrees(peers, (443, 8080))
            await own.attach(2, 3)
            with own.peers(ports=(443, 8080)) as peers:
                await own.agrees(peers, (443, 8080))
                await own.enforce(allowed_and_not())
                await own.agrees(peers, (443, 8080))
            assert await carries(ends)
        printed = await own.fabric.rulesets()
        await own.enforce(allowed_and_not())
        assert await own.fabric.rulesets() == printed
