"""What the drills of the own API are asked: one record each, member names in snake case here.

cluster: name or ARN; with a service, `default` unless given; else every cluster. service: name or
ARN. tasks: ids or ARNs, those given as ids in `cluster`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotDrill:
    """count: so many tasks. share: so large a part of them, 0 to 1. Neither: all of them.

    duration_seconds: how long there is no Spot capacity; absent: there is.
    """

    cluster: str | None = None
    service: str | None = None
    count: int | None = None
    share: float | None = None
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLoss:
    """duration_seconds: absent: until somebody ends it."""

    zone: str
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLoss:
    """count: of tasks taken at random; one when neither tasks nor a count is given."""

    tasks: tuple[str, ...] = ()
    cluster: str | None = None
    service: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Needs tasks, a service or all. after_seconds: the wait period."""

    tasks: tuple[str, ...] = ()
    cluster: str | None = None
    service: str | None = None
    all: bool = False
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfZoneLoss:
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfSpotOutage:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDrills:
    pass
