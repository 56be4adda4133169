"""The gateway's step that turns requests away which come too fast.

Buckets are remembered in memory only: after a restart they are full.
"""

from collections.abc import Mapping

from hostless.domain.api_limits import OPERATIONS, Throttled, buckets_of
from hostless.kit.clock import Timestamp
from hostless.kit.token_buckets import Rate, TokenBuckets


class Throttle:
    """rates: by the names of `hostless.domain.api_limits.BUCKETS`."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._buckets = TokenBuckets(rates)
        self._taken = {
            operation: dict.fromkeys(buckets_of(operation), 1)
            for members in OPERATIONS.values()
            for operation in members
        }

    def admit(self, service: str, operation: str, now: Timestamp) -> None:
        """Count a request. Raises Throttled, which counts nothing."""
        counts = self._taken.get(operation) if service == "ecs" else None
        if counts is not None and not self._buckets.take(counts, now):
            raise Throttled
