"""The simulated fabric fails as its behaviour says, and the same way each time."""

import asyncio
from dataclasses import replace
from random import Random

import pytest
from tests.contract.network_suite import Range
from tests.support.layouts import layout_with

from hostless.kit.simulated_time import run_simulated
from hostless.network.seam import NetworkFailed
from hostless.network.simulated.fabric import FabricBehaviour, SimulatedFabric

RANGE = Range("10.7.4.0/22")


async def outcomes(seed: int) -> list[str | None]:
    fabric = SimulatedFabric(FabricBehaviour(failure_rate=0.5), Random(seed))
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    found: list[str | None] = []
    for number in range(40):
        try:
            found.append((await fabric.attach(RANGE.interface(number))).address)
        except NetworkFailed:
            found.append(None)
    return found


def test_the_same_seed_fails_the_same_attaches() -> None:
    first, again, other = (run_simulated(outcomes(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert None in first
    assert RANGE.interface(0, subnet=1).address not in first


async def test_a_failing_subnet_refuses_in_the_configured_words_and_keeps_nothing() -> None:
    broken = frozenset({RANGE.subnets[1].id})
    fabric = SimulatedFabric(FabricBehaviour(failing_subnets=broken, failure_reason="Out of luck."))
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    await fabric.attach(RANGE.interface(1))
    with pytest.raises(NetworkFailed, match=r"Out of luck\."):
        await fabric.attach(RANGE.interface(1, subnet=1))
    assert await fabric.attached() == {RANGE.interface(1).id}


async def test_two_interfaces_cannot_have_one_address() -> None:
    fabric = SimulatedFabric()
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    await fabric.attach(RANGE.interface(1))
    thief = replace(RANGE.interface(1), id=RANGE.interface(2).id)
    with pytest.raises(NetworkFailed):
        await fabric.attach(thief)


def test_an_interrupted_attach_is_attached_until_it_is_detached() -> None:
    async def interrupted() -> tuple[int, int, float]:
        fabric = SimulatedFabric(FabricBehaviour(attach_seconds=10, detach_seconds=5))
        await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await fabric.attach(RANGE.interface(1))
        before = len(await fabric.attached())
        await fabric.detach(RANGE.interface(1).id)
        return before, len(await fabric.attached()), asyncio.get_running_loop().time()

    assert run_simulated(interrupted()) == (1, 0, 9.0)
