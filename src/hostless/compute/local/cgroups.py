"""Control groups of version 1, hybrid and 2: limits and accounts behind one face.

All differences between the versions are in this file; what a task's groups are is none of its
business (`task_groups` knows).
"""

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hostless.compute.local.cgroup_files import field, field_in, number, read, summed
from hostless.compute.stats import ContainerStats

MOUNTED_AT = Path("/sys/fs/cgroup")
CPU_PERIOD_MICROSECONDS = 100_000
_NO_CONTROLLERS = ("rw", "ro", "none", "xattr", "clone_children", "favordynmods")
"""Other options of a mounted hierarchy."""
_NO_LIMIT = 1 << 62
"""What version 1 calls a limit that is none is a little less than 2^63."""
PROCESSES_PER_TASK = 4096
"""Threads count too. A fork bomb ends here, a large Java service does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLimits:
    """cpu_units: 1024 = one vCPU. has_cpu_quota: else as much as there is."""

    cpu_units: int
    memory_mib: int
    has_cpu_quota: bool = True

    @property
    def quota_microseconds(self) -> int | None:
        """CPU time within CPU_PERIOD_MICROSECONDS; the kernel takes no less than 1 ms."""
        if not self.has_cpu_quota:
            return None
        return max(1000, self.cpu_units * CPU_PERIOD_MICROSECONDS // 1024)

    @property
    def memory_bytes(self) -> int:
        return self.memory_mib << 20


class CgroupTree(Protocol):
    """What differs between the versions. group: relative to a hierarchy's top."""

    @property
    def version(self) -> int: ...

    @property
    def hierarchies(self) -> tuple[Path, ...]:
        """Every folder in which groups of ours may be."""

    def prepare(self, group: str) -> None:
        """Make the group such that groups below it can have limits."""

    def weigh(self, group: str, cpus: int) -> None:
        """Let the group have as much of so many CPUs as a process outside has of one.

        It is there. Else all that is in it weighs together as much as a single process.
        """

    def limit(self, group: str, limits: TaskLimits) -> None: ...

    def out_of_memory_kills(self, group: str) -> int:
        """How many processes of the leaf the kernel killed for want of memory."""

    def refused_forks(self, group: str) -> int:
        """How many processes and threads the leaf was denied."""

    def exists(self, group: str) -> bool: ...

    def stats(self, group: str) -> ContainerStats | None:
        """Of the group and all below it; None when it is not there."""

    def processes(self, group: str) -> set[int]:
        """Every process that is in the group, or in one below it, of any hierarchy."""

    def members(self, group: str) -> set[int]:
        """The processes of the group itself where processes are counted."""

    def enter(self, group: str) -> None:
        """Move the calling thread there if threads can move alone; see `takes_processes`."""

    @property
    def takes_processes(self) -> bool:
        """Whether children of an entered thread must be moved one by one, with `take`."""

    def take(self, group: str, pid: int) -> None: ...

    def charge(self, group: str, pid: int) -> None:
        """Have the group pay for a process's CPU time."""

    def entrances(self, group: str) -> tuple[Path, ...]:
        """Files to which a process writes its id to be in the group, which is made."""


class SplitTree:
    """Version 1, and the hybrid of both: a hierarchy per controller, threads move alone."""

    version = 1
    takes_processes = False

    def __init__(self, controllers: Mapping[str, Path]) -> None:
        """controllers: the hierarchy's folder by controller, `name=systemd` and `""` (v2) too."""
        self._of = dict(controllers)

    @property
    def hierarchies(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(self._of.values()))

    def prepare(self, group: str) -> None:
        for controller in ("memory", "cpu", "pids"):
            (self._of[controller] / group).mkdir(parents=True, exist_ok=True)

    def weigh(self, group: str, cpus: int) -> None:
        (self._of["cpu"] / group / "cpu.shares").write_text(str(min(1024 * cpus, 262_144)))

    def limit(self, group: str, limits: TaskLimits) -> None:
        self.prepare(group)
        cpu, memory = self._of["cpu"] / group, self._of["memory"] / group
        (cpu / "cpu.cfs_period_us").write_text(str(CPU_PERIOD_MICROSECONDS))
        (cpu / "cpu.cfs_quota_us").write_text(str(limits.quota_microseconds or -1))
        (cpu / "cpu.shares").write_text(str(max(2, limits.cpu_units)))
        (self._of["pids"] / group / "pids.max").write_text(str(PROCESSES_PER_TASK))
        (memory / "memory.limit_in_bytes").write_text(str(limits.memory_bytes))
        swap = memory / "memory.memsw.limit_in_bytes"
        if swap.exists():
            swap.write_text(str(limits.memory_bytes))

    def out_of_memory_kills(self, group: str) -> int:
        return field(self._of["memory"] / group / "memory.oom_control", "oom_kill")

    def refused_forks(self, group: str) -> int:
        return field(self._of["pids"] / group / "pids.events", "max")

    def exists(self, group: str) -> bool:
        return os.path.isdir(f"{self._of['memory']}/{group}")

    def stats(self, group: str) -> ContainerStats | None:
        memory = f"{self._of['memory']}/{group}"
        facts = read(f"{memory}/memory.stat")
        if not facts:
            return None
        cpu, account = f"{self._of['cpu']}/{group}", f"{self._of['cpuacct']}/{group}"
        used = number(f"{memory}/memory.usage_in_bytes")
        idle_cache = field_in(facts, "total_inactive_file")
        limit = field_in(facts, "hierarchical_memory_limit")
        busy = number(f"{account}/cpuacct.usage")  # exact, while who was is told in ticks
        throttling = read(f"{cpu}/cpu.stat")
        (read_bytes, written), (reads, writes) = _storage(self._of.get("blkio"), group)
        return ContainerStats(
            cpu_nanoseconds=busy,
            cpu_user_nanoseconds=min(busy, number(f"{account}/cpuacct.usage_user")),
            cpu_periods=field_in(throttling, "nr_periods"),
            throttled_periods=field_in(throttling, "nr_throttled"),
            throttled_nanoseconds=field_in(throttling, "throttled_time"),
            memory_bytes=max(0, used - idle_cache),
            memory_usage_bytes=used,
            memory_limit_bytes=limit if 0 < limit < _NO_LIMIT else None,
            memory_peak_bytes=number(f"{memory}/memory.max_usage_in_bytes"),
            memory_inactive_file_bytes=idle_cache,
            processes=number(f"{self._of['pids']}/{group}/pids.current"),
            storage_read_bytes=read_bytes,
            storage_written_bytes=written,
            storage_reads=reads,
            storage_writes=writes,
        )

    def processes(self, group: str) -> set[int]:
        found: set[int] = set()
        for hierarchy in self.hierarchies:
            for folder in groups_below(hierarchy / group):
                found.update(map(int, read(folder / "cgroup.procs").split()))
        return found

    def members(self, group: str) -> set[int]:
        return set(map(int, read(self._of["pids"] / group / "cgroup.procs").split()))

    def charge(self, group: str, pid: int) -> None:
        for hierarchy in {self._of["cpu"], self._of["cpuacct"]}:
            (hierarchy / group).mkdir(parents=True, exist_ok=True)
            (hierarchy / group / "cgroup.procs").write_text(str(pid))

    def enter(self, group: str) -> None:
        own = str(threading.get_native_id())
        for folder in self._made(group):
            (folder / "tasks").write_text(own)

    def entrances(self, group: str) -> tuple[Path, ...]:
        return tuple(folder / "cgroup.procs" for folder in self._made(group))

    def _made(self, group: str) -> Iterator[Path]:
        """In every hierarchy of version 1."""
        for controller, hierarchy in self._of.items():
            if controller:
                folder = hierarchy / group
                folder.mkdir(parents=True, exist_ok=True)
                if controller == "cpuset":
                    _inherit_cpuset(hierarchy, folder)
                yield folder

    def take(self, group: str, pid: int) -> None:
        """Children are where the thread that made them is."""


def _storage(hierarchy: Path | None, group: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Bytes and operations, read and written. Version 1 counts no write of its page cache."""
    if hierarchy is None:
        return (0, 0), (0, 0)
    folder = f"{hierarchy}/{group}/blkio.throttle"
    return (
        summed(read(f"{folder}.io_service_bytes_recursive"), " Read ", " Write "),
        summed(read(f"{folder}.io_serviced_recursive"), " Read ", " Write "),
    )


def _inherit_cpuset(top: Path, folder: Path) -> None:
    """A new cpuset holds no CPU at all and takes nobody in until it is told which."""
    for part in reversed([folder, *folder.parents]):
        if top in part.parents:
            for name in ("cpuset.cpus", "cpuset.mems"):
                if not read(part / name).strip():
                    (part / name).write_text(read(part.parent / name))


class UnifiedTree:
    """Version 2: one hierarchy; processes move whole, and inner groups hold none."""

    version = 2
    takes_processes = True
    hierarchies = (MOUNTED_AT,)
    _CONTROLLERS = ("cpu", "memory", "pids")
    _COUNTERS = frozenset({"io"})
    """Of no use but for what they count; done without where they are not."""

    def prepare(self, group: str) -> None:
        folder = MOUNTED_AT
        for part in (*group.split("/"), ""):
            offered = read(folder / "cgroup.controllers").split()
            wanted = {*self._CONTROLLERS, *(self._COUNTERS & set(offered))}
            if not wanted <= set(read(folder / "cgroup.subtree_control").split()):
                told = " ".join(f"+{name}" for name in sorted(wanted))
                (folder / "cgroup.subtree_control").write_text(told)
            if part:
                folder = folder / part
                folder.mkdir(exist_ok=True)

    def weigh(self, group: str, cpus: int) -> None:
        (MOUNTED_AT / group / "cpu.weight").write_text(str(min(100 * cpus, 10_000)))

    def limit(self, group: str, limits: TaskLimits) -> None:
        self.prepare(group)
        folder = MOUNTED_AT / group
        quota = limits.quota_microseconds or "max"
        (folder / "cpu.max").write_text(f"{quota} {CPU_PERIOD_MICROSECONDS}")
        (folder / "cpu.weight").write_text(str(weight_of(limits.cpu_units)))
        (folder / "pids.max").write_text(str(PROCESSES_PER_TASK))
        (folder / "memory.max").write_text(str(limits.memory_bytes))
        if (folder / "memory.swap.max").exists():
            (folder / "memory.swap.max").write_text("0")

    def out_of_memory_kills(self, group: str) -> int:
        return field(MOUNTED_AT / group / "memory.events", "oom_kill")

    def refused_forks(self, group: str) -> int:
        return field(MOUNTED_AT / group / "pids.events", "max")

    def exists(self, group: str) -> bool:
        return os.path.isdir(f"{MOUNTED_AT}/{group}")

    def stats(self, group: str) -> ContainerStats | None:
        folder = f"{MOUNTED_AT}/{group}"
        cpu, facts = read(f"{folder}/cpu.stat"), read(f"{folder}/memory.stat")
        if not facts:
            return None
        used = number(f"{folder}/memory.current")
        idle_cache = field_in(facts, "inactive_file")
        storage = read(f"{folder}/io.stat")
        read_bytes, written = summed(storage, "rbytes=", "wbytes=")
        reads, writes = summed(storage, "rios=", "wios=")
        return ContainerStats(
            cpu_nanoseconds=1000 * field_in(cpu, "usage_usec"),
            cpu_user_nanoseconds=1000 * field_in(cpu, "user_usec"),
            cpu_periods=field_in(cpu, "nr_periods"),
            throttled_periods=field_in(cpu, "nr_throttled"),
            throttled_nanoseconds=1000 * field_in(cpu, "throttled_usec"),
            memory_bytes=max(0, used - idle_cache),
            memory_usage_bytes=used,
            memory_limit_bytes=_lowest_limit(group),
            memory_peak_bytes=number(f"{folder}/memory.peak"),
            memory_inactive_file_bytes=idle_cache,
            processes=number(f"{folder}/pids.current"),
            storage_read_bytes=read_bytes,
            storage_written_bytes=written,
            storage_reads=reads,
            storage_writes=writes,
        )

    def processes(self, group: str) -> set[int]:
        return {
            int(pid)
            for folder in groups_below(MOUNTED_AT / group)
            for pid in read(folder / "cgroup.procs").split()
        }

    def members(self, group: str) -> set[int]:
        return set(map(int, read(MOUNTED_AT / group / "cgroup.procs").split()))

    def charge(self, group: str, pid: int) -> None:
        """Its memory too: the hierarchy is one. An inner group holds no processes."""
        self.enter(f"{group}/monitors")
        self.take(f"{group}/monitors", pid)

    def enter(self, group: str) -> None:
        (MOUNTED_AT / group).mkdir(parents=True, exist_ok=True)

    def take(self, group: str, pid: int) -> None:
        (MOUNTED_AT / group / "cgroup.procs").write_text(str(pid))

    def entrances(self, group: str) -> tuple[Path, ...]:
        self.enter(group)
        return (MOUNTED_AT / group / "cgroup.procs",)


def _lowest_limit(group: str) -> int | None:
    """Of the group and the one above it: a container's own, or its task's."""
    folder = f"{MOUNTED_AT}/{group}"
    limits = [number(f"{each}/memory.max") for each in (folder, os.path.dirname(folder))]
    return min((limit for limit in limits if limit), default=None)


def weight_of(shares: int) -> int:
    """Version 2's weight (1 to 10,000) for version 1's shares (2 to 262,144), as runtimes do it."""
    return 1 + (min(max(shares, 2), 262_144) - 2) * 9999 // 262_142


def folders_in(folder: Path) -> list[str]:
    """Raises FileNotFoundError."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def groups_below(folder: Path) -> Iterator[Path]:
    """The group and all groups in it, deepest first."""
    try:
        names = folders_in(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield from groups_below(folder / name)
    yield folder


def find_tree() -> CgroupTree:
    """The version this machine has. Raises NoCgroups."""
    if (MOUNTED_AT / "cgroup.controllers").exists():
        return UnifiedTree()
    controllers = mounted_controllers(read(Path("/proc/self/mountinfo")))
    missing = {"cpu", "cpuacct", "memory", "pids"} - set(controllers)
    if missing:
        raise NoCgroups(f"no cgroup controller {', '.join(sorted(missing))} on this machine")
    return SplitTree(controllers)


class NoCgroups(Exception):
    """The machine has no control groups, or not those that limits need."""


def mounted_controllers(mount_table: str) -> dict[str, Path]:
    """The hierarchies of version 1 in a text of `/proc/self/mountinfo`: folder by controller.

    The v2 hierarchy that a hybrid machine mounts beside them has the empty name.
    """
    found: dict[str, Path] = {}
    for line in mount_table.splitlines():
        left, _, right = line.partition(" - ")
        folder, (kind, _, options) = Path(left.split()[4]), right.split(" ", 2)
        if MOUNTED_AT not in folder.parents:
            continue
        if kind == "cgroup2":
            found[""] = folder
        elif kind == "cgroup":
            for option in options.split(","):
                if option not in _NO_CONTROLLERS:
                    found[option] = folder
    return found
