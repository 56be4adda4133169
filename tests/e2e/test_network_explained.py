"""What is said about a packet, by records and by the kernel's rules, is what becomes of it."""

from random import Random

import pytest
from tests.e2e.test_security_groups import GROUPS, PORTS, RANGE, Vpc, vpc, world
from tests.support.attempts import Peers
from tests.support.layouts import layout_with
from tests.support.security_groups import Attempt, RandomRules, policies

from hostless.domain.network import NetworkInterface
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import NUMBERS, Traffic

__all__ = ["world"]
pytestmark = pytest.mark.root
SOURCE_PORT = 40000


class Told:
    """What the records say of attempts in a VPC."""

    def __init__(self, own: Vpc) -> None:
        layout = layout_with((RANGE.vpc,), RANGE.subnets)
        self._sight = NetworkSight(layout, own.policies, own.interfaces)
        self._ends = {each.address: each for each in own.interfaces}

    def __call__(self, attempt: Attempt) -> Explanation:
        number = NUMBERS[attempt.protocol]
        traffic = Traffic(protocol=number, port=attempt.port or None)
        caller, called = self._ends[attempt.caller], self._ends[attempt.called]
        return explanation_of(self._sight, _end(caller), _end(called), traffic, SOURCE_PORT)


def _end(interface: NetworkInterface) -> End:
    return End(kind="interface", interface=interface)


@pytest.mark.parametrize("seed", range(2))
async def test_records_rules_and_packets_say_the_same(world: str, seed: int) -> None:
    draw = Random(seed)
    cidrs = ("0.0.0.0/0", RANGE.vpc.cidr_block, f"{RANGE.interface(0).address}/32")
    rules = RandomRules(draw, GROUPS, PORTS, cidrs)
    async with vpc(world) as own:
        for _ in range(6):
            await own.attach(*draw.sample(GROUPS, draw.randint(1, 3)))
        recorded = rules.some(40)
        with own.peers() as peers:
            for _ in range(2):
                await own.enforce(policies(RANGE.vpc.id, recorded, *GROUPS))
                await _all_agree(own, peers)
                recorded = rules.changed(recorded)


async def _all_agree(own: Vpc, peers: Peers) -> None:
    told = Told(own)
    addresses = {each.address for each in own.interfaces}
    attempts = [each for each in own.attempts(PORTS) if each.called in addresses]
    answered = await peers.answered(attempts, lambda attempt: told(attempt).passes)
    for attempt in attempts:
        found = told(attempt)
        judgement = await own.fabric.judge(found.probe)
        assert judgement.is_real
        assert (found.passes, judgement.passes) == ((attempt in answered),) * 2, (
            attempt,
            found.decisive,
            judgement,
        )
