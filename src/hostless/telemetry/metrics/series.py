"""What is measured, and what is known of the values of a minute.

A statistic set is what CloudWatch keeps; a spread adds how the values lie, so that percentiles can
be told. Both of two sources, or of two looks, are joined into that of all, exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal[
    "Count",
    "Bytes",
    "Seconds",
    "Milliseconds",
    "Percent",
    "None",
    "Megabytes",
    "Gigabytes",
    "Bytes/Second",
]
"""As CloudWatch spells them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """dimensions: names with values, by name."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of `count` values. spread: how many lie at each value, in steps; None where not known."""

    count: float
    sum: float
    minimum: float
    maximum: float
    spread: Mapping[float, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    series: Series
    statistics: Statistics


def of_value(value: float) -> Statistics:
    return Statistics(count=1.0, sum=value, minimum=value, maximum=value)


def of_events(number: int) -> Statistics:
    """So many events, each of them a value of one, as AWS counts requests."""
    return Statistics(count=float(number), sum=float(number), minimum=1.0, maximum=1.0)


def of_spread(spread: Mapping[float, int]) -> Statistics:
    """Of values, one at least."""
    total = sum(value * number for value, number in spread.items())
    return Statistics(
        count=float(sum(spread.values())),
        sum=total,
        minimum=min(spread),
        maximum=max(spread),
        spread=spread,
    )


def joined(one: Statistics, other: Statistics) -> Statistics:
    spread = one.spread or other.spread
    if one.spread and other.spread:
        added = dict(one.spread)
        for value, number in other.spread.items():
            added[value] = added.get(value, 0) + number
        spread = added
    return Statistics(
        count=one.count + other.count,
        sum=one.sum + other.sum,
        minimum=min(one.minimum, other.minimum),
        maximum=max(one.maximum, other.maximum),
        spread=spread,
    )


def percentile(statistics: Statistics, share: float) -> float | None:
    """The value that so large a share of all, 0 to 1, does not exceed; None without a spread."""
    if not statistics.spread:
        return None
    left = share * sum(statistics.spread.values())
    for value in sorted(statistics.spread):
        left -= statistics.spread[value]
        if left <= 0:
            return value
    return max(statistics.spread)


def merged(samples: Iterable[Sample]) -> dict[Series, Statistics]:
    """One statistic set for each series."""
    found: dict[Series, Statistics] = {}
    for each in samples:
        before = found.get(each.series)
        found[each.series] = each.statistics if before is None else joined(before, each.statistics)
    return found
