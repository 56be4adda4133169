"""Unit tests of the turnstile."""

import asyncio

from hostless.controllers.turnstile import (
    ENTRIES_A_SECOND_WHEN_BUSY,
    Turnstile,
)
from hostless.kit.foreground import Foreground
from hostless.kit.simulated_time import run_simulated


async def enter(turnstile: Turnstile, number: int, entered: list[int]) -> None:
    await turnstile.enter()
    entered.append(number)


async def test_a_crowd_enters_one_a_turn_and_in_order() -> None:
    turnstile = Turnstile(Foreground())
    entered: list[int] = []
    async with asyncio.TaskGroup() as group:
        for number in range(17):
            group.create_task(enter(turnstile, number, entered))
        sizes = []
        while len(entered) < 17:
            before = len(entered)
            await asyncio.sleep(0)
            sizes.append(len(entered) - before)
    assert entered == list(range(17))
    assert max(sizes) <= 1


async def test_who_leaves_the_queue_takes_nobodys_turn() -> None:
    turnstile = Turnstile(Foreground())
    entered: list[int] = []
    async with asyncio.TaskGroup() as group:
        visitors = [group.create_task(enter(turnstile, number, entered)) for number in range(12)]
        await asyncio.sleep(0)
        visitors[9].cancel()
    assert entered == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]


async def test_what_was_begun_is_ended_before_the_rest_is_begun() -> None:
    turnstile = Turnstile(Foreground())
    begun: list[int] = []
    begun_before_the_end_of: dict[int, int] = {}

    async def in_two_steps(number: int) -> None:
        await turnstile.enter()
        begun.append(number)
        await turnstile.enter(goes_on=True)
        begun_before_the_end_of[number] = len(begun)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(in_two_steps(number))
    assert all(count <= number + 2 for number, count in begun_before_the_end_of.items())


def test_while_somebody_is_served_the_guaranteed_number_enters() -> None:
    entered: list[int] = []

    async def a_busy_second() -> None:
        foreground = Foreground()
        turnstile = Turnstile(foreground)
        async with asyncio.TaskGroup() as group:
            with foreground:
                for number in range(5000):
                    group.create_task(enter(turnstile, number, entered))
                await asyncio.sleep(1)
            during = len(entered)
            before = asyncio.get_running_loop().time()
        assert 0.9 <= during / ENTRIES_A_SECOND_WHEN_BUSY <= 1.1
        assert asyncio.get_running_loop().time() - before < 0.01

    run_simulated(a_busy_second())
    assert entered == list(range(5000))
