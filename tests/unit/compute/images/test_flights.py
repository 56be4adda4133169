"""Sharing one effort: result, failure, cancellation."""

import asyncio

import pytest

from hostless.compute.images.flights import Flights


class Expected(Exception):
    pass


class Work:
    """Counts its runs; each waits until it is let go."""

    def __init__(self, *outcomes: Exception | int) -> None:
        self.outcomes = list(outcomes)
        self.runs = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.runs += 1
        await self.go.wait()
        for _ in range(5):  # work that takes a moment, so that the others come to wait for it
            await asyncio.sleep(0)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def started(
    group: asyncio.TaskGroup, flights: Flights[str, int], work: Work, count: int
) -> list[asyncio.Task[int]]:
    tasks = [group.create_task(flights.share("key", work)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_all_who_wait_get_the_one_result() -> None:
    flights: Flights[str, int] = Flights(Expected)
    work = Work(7)
    async with asyncio.TaskGroup() as group:
        tasks = await started(group, flights, work, 3)
        work.go.set()
    assert [task.result() for task in tasks] == [7, 7, 7]
    assert work.runs == 1


async def test_all_who_wait_get_a_failure_that_is_shared() -> None:
    flights: Flights[str, int] = Flights(Expected)
    work = Work(Expected())
    work.go.set()
    results = await asyncio.gather(
        *(flights.share("key", work) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in results] == [Expected] * 3
    assert work.runs == 1


async def test_after_any_other_failure_each_tries_for_itself() -> None:
    flights: Flights[str, int] = Flights()
    work = Work(Expected(), 7)
    work.go.set()
    results = await asyncio.gather(
        *(flights.share("key", work) for _ in range(3)), return_exceptions=True
    )
    assert isinstance(results[0], Expected)
    assert results[1:] == [7, 7]
    assert work.runs == 2


async def test_when_the_first_is_cancelled_another_takes_over() -> None:
    flights: Flights[str, int] = Flights(Expected)
    work = Work(7)
    async with asyncio.TaskGroup() as group:
        tasks = await started(group, flights, work, 3)
        tasks[0].cancel()
        work.go.set()
    assert tasks[0].cancelled()
    assert [task.result() for task in tasks[1:]] == [7, 7]
    assert work.runs == 2


async def test_who_waits_and_is_cancelled_disturbs_nobody() -> None:
    flights: Flights[str, int] = Flights(Expected)
    work = Work(7)
    async with asyncio.TaskGroup() as group:
        tasks = await started(group, flights, work, 2)
        tasks[1].cancel()
        await asyncio.sleep(0)
        work.go.set()
    assert tasks[0].result() == 7
    assert work.runs == 1


async def test_the_next_effort_is_a_new_one() -> None:
    flights: Flights[str, int] = Flights(Expected)
    work = Work(Expected(), 8)
    work.go.set()
    with pytest.raises(Expected):
        await flights.share("key", work)
    assert await flights.share("key", work) == 8
