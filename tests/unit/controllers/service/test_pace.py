"""Passes are kept apart, and many calls make one of them."""

import asyncio
from collections.abc import Awaitable, Callable

from hostless.controllers.service.pace import GAP_IN_LOOKS, SHORTEST_GAP_SECONDS, Pace
from hostless.kit.simulated_time import run_simulated


def play(scene: Callable[[Pace, list[tuple[str, float]]], Awaitable[None]]) -> None:
    async def main() -> None:
        passes: list[tuple[str, float]] = []
        loop = asyncio.get_running_loop()
        pace = Pace(lambda key: passes.append((key, round(loop.time(), 3))))
        await scene(pace, passes)
        pace.close()

    run_simulated(main())


def test_the_first_call_is_answered_at_once_and_the_next_ones_together() -> None:
    async def scene(pace: Pace, passes: list[tuple[str, float]]) -> None:
        pace.wake("a")
        pace.passed("a", 0.0)
        for _ in range(5):
            pace.wake("a")
        pace.wake("b")
        await asyncio.sleep(1)
        assert passes == [("a", 0), ("b", 0), ("a", SHORTEST_GAP_SECONDS)]

    play(scene)


def test_long_looks_make_long_rests() -> None:
    async def scene(pace: Pace, passes: list[tuple[str, float]]) -> None:
        pace.passed("a", 0.1)
        assert pace.rest_seconds("a") == 0.1 * GAP_IN_LOOKS
        pace.wake("a")
        await asyncio.sleep(2)
        assert passes == [("a", 0.9)]
        pace.passed("a", 0.1)
        pace.forget("a")
        assert pace.rest_seconds("a") == 0.0

    play(scene)
