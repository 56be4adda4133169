"""Unit tests of the keyed loop, under simulated time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import pytest

from hostless.controllers.keyed_loop import BACKOFF_SECONDS, KeyedLoop, LoopSpec
from hostless.kit.clock import Timestamp
from hostless.kit.simulated_time import EPOCH, LoopClock, run_simulated
from hostless.store.store import Watch, WriteConflict

Pass = Callable[[str], Awaitable[Timestamp | None]]


class Course:
    """A loop at work. passes: key and second of every pass begun."""

    def __init__(self, *keys: str, **spec: object) -> None:
        self.clock = LoopClock()
        self.passes: list[tuple[str, float]] = []
        self.watch = Watch(keys)
        self.one_pass: Pass = self._nothing
        self.loop = KeyedLoop(
            LoopSpec(name="test", one_pass=self._pass, **spec),  # type: ignore[arg-type]
            self.clock,
        )

    async def _nothing(self, key: str) -> Timestamp | None:
        return None

    async def _pass(self, key: str) -> Timestamp | None:
        self.passes.append((key, round(self.clock.now() - EPOCH, 3)))
        return await self.one_pass(key)

    def play(self, scene: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.loop.run(self.watch))
                await asyncio.sleep(0)
                await scene()
                running.cancel()

        run_simulated(main())


def test_every_key_that_is_there_gets_a_pass_at_first() -> None:
    course = Course("a", "b")
    course.play(lambda: asyncio.sleep(1))
    assert course.passes == [("a", 0), ("b", 0)]


def test_what_is_no_news_makes_no_pass_but_a_hint_does() -> None:
    course = Course(is_news=lambda key: key == "new")

    async def scene() -> None:
        course.watch.announce("old")
        course.watch.announce("new")
        await asyncio.sleep(1)
        course.loop.wake("old")
        await asyncio.sleep(1)

    course.play(scene)
    assert course.passes == [("new", 0), ("old", 1)]


def test_a_change_and_a_hint_both_make_a_pass() -> None:
    course = Course()

    async def scene() -> None:
        await asyncio.sleep(1)
        course.watch.announce("a")
        await asyncio.sleep(1)
        course.loop.wake("a")
        await asyncio.sleep(1)

    course.play(scene)
    assert course.passes == [("a", 1), ("a", 2)]


def test_a_key_woken_during_its_pass_gets_one_more_and_never_two_at_once() -> None:
    course = Course("a")

    async def slow(key: str) -> Timestamp | None:
        await asyncio.sleep(10)
        return None

    course.one_pass = slow

    async def scene() -> None:
        for second in range(1, 6):
            await asyncio.sleep(1)
            course.loop.wake("a")
            assert len(course.passes) == 1, f"second {second}"
        await asyncio.sleep(100)

    course.play(scene)
    assert course.passes == [("a", 0), ("a", 10)]


def test_a_pass_is_made_again_when_it_asked_to_be() -> None:
    course = Course("a")

    async def twice(key: str) -> Timestamp | None:
        return course.clock.now() + 30 if len(course.passes) < 2 else None

    course.one_pass = twice
    course.play(lambda: asyncio.sleep(100))
    assert course.passes == [("a", 0), ("a", 30)]


def test_a_wake_replaces_the_appointment() -> None:
    course = Course("a")

    async def in_half_a_minute(key: str) -> Timestamp | None:
        return course.clock.now() + 30

    course.one_pass = in_half_a_minute

    async def scene() -> None:
        await asyncio.sleep(20)
        course.loop.wake("a")
        await asyncio.sleep(25)

    course.play(scene)
    assert course.passes == [("a", 0), ("a", 20)]


def test_a_failing_pass_is_made_again_after_longer_and_longer_rests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    course = Course("a", story=lambda key: f"the story of {key}")

    async def fails(key: str) -> Timestamp | None:
        raise ValueError("boom")

    course.one_pass = fails
    with caplog.at_level(logging.ERROR):
        course.play(lambda: asyncio.sleep(sum(BACKOFF_SECONDS) + 61))
    rests = [
        round(after[1] - before[1], 3)
        for before, after in zip(course.passes, course.passes[1:], strict=False)
    ]
    assert rests == [*BACKOFF_SECONDS, BACKOFF_SECONDS[-1]]
    assert "the story of a" in caplog.text
    assert "boom" in caplog.text


def test_success_forgets_the_failures_before_it(caplog: pytest.LogCaptureFixture) -> None:
    course = Course("a")

    async def every_third_works(key: str) -> Timestamp | None:
        if len(course.passes) % 3:
            raise ValueError
        return course.clock.now() + 10

    course.one_pass = every_third_works
    caplog.set_level(logging.CRITICAL, "hostless")
    course.play(lambda: asyncio.sleep(11))
    assert [second for _, second in course.passes] == [0, 0.1, 0.6, 10.6, 10.7]


def test_a_conflict_is_no_failure_and_the_pass_is_made_again_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    course = Course("a")

    async def conflicts_once(key: str) -> Timestamp | None:
        if len(course.passes) == 1:
            raise WriteConflict("a")
        return None

    course.one_pass = conflicts_once
    course.play(lambda: asyncio.sleep(1))
    assert course.passes == [("a", 0), ("a", 0)]
    assert not caplog.text


def test_an_interrupted_pass_is_broken_off_and_made_again() -> None:
    course = Course("a", interrupts=lambda key: True)

    async def long_at_first(key: str) -> Timestamp | None:
        if len(course.passes) == 1:
            await asyncio.sleep(1000)
        return None

    course.one_pass = long_at_first

    async def scene() -> None:
        await asyncio.sleep(5)
        course.loop.wake("a")
        course.loop.wake("a")
        await asyncio.sleep(100)

    course.play(scene)
    assert course.passes == [("a", 0), ("a", 5)]


def test_a_pass_that_ends_in_its_own_way_when_broken_off_can_be_broken_off_again() -> None:
    course = Course("a", interrupts=lambda key: True)

    async def stubborn_at_first(key: str) -> Timestamp | None:
        if len(course.passes) == 1:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)
        elif len(course.passes) == 2:
            await asyncio.sleep(1000)
        return None

    course.one_pass = stubborn_at_first

    async def scene() -> None:
        for _ in range(2):
            await asyncio.sleep(5)
            course.loop.wake("a")
        await asyncio.sleep(100)

    course.play(scene)
    assert course.passes == [("a", 0), ("a", 5), ("a", 10)]


def test_only_so_many_passes_are_made_at_once() -> None:
    course = Course("a", "b", "c", "d", passes_at_once=2)

    async def slow(key: str) -> Timestamp | None:
        await asyncio.sleep(10)
        return None

    course.one_pass = slow
    course.play(lambda: asyncio.sleep(100))
    assert course.passes == [("a", 0), ("b", 0), ("c", 10), ("d", 10)]


def test_a_key_that_waits_for_its_turn_is_not_queued_twice() -> None:
    course = Course("a", "b", passes_at_once=1)

    async def slow(key: str) -> Timestamp | None:
        await asyncio.sleep(10)
        return None

    course.one_pass = slow

    async def scene() -> None:
        await asyncio.sleep(5)
        course.loop.wake("b")
        await asyncio.sleep(100)

    course.play(scene)
    assert course.passes == [("a", 0), ("b", 10)]


def test_a_cancelled_loop_leaves_no_timer_and_hears_no_hint() -> None:
    course = Course("a")

    async def soon(key: str) -> Timestamp | None:
        return course.clock.now() + 10

    course.one_pass = soon
    course.play(lambda: asyncio.sleep(1))

    async def later() -> None:
        course.loop.wake("a")
        await asyncio.sleep(100)

    run_simulated(later())
    assert course.passes == [("a", 0)]
    assert course.loop.is_idle


def test_a_loop_that_is_cancelled_begins_nothing_of_what_waits() -> None:
    async def main() -> None:
        begun: list[str] = []

        async def one_pass(key: str) -> None:
            begun.append(key)
            await asyncio.sleep(10)

        spec = LoopSpec(name="test", one_pass=one_pass, passes_at_once=1)
        running = asyncio.ensure_future(KeyedLoop(spec, LoopClock()).run(Watch(["a", "b"])))
        await asyncio.sleep(1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert begun == ["a"]

    run_simulated(main())
