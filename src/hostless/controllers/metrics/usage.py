"""What a task and its containers have used within a minute, from looks at their counters. Pure.

A minute's looks are those up to its end; the last look of the minute before is where counters are
read from. A counter that fell began anew: its container was started again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hostless.compute.stats import ContainerStats, StorageStats, TaskStats
from hostless.kit.clock import Timestamp
from hostless.network.seam import InterfaceCounters

NEW_SECONDS = 60.0
"""What is older than that when it is seen first ran under another engine: how much of what it has
used it used lately is not known until the next look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Of one container, or of a whole task: from `since` until `until`.

    cpu_since: what the counter was at `since`; below zero once the counter began anew.
    looks: how many; memory_sum: what they found, added up.
    """

    since: Timestamp
    until: Timestamp
    cpu_since: int
    looks: int
    memory_sum: int
    last: ContainerStats

    @property
    def cpu_units(self) -> float | None:
        """On average, 1024 a CPU; None while it is not known."""
        seconds = self.until - self.since
        if seconds <= 0:
            return None
        return (self.last.cpu_nanoseconds - self.cpu_since) / seconds * 1024 / 1e9

    @property
    def memory_mib(self) -> float:
        """On average."""
        return self.memory_sum / self.looks / (1 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What an interface has carried since `since`. first, last: its counters then and now."""

    since: Timestamp
    until: Timestamp
    first: InterfaceCounters
    last: InterfaceCounters

    def a_second(self) -> tuple[float, float] | None:
        """Bytes received and sent; None while it is not known."""
        seconds = self.until - self.since
        if seconds <= 0:
            return None
        return (
            max(0, self.last.received_bytes - self.first.received_bytes) / seconds,
            max(0, self.last.sent_bytes - self.first.sent_bytes) / seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A task's minute so far. minute: its beginning. flow: None while nobody asked for it."""

    minute: int
    whole: Use
    containers: Mapping[str, Use]
    flow: Flow | None = None
    storage: StorageStats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Since when counters count. whole: the first container's start, one that has ended included.

    containers: by name, each its latest start; one that is missing counts since `whole`.
    """

    whole: Timestamp
    containers: Mapping[str, Timestamp]


def observed(
    before: Course | None,
    minute: int,
    stats: TaskStats,
    counters: InterfaceCounters | None,
    starts: Starts,
) -> Course:
    """before: None for a task that was never looked at."""
    known = _at_its_end(before) if before is not None and before.minute != minute else before
    uses = {} if known is None else known.containers
    return Course(
        minute=minute,
        whole=_used(known.whole if known else None, stats.whole, stats.at, starts.whole),
        containers={
            name: _used(uses.get(name), each, stats.at, starts.containers.get(name, starts.whole))
            for name, each in stats.containers.items()
        },
        flow=_flowed(known.flow if known else None, counters, stats.at),
        storage=stats.storage,
    )


def _at_its_end(course: Course) -> Course:
    """With nothing in it yet, where the next minute begins."""
    flow = course.flow
    return replace(
        course,
        whole=_emptied(course.whole),
        containers={name: _emptied(use) for name, use in course.containers.items()},
        flow=flow and Flow(since=flow.until, until=flow.until, first=flow.last, last=flow.last),
    )


def _emptied(use: Use) -> Use:
    return Use(
        since=use.until,
        until=use.until,
        cpu_since=use.last.cpu_nanoseconds,
        looks=0,
        memory_sum=0,
        last=use.last,
    )


def _used(before: Use | None, stats: ContainerStats, at: Timestamp, started_at: Timestamp) -> Use:
    if before is None:
        is_new = at - started_at <= NEW_SECONDS
        return Use(
            since=min(started_at, at) if is_new else at,
            until=at,
            cpu_since=0 if is_new else stats.cpu_nanoseconds,
            looks=1,
            memory_sum=stats.memory_bytes,
            last=stats,
        )
    last = before.last.cpu_nanoseconds
    return Use(
        since=before.since,
        until=at,
        cpu_since=before.cpu_since - (last if stats.cpu_nanoseconds < last else 0),
        looks=before.looks + 1,
        memory_sum=before.memory_sum + stats.memory_bytes,
        last=stats,
    )


def _flowed(before: Flow | None, counters: InterfaceCounters | None, at: Timestamp) -> Flow | None:
    if counters is None:
        return None
    if before is None:
        return Flow(since=at, until=at, first=counters, last=counters)
    return Flow(since=before.since, until=at, first=before.first, last=counters)
