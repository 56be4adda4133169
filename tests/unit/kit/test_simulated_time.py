"""Unit tests of simulated time."""

import asyncio

import pytest

from hostless.kit.simulated_time import EPOCH, LoopClock, NothingLeftToWaitFor, run_simulated


def test_hours_pass_at_once_and_in_order() -> None:
    async def main() -> tuple[float, list[str]]:
        seen: list[str] = []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("late", 7200))
            group.create_task(sleeper("early", 3600))
        return LoopClock().now(), seen

    now, seen = run_simulated(main())
    assert now == pytest.approx(EPOCH + 7200, abs=0.01)
    assert seen == ["early", "late"]


def test_a_deadlock_is_an_error_and_not_a_hang() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NothingLeftToWaitFor):
        run_simulated(main())
