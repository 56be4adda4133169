"""Adds up the values of many tasks by series, without a record for each of them."""

from hostless.telemetry.metrics.catalogue import series_of
from hostless.telemetry.metrics.series import Sample, Statistics

Dimensions = tuple[tuple[str, str], ...]


class Tallies:
    """One statistic set for each series: a value of each task."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, Dimensions], list[float]] = {}

    def add(self, namespace: str, name: str, dimensions: Dimensions, value: float) -> None:
        """Of a listed metric."""
        known = self._found.get((namespace, name, dimensions))
        if known is None:
            self._found[namespace, name, dimensions] = [1.0, value, value, value]
            return
        known[0] += 1.0
        known[1] += value
        known[2] = min(known[2], value)
        known[3] = max(known[3], value)

    def samples(self) -> list[Sample]:
        return [
            Sample(
                series=series_of(namespace, name, **dict(dimensions)),
                statistics=Statistics(count=count, sum=total, minimum=least, maximum=most),
            )
            for (namespace, name, dimensions), (count, total, least, most) in self._found.items()
        ]
