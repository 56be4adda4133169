"""Security groups and real packets: what the records say is what connection attempts give."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.networks import new_engine_id, own_host
from tests.support.security_groups import (
    Attempt,
    Policies,
    RandomRules,
    carrying,
    passes,
    policies,
)

from hostless.domain.arns import SecurityGroupId
from hostless.domain.network import NetworkInterface
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
        await self.fabric.open((RANGE.vpc,), RANGE.subnets)

    async def attach(self, *groups: int) -> NetworkInterface:
        number = len(self.interfaces)
        interface = carrying(RANGE.interface(number // 2, subnet=number % 2), *groups)
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

    def peers(self) -> Peers:
        """Every interface, and the world."""
        return Peers(
            {i.address: self.namespace_of(i) for i in self.interfaces} | {WORLD: self._world}, PORTS
        )

    def attempts(self) -> list[Attempt]:
        """Everyone to everyone; nobody can open a connection from the world."""
        addresses = [interface.address for interface in self.interfaces]
        tried = [(protocol, port) for protocol in ("tcp", "udp") for port in PORTS]
        return [
            Attempt(caller=caller, called=called, protocol=protocol, port=port)
            for caller in addresses
            for called in (*addresses, WORLD)
            if caller != called
            for protocol, port in (*tried, ("icmp", 0))
        ]

    async def agrees(self, peers: Peers) -> None:
        """What the records say and what attempts give is the same."""
        carried = self.carried

        def expected(attempt: Attempt) -> bool:
            return passes(attempt, self.policies, carried)

        attempts = self.attempts()
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
            recorded = rules.some(25)
            for _ in range(3):
                await own.enforce(policies(RANGE.vpc.id, recorded, *GROUPS))
                await own.agrees(peers)
                recorded = rules.changed(recorded)
