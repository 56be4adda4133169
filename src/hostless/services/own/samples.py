"""Reading metrics: what each series came to over the last minutes."""

from dataclasses import dataclass

from hostless.services.instants import iso_milliseconds
from hostless.services.operation import Answer, Call
from hostless.services.own.choosing import BadRequest
from hostless.telemetry.metrics.series import Series, Statistics, percentile
from hostless.telemetry.metrics.store import KEPT_SECONDS, PERIOD_SECONDS, MetricStore

MOST_MINUTES = KEPT_SECONDS // PERIOD_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSamples:
    """namespace: absent: all. minutes: so many, the present one included."""

    namespace: str | None = None
    minutes: int = 5


class Samples:
    def __init__(self, metrics: MetricStore) -> None:
        self._metrics = metrics

    async def read(self, request: ReadSamples, call: Call) -> Answer:
        if not 1 <= request.minutes <= MOST_MINUTES:
            raise BadRequest(f"minutes must be between 1 and {MOST_MINUTES}.")
        this = call.now - call.now % PERIOD_SECONDS
        since = this - (request.minutes - 1) * PERIOD_SECONDS
        found = self._metrics.sums(request.namespace, since, this + PERIOD_SECONDS)
        return {
            "since": iso_milliseconds(since),
            "series": [_view(series, statistics) for series, statistics in found],
        }


def _view(series: Series, statistics: Statistics) -> dict[str, object]:
    return {
        "namespace": series.namespace,
        "name": series.name,
        "dimensions": dict(series.dimensions),
        "unit": series.unit,
        "count": statistics.count,
        "sum": statistics.sum,
        "minimum": statistics.minimum,
        "maximum": statistics.maximum,
        "p50": percentile(statistics, 0.5),
        "p99": percentile(statistics, 0.99),
    }
