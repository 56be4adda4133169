"""What was used within a minute, from looks at counters."""

import pytest

from hostless.compute.stats import ContainerStats, TaskStats
from hostless.controllers.metrics.usage import Course, Starts, observed
from hostless.network.seam import InterfaceCounters

MIB = 1 << 20
M = 1_800_000_000
AT_ZERO = Starts(whole=0.0, containers={})


def stats(
    at: float, cpu_seconds: float, memory_mib: int = 10, own: float | None = None
) -> TaskStats:
    def used(seconds: float) -> ContainerStats:
        return ContainerStats(
            cpu_nanoseconds=round(seconds * 1e9), memory_bytes=memory_mib * MIB, processes=1
        )

    return TaskStats(
        at=at,
        whole=used(cpu_seconds),
        containers={"main": used(cpu_seconds if own is None else own)},
    )


def looked(
    *looks: TaskStats, started_at: float = 0.0, own_starts: dict[str, float] | None = None
) -> Course:
    course = None
    for each in looks:
        minute = int((each.at - 5) // 60) * 60
        starts = Starts(whole=started_at, containers=own_starts or {})
        course = observed(course, minute, each, None, starts)
    assert course is not None
    return course


def test_the_first_look_at_an_old_task_knows_its_memory_only() -> None:
    course = looked(stats(M + 10, 500))
    assert course.whole.cpu_units is None
    assert course.whole.memory_mib == 10


def test_a_new_task_is_counted_from_its_start() -> None:
    course = looked(stats(M + 10, 2.0), started_at=M + 6)
    assert course.whole.cpu_units == pytest.approx(512)


def test_a_container_that_came_later_is_counted_from_its_own_start() -> None:
    """One before it used four seconds of CPU in eight, and has ended."""
    look = stats(M + 10, 5.0, own=1.0)
    course = looked(look, started_at=M, own_starts={"main": M + 8})
    assert course.whole.cpu_units == pytest.approx(512)
    assert course.containers["main"].cpu_units == pytest.approx(512)


def test_a_minute_is_averaged_from_the_last_look_of_the_one_before() -> None:
    looks = [stats(M + second, second / 4, memory_mib=second) for second in range(0, 70, 10)]
    course = looked(*looks)
    assert course.minute == M
    assert (course.whole.since, course.whole.until) == (M, M + 60)
    assert course.whole.cpu_units == pytest.approx(256)
    assert course.whole.memory_mib == pytest.approx(35)


def test_a_new_minute_begins_with_nothing_in_it() -> None:
    course = looked(*(stats(M + s, 100.0 if s <= 60 else 101.0) for s in (50, 60, 70)))
    assert course.minute == M + 60
    assert course.whole.cpu_units == pytest.approx(1024 / 10)
    assert course.whole.looks == 1


def test_a_container_that_was_started_again_counts_on() -> None:
    course = looked(stats(M + 10, 5, own=5), stats(M + 20, 8, own=8), stats(M + 30, 10, own=2.0))
    assert course.whole.cpu_units == pytest.approx(5 / 20 * 1024)
    assert course.containers["main"].cpu_units == pytest.approx(5 / 20 * 1024)


def test_bytes_a_second_are_known_from_the_second_look_on() -> None:
    def at(second: int, received: int) -> tuple[TaskStats, InterfaceCounters]:
        counters = InterfaceCounters(received_bytes=received, sent_bytes=2 * received)
        return stats(M + second, 1), counters

    course = None
    found = []
    for second, received in ((10, 1000), (20, 1500), (30, 3000), (70, 7000)):
        look, counters = at(second, received)
        course = observed(course, (M + second - 5) // 60 * 60, look, counters, AT_ZERO)
        assert course.flow is not None
        found.append(course.flow.a_second())
    assert found == [None, (50, 100), (100, 200), (100, 200)]
