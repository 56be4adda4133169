"""Unit tests of the turnstile."""

import asyncio

from hostless.controllers.turnstile import Turnstile


async def test_a_crowd_enters_a_few_a_turn_and_in_order() -> None:
    turnstile = Turnstile(2)
    entered: list[int] = []

    async def visitor(number: int) -> None:
        await turnstile.enter()
        entered.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(7):
            group.create_task(visitor(number))
        sizes = []
        while len(entered) < 7:
            before = len(entered)
            await asyncio.sleep(0)
            sizes.append(len(entered) - before)
    assert entered == list(range(7))
    assert max(sizes) <= 2


async def test_who_leaves_the_queue_takes_nobodys_turn() -> None:
    turnstile = Turnstile(1)
    entered: list[int] = []

    async def visitor(number: int) -> None:
        await turnstile.enter()
        entered.append(number)

    async with asyncio.TaskGroup() as group:
        visitors = [group.create_task(visitor(number)) for number in range(5)]
        await asyncio.sleep(0)
        visitors[3].cancel()
    assert entered == [0, 1, 2, 4]
