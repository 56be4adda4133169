"""What is said of routes, NAT gateways and network ACLs is what becomes of packets."""

from random import Random

import pytest
from tests.e2e.test_ways import (
    NAT_1,
    NAT_2,
    POOL,
    PORTS,
    RANGE,
    SOURCE_PORT,
    SUBNETS,
    WORLD,
    WORLD_TOO,
    Vpc,
    vpc,
    world,
)
from tests.support.attempts import Peers
from tests.support.security_groups import Attempt, everything_passes
from tests.support.ways import RandomWays

from hostless.domain.network_layout import NetworkLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import NUMBERS, Traffic

__all__ = ["world"]
pytestmark = pytest.mark.root


def told(own: Vpc, attempt: Attempt) -> Explanation:
    """What the records say of the attempt."""
    layout = NetworkLayout(public_cidr=POOL, vpcs=(own.layout,))
    sight = NetworkSight(layout, everything_passes(RANGE), own.interfaces)
    traffic = Traffic(protocol=NUMBERS[attempt.protocol], port=attempt.port or None)
    source, target = _end(own, attempt.caller), _end(own, attempt.called)
    return explanation_of(sight, source, target, traffic, SOURCE_PORT)


def _end(own: Vpc, address: str) -> End:
    interface = next((each for each in own.interfaces if each.address == address), None)
    if interface is None:
        return End(kind="internet", address=address)
    return End(kind="interface", interface=interface)


@pytest.mark.parametrize("seed", range(2))
async def test_records_rules_and_packets_say_the_same(world: str, seed: int) -> None:
    cidrs = (
        "0.0.0.0/0",
        RANGE.vpc.cidr_block,
        *(subnet.cidr_block for subnet in SUBNETS),
        f"{WORLD}/32",
    )
    destinations = ("0.0.0.0/0", "198.51.100.0/24", f"{WORLD_TOO}/32", "192.0.2.0/24")
    draw = RandomWays(Random(seed), SUBNETS, PORTS, cidrs, destinations, (NAT_1, NAT_2))
    async with vpc(world) as own:
        await own.lay_out(*draw.some())
        for number in range(6):
            await own.attach(number % 4, is_public=number % 3 != 2)
        with own.peers() as peers:
            for _ in range(2):
                await all_agree(own, peers)
                await own.lay_out(*draw.changed(own.layout.subnets))


async def all_agree(own: Vpc, peers: Peers) -> None:
    says = {attempt: told(own, attempt) for attempt in own.attempts()}
    answered = await peers.answered(says, lambda attempt: says[attempt].passes)
    for attempt, found in says.items():
        judgement = await own.fabric.judge(found.probe)
        assert judgement.is_real
        verdicts = (attempt in answered, found.passes, judgement.passes)
        assert len(set(verdicts)) == 1, (attempt, verdicts, found.decisive, judgement)
