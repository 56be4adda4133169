"""The store of samples: statistic sets by minute and series, for three hours, in bounded memory.

What is read here is what CloudWatch's API and `/_hostless/metrics` tell. One task writes; whoever
reads does so on the event loop.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hostless.kit.clock import Timestamp
from hostless.telemetry.metrics.catalogue import kind_of
from hostless.telemetry.metrics.journal import Frame, Journal, Marks
from hostless.telemetry.metrics.series import Sample, Series, Statistics, joined, merged

PERIOD_SECONDS = 60
KEPT_SECONDS = 3 * 3600
MOST_POINTS = 200_000
"""Statistic sets in memory, of some 300 bytes each: 1,111 series that have one every minute. With
more series the oldest minutes go earlier."""
VALUES_A_POINT = 4
"""So many values of a spread take as much memory as a statistic set."""


class MetricStore:
    """folder: of its own, for what the next engine is to know."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder)
        self._minutes: dict[int, dict[Series, Statistics]] = {}
        self._points: dict[int, int] = {}
        """By minute that has ended, how many it counts as."""
        self._known: dict[Series, Series] = {}
        self._last: dict[Series, int] = {}
        self._totals: dict[Series, Statistics] = {}
        self._levels = _Levels()
        self._marks: dict[str, Mapping[str, int]] = {}
        self._unsaved = _Unsaved()
        self._saving = threading.Lock()

    def load(self, now: Timestamp) -> None:
        """What the last engine wrote. Raises OSError."""
        for frame in self._journal.frames():
            if frame.totals is not None:
                self._totals, self._marks = merged(frame.totals), {}
            self._marks.update(frame.marks)
            for minute, samples in frame.samples.items():
                self._join(minute, samples)
                if frame.totals is None:
                    _add(self._totals, samples)
        self.expire(now)

    def marks(self, source: str) -> Mapping[str, int]:
        """How far the counters of a source were read; empty: never."""
        return self._marks.get(source, {})

    def sources(self) -> frozenset[str]:
        """Whose counters were read, and that are not gone."""
        return frozenset(source for source, marks in self._marks.items() if marks)

    def put(self, at: Timestamp, samples: Iterable[Sample], marks: Marks) -> None:
        """Samples of the minute of `at`; with them how far their sources were read.

        One look may put several times, for the same instant. A level is taken once a minute, at
        the first look in it, so that it adds up over sources.
        """
        minute = int(at // PERIOD_SECONDS) * PERIOD_SECONDS
        there = self._minutes.get(minute, {})
        self._levels.look(at)
        taken = [each for each in samples if self._levels.takes(each, each.series in there)]
        self._join(minute, taken)
        _add(self._totals, taken)
        self._marks.update(marks)
        self._unsaved.marks.update(marks)
        if taken:
            _add(self._unsaved.samples.setdefault(minute, {}), taken)

    def forget_sources(self, sources: Iterable[str]) -> None:
        """They are gone for good."""
        for source in sources:
            self._marks[source] = self._unsaved.marks[source] = {}

    def read(
        self, series: Series, since: Timestamp, until: Timestamp
    ) -> list[tuple[int, Statistics]]:
        """By the beginning of their minute, those that begin from `since` on, before `until`."""
        return [
            (minute, found[series])
            for minute, found in sorted(self._minutes.items())
            if since <= minute < until and series in found
        ]

    def series_of(self, namespace: str | None = None) -> list[Series]:
        """All that has a sample, in order of namespace, name and dimensions."""
        found = [each for each in self._last if namespace in (None, each.namespace)]
        return sorted(found, key=lambda each: (each.namespace, each.name, each.dimensions))

    def sums(
        self, namespace: str | None, since: Timestamp, until: Timestamp
    ) -> list[tuple[Series, Statistics]]:
        """Of each series of `series_of`, its minutes as `read` has them, joined."""
        found: dict[Series, Statistics] = {}
        for minute, there in self._minutes.items():
            if since <= minute < until:
                _add(found, _samples(there))
        return [(each, found[each]) for each in self.series_of(namespace) if each in found]

    def total(self, series: Series) -> Statistics | None:
        """Of everything since the series began; it ends when all of it is forgotten."""
        return self._totals.get(series)

    def level(self, series: Series) -> Statistics | None:
        """As it was found at the last look; None when nobody found it then."""
        return self._levels.now.get(series)

    def save(self, now: Timestamp) -> None:
        """Write what is new, and forget what is old. Raises OSError; the next time writes it all.

        May run in a thread beside readers, but not beside `put`.
        """
        with self._saving:
            unsaved = self._unsaved
            if unsaved.samples or unsaved.marks:
                minute = max(unsaved.samples, default=int(now))
                self._journal.append(minute, self._frame(minute))
                self._unsaved = _Unsaved()
            self._journal.forget(now - KEPT_SECONDS)

    def _frame(self, minute: int) -> Frame:
        unsaved = self._unsaved
        samples = {minute: _samples(found) for minute, found in unsaved.samples.items()}
        if not self._journal.begins_file(minute):
            return Frame(samples=samples, marks=unsaved.marks)
        marks = self._marks = {source: each for source, each in self._marks.items() if each}
        return Frame(samples=samples, marks=marks, totals=_samples(self._totals))

    def _join(self, minute: int, samples: Iterable[Sample]) -> None:
        """Each series is one object, however many minutes have it."""
        own = [replace(s, series=self._known.setdefault(s.series, s.series)) for s in samples]
        _add(self._minutes.setdefault(minute, {}), own)
        self._points.pop(minute, None)
        self._last.update({s.series: max(minute, self._last.get(s.series, 0)) for s in own})

    def expire(self, now: Timestamp) -> None:
        """Forget what is older than three hours, or too much; what no disk took so long, too."""
        unsaved = self._unsaved.samples
        for minute in self._minutes.keys() - self._points.keys():
            self._points[minute] = _points(self._minutes[minute])
        total = sum(self._points.values())
        for minute in sorted(self._minutes):
            if minute > now - KEPT_SECONDS and total <= MOST_POINTS:
                break
            total -= self._points.pop(minute)
            del self._minutes[minute]
        for minute in [each for each in unsaved if each <= now - KEPT_SECONDS]:
            del unsaved[minute]
        oldest = min(self._minutes, default=int(now))
        for series in [each for each, minute in self._last.items() if minute < oldest]:
            del self._last[series], self._known[series]
            self._totals.pop(series, None)


class _Levels:
    """What the newest look found of what is there or not, and which of it its minute takes."""

    def __init__(self) -> None:
        self.now: dict[Series, Statistics] = {}
        self._at: Timestamp | None = None
        self._taken: set[Series] = set()

    def look(self, at: Timestamp) -> None:
        """A look of another instant begins anew."""
        if at != self._at:
            self._at, self.now, self._taken = at, {}, set()

    def takes(self, sample: Sample, is_in_minute: bool) -> bool:
        """Whether it goes into the minute. To be asked of every sample of a look."""
        kind = kind_of(sample.series)
        if kind in ("level", "view"):
            _add(self.now, [sample])
        if kind != "level":
            return True
        if not is_in_minute:
            self._taken.add(sample.series)
        return sample.series in self._taken


class _Unsaved:
    """What is not on the disk yet."""

    def __init__(self) -> None:
        self.samples: dict[int, dict[Series, Statistics]] = {}
        self.marks: dict[str, Mapping[str, int]] = {}


def _points(found: Mapping[Series, Statistics]) -> int:
    values = sum(len(each.spread) for each in found.values() if each.spread)
    return len(found) + values // VALUES_A_POINT


def _add(there: dict[Series, Statistics], samples: Iterable[Sample]) -> None:
    for each in samples:
        known = there.get(each.series)
        there[each.series] = each.statistics if known is None else joined(known, each.statistics)


def _samples(found: Mapping[Series, Statistics]) -> list[Sample]:
    return [Sample(series=series, statistics=each) for series, each in found.items()]
