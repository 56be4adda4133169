"""What a task and its containers have used: what a backend's `stats` answers.

Counters rise from the start of what they are of; whoever wants a rate takes two of them. Network
counters are the network fabric's (a task has one interface, whatever its containers do), restarts
are in the task's record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStats:
    """Of one container, or of a whole task.

    cpu_nanoseconds: user's and the kernel's for it; cpu_user_nanoseconds: the former alone.
    cpu_periods: with a limit, how many there were; throttled_periods: in how many it was held back;
    throttled_nanoseconds: for how long.
    memory_bytes: what cannot be had back at once: all but file cache that was not used lately
    (what `docker stats` and Kubernetes show, and what AWS's MemoryUtilized is). memory_usage_bytes:
    all. memory_limit_bytes: the lowest that holds; None without one. memory_peak_bytes: the highest
    memory_usage_bytes was; 0 where the kernel does not tell.
    processes: threads count too.
    storage: what went to and from disks; see docs/metrics.md for what the kernel leaves out.
    """

    cpu_nanoseconds: int
    memory_bytes: int
    processes: int
    cpu_user_nanoseconds: int = 0
    cpu_periods: int = 0
    throttled_periods: int = 0
    throttled_nanoseconds: int = 0
    memory_usage_bytes: int = 0
    memory_limit_bytes: int | None = None
    memory_peak_bytes: int = 0
    memory_inactive_file_bytes: int = 0
    storage_read_bytes: int = 0
    storage_written_bytes: int = 0
    storage_reads: int = 0
    storage_writes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageStats:
    """Of a task's ephemeral storage, where it is a file system of its own."""

    used_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStats:
    """at: when it was so. whole: of all containers together, those that have ended included.

    containers: by name; one that does not run, or that cannot be told from the others of its task
    without effort, is missing.
    """

    at: Timestamp
    whole: ContainerStats
    containers: Mapping[str, ContainerStats]
    storage: StorageStats | None = None
