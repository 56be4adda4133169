"""What is said about a packet, by records and by the kernel's rules, is what becomes of it.

Two VPCs, the host and the world: everybody tries to reach everybody, by private addresses and by
public ones, whatever groups, lists, routes and NAT gateways say, drawn by seed.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.networks import new_engine_id, own_host, sh
from tests.support.security_groups import Attempt, Policies, RandomRules, carrying, policies
from tests.support.ways import EVERYTHING, RandomWays, vpc_with

from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import NetworkLayout, SubnetLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import NUMBERS, Traffic
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root
WORLD = "198.51.100.1"
POOL, POOL_HOST = "198.18.0.0/21", "198.18.0.1"
NATS = ("198.18.0.9", "198.18.0.10")
HOME, OTHER = Range("10.20.0.0/22"), Range("10.30.0.0/22")
"""HOME is routed from the host, OTHER is not."""
HOST_AT_HOME = "10.20.0.3"
GATEWAY, RESOLVER, NOBODY = "10.20.1.1", "10.20.0.2", "10.20.0.99"
HOST = "0.0.0.0"
"""Stands for the host as a caller: the kernel chooses the address."""
GROUPS = {HOME.vpc.id: range(1, 4), OTHER.vpc.id: range(4, 7)}
PORTS = (80, 443)
TRIED = (("tcp", 80), ("udp", 443), ("icmp", 0))
SOURCE_PORT = 20_001
"""All that callers have are from 20,000 up, which is alike for every list here."""


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    """It knows the ways in."""
    with own_host() as namespace:
        for range_ in (POOL, HOME.vpc.cidr_block, OTHER.vpc.cidr_block):
            sh(f"ip -n {namespace} route add {range_} via 198.51.100.2")
        yield namespace


class TwoVpcs:
    """draw: everything about them."""

    def __init__(self, world: str, draw: Random) -> None:
        self.engine_id = new_engine_id()
        self.fabric = LocalFabric(self.engine_id, "us-east-1")
        self.interfaces: list[NetworkInterface] = []
        self.policies: Policies = {}
        self.layout = NetworkLayout(public_cidr=POOL, vpcs=())
        self._draw = draw
        self._namespaces = {WORLD: world, HOST: world.removesuffix("world") + "host"}
        destinations = ("0.0.0.0/0", "198.51.100.0/24", POOL)
        self._ways = [
            RandomWays(draw, range_.subnets, PORTS, self._cidrs(range_), destinations, (nat,))
            for range_, nat in zip((HOME, OTHER), NATS, strict=True)
        ]

    @staticmethod
    def _cidrs(range_: Range) -> tuple[str, ...]:
        subnets = [subnet.cidr_block for subnet in range_.subnets]
        return ("0.0.0.0/0", "0.0.0.0/0", range_.vpc.cidr_block, *subnets, POOL, f"{WORLD}/32")

    async def change(self) -> None:
        """Other routes, lists and rules."""
        home, other = (self._some(ways) for ways in self._ways)
        vpcs = (vpc_with(HOME, *home), vpc_with(OTHER, *other, is_routed_from_host=False))
        self.layout = NetworkLayout(public_cidr=POOL, vpcs=vpcs)
        await self.fabric.lay_out(self.layout)
        self.policies = {}
        for range_ in (HOME, OTHER):
            groups = GROUPS[range_.vpc.id]
            rules = RandomRules(self._draw, groups, PORTS, self._cidrs(range_)).some(40)
            self.policies |= policies(range_.vpc.id, rules, *groups)
        await self.fabric.enforce(self.policies, self.interfaces)

    def _some(self, ways: RandomWays) -> list[SubnetLayout]:
        """Every second list lets everything pass: else little would."""
        return [
            replace(each, acl_id="acl-open", acl=EVERYTHING) if self._draw.random() < 0.5 else each
            for each in ways.some()
        ]

    async def attach(self, range_: Range, number: int, *, is_public: bool) -> None:
        """The one with the number 3 has no groups, as some load balancers have none."""
        groups = self._draw.sample(GROUPS[range_.vpc.id], 2 if number < 3 else 0)
        public = f"198.18.1.{20 + len(self.interfaces)}" if is_public else None
        interface = carrying(range_.interface(number, subnet=number % 2), *groups)
        interface = replace(interface, public_address=public)
        await self.fabric.attach(interface)
        self.interfaces.append(interface)
        name = namespace_name_of(self.engine_id, interface.id)
        self._namespaces[interface.address] = name

    def peers(self) -> Peers:
        return Peers(self._namespaces, PORTS)

    def attempts(self) -> list[Attempt]:
        """The host speaks to nobody who has no address that it knows a way to."""
        private = [each.address for each in self.interfaces]
        public = {each.public_address: each.address for each in self.interfaces} | {None: ""}
        others = (*NATS, WORLD, POOL_HOST, HOST_AT_HOME, GATEWAY, RESOLVER, NOBODY)
        called = [*private, *filter(None, public), *others]
        return [
            Attempt(caller=caller, called=address, protocol=protocol, port=port)
            for caller in (*private, WORLD, HOST)
            for address in called
            for protocol, port in TRIED
            if caller not in (address, public.get(address))
            and (caller in private or address in private or address in public)
        ]

    def told(self, attempt: Attempt) -> Explanation:
        """What the records say."""
        sight = NetworkSight(self.layout, self.policies, self.interfaces)
        traffic = Traffic(protocol=NUMBERS[attempt.protocol], port=attempt.port or None)
        source = self._end(attempt.caller)
        target = self._end(attempt.called)
        if source.kind == "host":
            source = End(kind="host")
        return explanation_of(sight, source, target, traffic, SOURCE_PORT)

    def _end(self, address: str) -> End:
        for each in self.interfaces:
            if address in (each.address, each.public_address):
                return End(kind="interface", interface=each, address=address)
        is_host = address in (HOST, POOL_HOST, HOST_AT_HOME)
        return End(kind="host" if is_host else "internet", address=address)


@contextlib.asynccontextmanager
async def two_vpcs(world: str, seed: int) -> AsyncIterator[TwoVpcs]:
    made = TwoVpcs(world, Random(seed))
    try:
        await made.change()
        for number in range(4):
            await made.attach(HOME, number, is_public=number < 3)
        for number in range(2):
            await made.attach(OTHER, number, is_public=number < 1)
        yield made
    finally:
        await made.fabric.purge()


@pytest.mark.parametrize("seed", range(3))
async def test_records_rules_and_packets_say_the_same(world: str, seed: int) -> None:
    async with two_vpcs(world, seed) as own:
        with own.peers() as peers:
            assert await all_agree(own, peers) > 20


async def all_agree(own: TwoVpcs, peers: Peers) -> int:
    """How many passed."""
    says = {attempt: own.told(attempt) for attempt in own.attempts()}
    answered = await peers.answered(says, lambda attempt: says[attempt].passes)
    for attempt, found in says.items():
        judgement = await own.fabric.judge(found.probe)
        assert judgement.is_real
        verdicts = (attempt in answered, found.passes, judgement.passes)
        assert len(set(verdicts)) == 1, (attempt, verdicts, found.decisive, judgement)
    return len(answered)
