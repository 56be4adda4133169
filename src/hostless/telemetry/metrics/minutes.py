"""Statistic sets by minute and series, in memory; the oldest minutes go first."""

from collections.abc import Iterable, Iterator, Mapping

from hostless.kit.clock import Timestamp
from hostless.telemetry.metrics.catalogue import is_whole
from hostless.telemetry.metrics.series import Sample, Series, Statistics, joined

VALUES_A_POINT = 4
"""So many values of a spread take as much memory as a statistic set."""


class Minutes:
    """Iterating gives minutes with what they hold, the oldest first."""

    def __init__(self) -> None:
        self._held: dict[int, dict[Series, Statistics]] = {}
        self._points: dict[int, int] = {}

    def __iter__(self) -> Iterator[tuple[int, Mapping[Series, Statistics]]]:
        return iter(sorted(self._held.items()))

    def of(self, minute: int) -> Mapping[Series, Statistics]:
        return self._held.get(minute, {})

    def take(self, minute: int, samples: Iterable[Sample]) -> None:
        take(self._held.setdefault(minute, {}), samples)
        self._points.pop(minute, None)

    @property
    def oldest(self) -> int | None:
        return min(self._held, default=None)

    @property
    def newest(self) -> int | None:
        return max(self._held, default=None)

    def points(self) -> int:
        """How much memory they take, in statistic sets."""
        for minute in self._held.keys() - self._points.keys():
            self._points[minute] = _points(self._held[minute])
        return sum(self._points.values())

    def drop_until(self, until: Timestamp) -> None:
        for minute in [each for each in self._held if each <= until]:
            self.drop(minute)

    def drop(self, minute: int) -> None:
        del self._held[minute]
        self._points.pop(minute, None)


def add(there: dict[Series, Statistics], samples: Iterable[Sample]) -> None:
    """Join each with what is there."""
    for each in samples:
        known = there.get(each.series)
        there[each.series] = each.statistics if known is None else joined(known, each.statistics)


def take(there: dict[Series, Statistics], samples: Iterable[Sample]) -> None:
    """The same, but for what a sample tells whole: then the newest stands."""
    for each in samples:
        known = None if is_whole(each.series) else there.get(each.series)
        there[each.series] = each.statistics if known is None else joined(known, each.statistics)


def samples_in(found: Mapping[Series, Statistics]) -> list[Sample]:
    return [Sample(series=series, statistics=each) for series, each in found.items()]


def _points(found: Mapping[Series, Statistics]) -> int:
    values = sum(len(each.spread) for each in found.values() if each.spread)
    return len(found) + values // VALUES_A_POINT
