"""What the engine tells of itself: what it keeps, and whether its event loop is held up. Pure but
for reading the store."""

from collections import Counter
from collections.abc import Iterator

from hostless.store.kinds import ALL_KINDS, TASKS
from hostless.store.store import Store
from hostless.telemetry.metrics.catalogue import ENGINE, series_of
from hostless.telemetry.metrics.series import Sample, of_value


def engine_samples(store: Store, lag_seconds: float) -> Iterator[Sample]:
    """lag_seconds: how much later than it should a timer went off."""
    yield Sample(series=series_of(ENGINE, "EventLoopLag"), statistics=of_value(lag_seconds))
    for status, number in Counter(task.status for task in store.all(TASKS)).items():
        series = series_of(ENGINE, "TaskCount", Status=status)
        yield Sample(series=series, statistics=of_value(number))
    for kind in ALL_KINDS:
        if number := len(store.table(kind)):
            series = series_of(ENGINE, "RecordCount", Kind=kind.name)
            yield Sample(series=series, statistics=of_value(number))
