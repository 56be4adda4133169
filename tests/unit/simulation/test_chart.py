"""Counts over time as rows of bars."""

from collections.abc import Sequence

from hostless.simulation.chart import WIDTH, axis, bars, columns, marks
from hostless.simulation.history import Counts, Sample


def samples(*healthy: tuple[float, int]) -> Sequence[Sample]:
    return [
        Sample(
            at=at,
            counts=Counts(
                desired=4,
                floor=4,
                ceiling=8,
                healthy=count,
                starting=0,
                stopping=0,
                running=(),
                zones=(),
                is_stable=False,
            ),
        )
        for at, count in healthy
    ]


def test_a_column_shows_the_least_or_the_most_of_its_time() -> None:
    seen = samples((0, 4), (10.2, 1), (10.8, 4))
    least = columns(seen, WIDTH, lambda counts: counts.healthy, min)
    most = columns(seen, WIDTH, lambda counts: counts.healthy, max)
    assert (least[9], least[10], least[11]) == (4, 1, 4)
    assert most[10] == 4


def test_nothing_is_shown_before_anything_was_seen() -> None:
    assert columns(samples((5, 2)), WIDTH, lambda counts: counts.healthy, min)[:6] == [
        *[None] * 5,
        2,
    ]


def test_one_of_many_still_shows() -> None:
    assert bars([0, 1, 500, 1000, None], 1000) == " ▁▄█ "


def test_steps_are_numbered_where_they_lie() -> None:
    assert marks([0.0, 10.0, 10.1, 63.9], WIDTH) == "1" + " " * 9 + "+" + " " * 52 + "4"


def test_times_stand_below_their_ticks() -> None:
    ticks, times = axis(WIDTH * 60.0)
    assert ticks[12] == "╵"
    assert times[12:17] == "12:00"
