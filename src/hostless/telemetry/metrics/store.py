"""The store of samples: statistic sets by minute and series, for three hours, in bounded memory.

Series of single tasks are many and soon of no interest: they are kept for a quarter of an hour, go
first when there is too much, and are not written to the disk.

What is read here is what CloudWatch's API and `/_hostless/metrics` tell. One task writes; whoever
reads does so on the event loop.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from hostless.kit.clock import Timestamp
from hostless.telemetry.metrics.catalogue import is_detail, is_whole, kind_of
from hostless.telemetry.metrics.journal import Frame, Journal, Marks
from hostless.telemetry.metrics.minutes import Minutes, add, samples_in, take
from hostless.telemetry.metrics.series import Sample, Series, Statistics, merged

PERIOD_SECONDS = 60
KEPT_SECONDS = 3 * 3600
MOST_POINTS = 200_000
"""Statistic sets in memory, of some 300 bytes each: 1,111 series that have one every minute. With
more series the oldest minutes go earlier."""
DETAILS_KEPT_SECONDS = 15 * 60


class MetricStore:
    """folder: of its own, for what the next engine is to know."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder)
        self._minutes = Minutes()
        self._details = Minutes()
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
                    add(self._totals, _summed_up(samples))
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
        the first look in it, so that it adds up over sources. What is told whole stands until it
        is told anew.
        """
        minute = int(at // PERIOD_SECONDS) * PERIOD_SECONDS
        there = self._minutes.of(minute)
        self._levels.look(at)
        taken = [each for each in samples if self._levels.takes(each, each.series in there)]
        self._join(minute, taken)
        add(self._totals, _summed_up(taken))
        self._marks.update(marks)
        self._unsaved.marks.update(marks)
        kept = [each for each in taken if not is_detail(each.series)]
        if kept:
            take(self._unsaved.samples.setdefault(minute, {}), kept)

    def forget_sources(self, sources: Iterable[str]) -> None:
        """They are gone for good."""
        for source in sources:
            self._marks[source] = self._unsaved.marks[source] = {}

    def read(
        self, series: Series, since: Timestamp, until: Timestamp
    ) -> list[tuple[int, Statistics]]:
        """By the beginning of their minute, those that begin from `since` on, before `until`."""
        held = self._details if is_detail(series) else self._minutes
        return [
            (minute, found[series])
            for minute, found in held
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
        for minute, there in chain(self._minutes, self._details):
            if since <= minute < until:
                add(found, samples_in(there))
        return [(each, found[each]) for each in self.series_of(namespace) if each in found]

    def total(self, series: Series) -> Statistics | None:
        """Of everything since the series began; it ends when all of it is forgotten."""
        return self._totals.get(series)

    def level(self, series: Series) -> Statistics | None:
        """As it was found at the last look; None when nobody found it then.

        Of what is told whole: in the newest minute or the one before.
        """
        if not is_whole(series):
            return self._levels.now.get(series)
        held = self._details if is_detail(series) else self._minutes
        now = self._minutes.newest or held.newest or 0
        return held.of(now).get(series) or held.of(now - PERIOD_SECONDS).get(series)

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
        samples = {minute: samples_in(found) for minute, found in unsaved.samples.items()}
        if not self._journal.begins_file(minute):
            return Frame(samples=samples, marks=unsaved.marks)
        marks = self._marks = {source: each for source, each in self._marks.items() if each}
        return Frame(samples=samples, marks=marks, totals=samples_in(self._totals))

    def _join(self, minute: int, samples: Iterable[Sample]) -> None:
        """Each series is one object, however many minutes have it."""
        for_all: list[Sample] = []
        for_details: list[Sample] = []
        for each in samples:
            series = self._known.setdefault(each.series, each.series)
            own = each if series is each.series else replace(each, series=series)
            (for_details if is_detail(series) else for_all).append(own)
            self._last[series] = max(minute, self._last.get(series, 0))
        for held, own_samples in ((self._minutes, for_all), (self._details, for_details)):
            if own_samples:
                held.take(minute, own_samples)

    def expire(self, now: Timestamp) -> None:
        """Forget what is older than three hours, or too much; what no disk took so long, too."""
        self._minutes.drop_until(now - KEPT_SECONDS)
        self._details.drop_until(now - DETAILS_KEPT_SECONDS)
        while self._minutes.points() + self._details.points() > MOST_POINTS:
            fuller = self._minutes if self._details.oldest is None else self._details
            oldest = fuller.oldest
            if oldest is None:
                break
            fuller.drop(oldest)
        unsaved = self._unsaved.samples
        for minute in [each for each in unsaved if each <= now - KEPT_SECONDS]:
            del unsaved[minute]
        self._forget_series(int(now))

    def _forget_series(self, now: int) -> None:
        """Those of which no minute is left."""
        begins = self._minutes.oldest or now, self._details.oldest or now
        for series in [s for s, last in self._last.items() if last < begins[is_detail(s)]]:
            del self._last[series], self._known[series]
            self._totals.pop(series, None)


def _summed_up(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Totals of what is told whole would mean nothing."""
    return (each for each in samples if not is_whole(each.series))


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
            add(self.now, [sample])
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
