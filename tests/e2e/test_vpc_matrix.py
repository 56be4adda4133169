"""Everybody to everybody, by private and public addresses: records and real packets agree, by seed.

The rules are drawn at random; ways and lists let everything pass, so that groups, VPCs and public
addresses decide.
"""

from collections.abc import Iterator
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.layouts import PUBLIC_CIDR
from tests.support.security_groups import (
    Attempt,
    Policies,
    RandomRules,
    carrying,
    passes,
    policies,
)
from tests.support.vpcs import (
    FIRST,
    OTHER,
    WORLD,
    Network,
    knowing_public_addresses,
    network,
)

from hostless.domain.network import NetworkInterface
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root
PORTS = (80, 443)
TRIED = (*((protocol, port) for protocol in ("tcp", "udp") for port in PORTS), ("icmp", 0))
GROUPS = {FIRST: range(1, 4), OTHER: range(4, 7)}
TASKS_OF_A_VPC, PUBLIC_TASKS_OF_A_VPC = 4, 3


@pytest.fixture
def world() -> Iterator[str]:
    with knowing_public_addresses() as namespace:
        yield namespace


def drawn_interfaces(draw: Random) -> list[NetworkInterface]:
    return [
        carrying(
            range_.interface(
                number // 2,
                number % 2,
                public=10 * groups.start + number if number < PUBLIC_TASKS_OF_A_VPC else None,
            ),
            *draw.sample(groups, draw.randint(1, 2)),
        )
        for range_, groups in GROUPS.items()
        for number in range(TASKS_OF_A_VPC)
    ]


class Matrix:
    """What the records say of every attempt. The last interface of a VPC has no public address."""

    def __init__(self, interfaces: list[NetworkInterface]) -> None:
        self.interfaces = interfaces
        self.policies: Policies = {}
        self._by_address = {each.address: each for each in interfaces}
        self._by_public = {each.public_address: each for each in interfaces if each.public_address}

    def attempts(self) -> list[Attempt]:
        return [
            Attempt(caller=caller, called=called, protocol=protocol, port=port)
            for caller in (*self._by_address, WORLD)
            for called in (*self._by_address, *self._by_public, WORLD)
            if caller != called
            for protocol, port in TRIED
        ]

    def expects(self, attempt: Attempt) -> bool:
        caller, called = self._by_address.get(attempt.caller), self._by_address.get(attempt.called)
        if called is not None:
            is_neighbour = caller is not None and caller.vpc_id == called.vpc_id
            return is_neighbour and self._pass(attempt.caller, attempt.called, attempt)
        seen = WORLD if caller is None else caller.public_address
        if seen is None:
            return False
        target = self._by_public.get(attempt.called)
        leaves = self._pass(attempt.caller, attempt.called, attempt)
        return leaves and (target is None or self._pass(seen, target.address, attempt))

    def _pass(self, caller: str, called: str, attempt: Attempt) -> bool:
        """As the groups of these addresses say: strangers have none."""
        carried = {address: i.security_groups for address, i in self._by_address.items()}
        seen = Attempt(caller=caller, called=called, protocol=attempt.protocol, port=attempt.port)
        return passes(seen, self.policies, carried)

    async def agrees(self, peers: Peers) -> tuple[int, int]:
        """How many passed, and how many did not."""
        attempts = self.attempts()
        answered = await peers.answered(attempts, self.expects)
        wrong = {a: "passed" for a in answered if not self.expects(a)}
        wrong |= {a: "did not pass" for a in attempts if self.expects(a) and a not in answered}
        assert not wrong
        return len(answered), len(attempts) - len(answered)


async def enforce(
    own: Network, matrix: Matrix, recorded: dict[Range, list[SecurityGroupRule]]
) -> None:
    matrix.policies = {
        id_: policy
        for range_, rules in recorded.items()
        for id_, policy in policies(range_.vpc.id, rules, *GROUPS[range_]).items()
    }
    await own.fabric.enforce(matrix.policies, matrix.interfaces)


@pytest.mark.parametrize("seed", range(4))
async def test_what_the_records_say_and_what_attempts_give_agree(world: str, seed: int) -> None:
    """Before and after rule changes, and with the next engine."""
    draw = Random(seed)
    cidrs = ("0.0.0.0/0", PUBLIC_CIDR, f"{WORLD}/32", FIRST.vpc.cidr_block)
    cidrs += tuple(f"{FIRST.public_address(10 + number)}/32" for number in range(2))
    rules = {range_: RandomRules(draw, groups, PORTS, cidrs) for range_, groups in GROUPS.items()}
    recorded = {range_: rules[range_].some(40) for range_ in GROUPS}
    matrix = Matrix(drawn_interfaces(draw))
    counted = []
    async with network(FIRST, OTHER) as own:
        for interface in matrix.interfaces:
            await own.fabric.attach(interface)
        names = {i.address: namespace_name_of(own.engine_id, i.id) for i in matrix.interfaces}
        with Peers({**names, WORLD: world}, PORTS) as peers:
            for _ in range(2):
                await enforce(own, matrix, recorded)
                counted.append(await matrix.agrees(peers))
                recorded = {range_: rules[range_].changed(recorded[range_]) for range_ in GROUPS}
            await own.succeed(FIRST, OTHER)
            counted.append(await matrix.agrees(peers))
            await enforce(own, matrix, recorded)
            counted.append(await matrix.agrees(peers))
    passed, stopped = map(sum, zip(*counted, strict=True))
    assert passed > 100
    assert stopped > 100
