"""Statistic sets and spreads."""

from hostless.telemetry.metrics.series import (
    Statistics,
    joined,
    of_events,
    of_spread,
    of_value,
    percentile,
)


def test_events_are_values_of_one() -> None:
    assert of_events(7) == Statistics(count=7.0, sum=7.0, minimum=1.0, maximum=1.0)


def test_two_sets_joined_are_the_set_of_all_values() -> None:
    found = joined(of_value(3), joined(of_value(9), of_value(1)))
    assert found == Statistics(count=3.0, sum=13.0, minimum=1, maximum=9)


def test_spreads_are_joined_value_by_value() -> None:
    found = joined(of_spread({0.1: 2, 0.5: 1}), of_spread({0.1: 1, 2.0: 1}))
    assert found.spread == {0.1: 3, 0.5: 1, 2.0: 1}
    assert (found.count, round(found.sum, 9), found.minimum, found.maximum) == (5.0, 2.8, 0.1, 2.0)


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    found = of_spread({0.1: 90, 0.5: 9, 3.0: 1})
    assert [percentile(found, share) for share in (0.5, 0.9, 0.99, 1.0)] == [0.1, 0.1, 0.5, 3.0]
    assert percentile(of_value(4), 0.5) is None
