"""What a container uses, in the shape of Docker's stats. Pure: two readings in, JSON out.

`precpu_stats` and the rates are between the two readings. Of the memory's and the disk's details
there is what control groups are read for, over all devices together; nothing is made up.
"""

from dataclasses import dataclass

from hostless.compute.stats import ContainerStats, TaskStats
from hostless.domain.container_identity import runtime_id_of
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.network.seam import InterfaceCounters
from hostless.services.instants import iso_fraction

View = dict[str, object]
INTERFACE = "eth0"
"""What a task's interface is called inside."""
NEVER = "0001-01-01T00:00:00Z"
"""When there was no reading before, as Docker says it."""
NO_LIMIT = (1 << 63) - 4096
"""What the kernel calls memory without one, in bytes."""
NOTHING_YET = ContainerStats(cpu_nanoseconds=0, memory_bytes=0, processes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """carried: by the task's interface; None where that is not known."""

    stats: TaskStats
    carried: InterfaceCounters | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """before: None when there was none."""

    now: Reading
    before: Reading | None = None


def stats_view(task: Task, name: str, readings: Readings, vcpus: int) -> View | None:
    """Of one container; None when it does not run. vcpus: the machine's."""
    now, before = readings.now, readings.before
    used = now.stats.containers.get(name)
    if used is None:
        return None
    earlier = None if before is None else before.stats.containers.get(name)
    view: View = {
        "read": iso_fraction(now.stats.at),
        "preread": NEVER if before is None or earlier is None else iso_fraction(before.stats.at),
        "pids_stats": {"current": used.processes},
        "blkio_stats": _blocks(used),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(used, (now.stats.at - task.created_at) * vcpus, vcpus),
        "precpu_stats": _cpu(earlier or NOTHING_YET, _machine_before(task, before, vcpus), vcpus),
        "memory_stats": _memory(used),
        "name": name,
        "id": runtime_id_of(task.id, name),
    }
    if now.carried is not None:
        view["networks"] = {INTERFACE: _carried(now.carried)}
        view["network_rate_stats"] = _rates(task, readings, now.carried)
    return view


def _machine_before(task: Task, before: Reading | None, vcpus: int) -> float:
    return 0.0 if before is None else (before.stats.at - task.created_at) * vcpus


def _cpu(used: ContainerStats, machine_seconds: float, vcpus: int) -> View:
    """machine_seconds: of CPU time that the machine had since the task was made: what clients
    divide by. What others make of it is not this task's business."""
    return {
        "cpu_usage": {
            "total_usage": used.cpu_nanoseconds,
            "usage_in_kernelmode": max(0, used.cpu_nanoseconds - used.cpu_user_nanoseconds),
            "usage_in_usermode": used.cpu_user_nanoseconds,
        },
        "system_cpu_usage": int(max(0.0, machine_seconds) * 1e9),
        "online_cpus": vcpus,
        "throttling_data": {
            "periods": used.cpu_periods,
            "throttled_periods": used.throttled_periods,
            "throttled_time": used.throttled_nanoseconds,
        },
    }


def _memory(used: ContainerStats) -> View:
    limit = NO_LIMIT if used.memory_limit_bytes is None else used.memory_limit_bytes
    return {
        "usage": used.memory_usage_bytes,
        "max_usage": used.memory_peak_bytes,
        "stats": {
            "hierarchical_memory_limit": limit,
            "inactive_file": used.memory_inactive_file_bytes,
            "total_inactive_file": used.memory_inactive_file_bytes,
        },
        "limit": limit,
    }


def _blocks(used: ContainerStats) -> View:
    """Number 0:0 is no device: these are all of them."""
    amounts = {"Read": used.storage_read_bytes, "Write": used.storage_written_bytes}
    times = {"Read": used.storage_reads, "Write": used.storage_writes}
    return {
        "io_service_bytes_recursive": _entries(amounts),
        "io_serviced_recursive": _entries(times),
        "io_queue_recursive": [],
        "io_service_time_recursive": [],
        "io_wait_time_recursive": [],
        "io_merged_recursive": [],
        "io_time_recursive": [],
        "sectors_recursive": [],
    }


def _entries(values: dict[str, int]) -> list[View]:
    whole = {**values, "Total": sum(values.values())}
    return [{"major": 0, "minor": 0, "op": op, "value": value} for op, value in whole.items()]


def _carried(counters: InterfaceCounters) -> View:
    return {
        "rx_bytes": counters.received_bytes,
        "rx_packets": counters.received_packets,
        "rx_errors": counters.received_errors,
        "rx_dropped": counters.received_dropped,
        "tx_bytes": counters.sent_bytes,
        "tx_packets": counters.sent_packets,
        "tx_errors": counters.sent_errors,
        "tx_dropped": counters.sent_dropped,
    }


def _rates(task: Task, readings: Readings, now: InterfaceCounters) -> View:
    """Since the reading before; without one, since the interface is there."""
    before = readings.before
    known = None if before is None else before.carried
    since: Timestamp = task.connectivity_at or task.created_at
    if before is not None and known is not None:
        since = before.stats.at
    seconds = max(readings.now.stats.at - since, 1e-3)
    first = known or InterfaceCounters()
    return {
        "rx_bytes_per_sec": max(0, now.received_bytes - first.received_bytes) / seconds,
        "tx_bytes_per_sec": max(0, now.sent_bytes - first.sent_bytes) / seconds,
    }
