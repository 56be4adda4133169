"""Token buckets: so much at once, and then so much a second.

The arithmetic is pure; `TokenBuckets` remembers how full each bucket is. What is limited, and how
far, is not decided here. Time comes with each call; where it goes back nothing is refilled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """burst: tokens in a full bucket. refill: tokens a second."""

    burst: int
    refill: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """tokens: in a bucket at an instant."""

    tokens: float
    at: Timestamp


def level_at(rate: Rate, before: Level | None, now: Timestamp) -> Level:
    """What is in the bucket now. before: after the last taking; None: it was never touched."""
    if before is None:
        return Level(tokens=float(rate.burst), at=now)
    refilled = before.tokens + max(0.0, now - before.at) * rate.refill
    return Level(tokens=min(float(rate.burst), refilled), at=now)


def taken(rate: Rate, before: Level | None, count: int, now: Timestamp) -> Level | None:
    """What is left after `count` tokens were taken; None when there are not so many."""
    level = level_at(rate, before, now)
    if level.tokens < count:
        return None
    return Level(tokens=level.tokens - count, at=now)


class TokenBuckets:
    """Buckets by name, all full at first. A name without a rate has no limit."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._levels: dict[str, Level] = {}

    def take(self, counts: Mapping[str, int], now: Timestamp) -> bool:
        """Take from several buckets, or from none when one of them has too little."""
        after: dict[str, Level] = {}
        for name, count in counts.items():
            rate = self._rates.get(name)
            if rate is None or count <= 0:
                continue
            level = taken(rate, self._levels.get(name), count, now)
            if level is None:
                return False
            after[name] = level
        self._levels.update(after)
        return True

    def charge(self, counts: Mapping[str, int], now: Timestamp) -> None:
        """Take from every bucket even what it does not have yet: what happened has happened."""
        for name, count in counts.items():
            rate = self._rates.get(name)
            if rate is not None:
                level = level_at(rate, self._levels.get(name), now)
                self._levels[name] = Level(tokens=level.tokens - count, at=now)

    def left(self, name: str, now: Timestamp) -> int | None:
        """Whole tokens that could be taken; None: any number."""
        rate = self._rates.get(name)
        if rate is None:
            return None
        return max(0, int(level_at(rate, self._levels.get(name), now).tokens))

    def ready_at(self, name: str, count: int, now: Timestamp) -> Timestamp:
        """When there will be `count` tokens (or a full bucket), if nobody takes any meanwhile."""
        rate = self._rates.get(name)
        if rate is None:
            return now
        missing = min(count, rate.burst) - level_at(rate, self._levels.get(name), now).tokens
        return now + max(0.0, missing) / rate.refill
