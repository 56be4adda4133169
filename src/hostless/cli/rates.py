"""What tasks use, from two looks at their counters: what `hostless top` shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

UsageView: TypeAlias = dict[str, Any]
"""A task, or a container, as `GET /_hostless/usage` shows it."""
_UNITS = ("B", "K", "M", "G", "T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Of a task, or of one of its containers. None: not known, or not told of containers.

    cpu_units: 1024 a CPU. cpu_reserved: the task's where a container has none. throttled: the part
    of periods, 0 to 1, in which it was held back. Bytes are a second's.
    """

    name: str
    status: str
    health: str
    cpu_units: float | None
    cpu_reserved: int
    throttled: float | None
    memory: int | None
    memory_limit: int | None
    processes: int | None
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None
    storage_used: int | None = None
    storage_reserved: int | None = None
    restarts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRates:
    task: UsageView
    whole: Rates
    containers: tuple[Rates, ...]


def rates_of(before: Sequence[UsageView], now: Sequence[UsageView]) -> list[TaskRates]:
    """Of the tasks of the later look. before: may be of none or of others."""
    known = {task["taskArn"]: task for task in before}
    return [_task_rates(known.get(task["taskArn"]), task) for task in now]


def _task_rates(before: UsageView | None, task: UsageView) -> TaskRates:
    seconds = 0.0 if before is None else (_instant(task) - _instant(before)).total_seconds()
    known = {each["name"]: each for each in before["containers"]} if before else {}
    whole = _rates(before, task, seconds, task)
    return TaskRates(
        task=task,
        whole=whole,
        containers=tuple(
            _rates(known.get(each["name"]), each, seconds, task) for each in task["containers"]
        ),
    )


def _instant(task: UsageView) -> datetime:
    return datetime.fromisoformat(task["at"])


def _rates(before: UsageView | None, now: UsageView, seconds: float, task: UsageView) -> Rates:
    cpu = _rise(before, now, "cpuNanoseconds", seconds)
    periods = _rise(before, now, "cpuPeriods", seconds)
    held = _rise(before, now, "throttledPeriods", seconds)
    is_whole = now is task
    network = (before or {}).get("network"), now.get("network") or {}
    return Rates(
        name=now.get("name") or task["taskArn"].rsplit("/", 1)[-1],
        status=now["lastStatus"],
        health=now["healthStatus"],
        cpu_units=None if cpu is None else cpu * 1024 / 1e9,
        cpu_reserved=now.get("cpuReserved") or task["cpuReserved"],
        throttled=held / periods if held is not None and periods else None,
        memory=now.get("memory"),
        memory_limit=now.get("memoryLimit") or task["memoryReserved"],
        processes=now.get("processes"),
        received=_rise(*network, "receivedBytes", seconds) if is_whole else None,
        sent=_rise(*network, "sentBytes", seconds) if is_whole else None,
        read=_rise(before, now, "storageRead", seconds),
        written=_rise(before, now, "storageWritten", seconds),
        storage_used=now.get("storageUsed"),
        storage_reserved=now.get("storageReserved"),
        restarts=now.get("restartCount"),
    )


def _rise(
    before: Mapping[str, Any] | None, now: Mapping[str, Any], name: str, seconds: float
) -> float | None:
    """A second. A counter that fell began anew."""
    if not before or seconds <= 0 or name not in now or name not in before:
        return None
    risen = now[name] - before[name]
    return float(risen if risen >= 0 else now[name]) / seconds


HEADINGS = (
    *("TASK", "OF", "STATUS", "HEALTH", "CPU", "OF UNITS", "HELD", "MEMORY", "OF LIMIT"),
    *("PIDS", "RECEIVED/s", "SENT/s", "READ/s", "WRITTEN/s", "DISK", "RESTARTS"),
)


def rows_of(tasks: Sequence[TaskRates], *, with_containers: bool) -> Iterator[tuple[str, ...]]:
    """As HEADINGS says."""
    for each in tasks:
        task = each.task
        of = task.get("serviceName") or task["taskDefinition"]
        yield _row(each.whole.name[:8], of, each.whole)
        if with_containers:
            for container in each.containers:
                yield _row("", f"  {container.name}", container)


def _row(title: str, of: str, rates: Rates) -> tuple[str, ...]:
    share = None if rates.cpu_units is None else rates.cpu_units / rates.cpu_reserved
    disk = _size(rates.storage_used)
    return (
        title,
        of,
        rates.status,
        "-" if rates.health == "UNKNOWN" else rates.health,
        _percent(share),
        f"{rates.cpu_reserved}",
        _percent(rates.throttled),
        _size(rates.memory),
        _percent(
            rates.memory / rates.memory_limit if rates.memory and rates.memory_limit else None
        ),
        "-" if rates.processes is None else str(rates.processes),
        *map(_size, (rates.received, rates.sent, rates.read, rates.written)),
        disk if rates.storage_used is None else f"{disk}/{_size(rates.storage_reserved)}",
        "-" if rates.restarts is None else str(rates.restarts),
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def _size(number: float | None) -> str:
    """`0`, `512B`, `1.5K`, `12M`: a step is 1024."""
    if number is None:
        return "-"
    step = 0
    while number >= 1000 and step < len(_UNITS) - 1:
        number, step = number / 1024, step + 1
    if not number:
        return "0"
    return f"{number:.1f}{_UNITS[step]}" if step and number < 10 else f"{number:.0f}{_UNITS[step]}"
