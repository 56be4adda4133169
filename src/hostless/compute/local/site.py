"""Prepares the machine for the backend, and gives it back: folders, mounts, probes, one lock.

Which runtime serves is decided here: crun; runc where crun is missing or refuses the machine's
hybrid control groups and the cure (`host.hold_stray_controllers`) is not allowed.
"""

import contextlib
import fcntl
import logging
import os
import platform
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from hostless.compute.local import host
from hostless.compute.local.cgroups import NoCgroups, find_tree
from hostless.compute.local.disks import open_disks
from hostless.compute.local.folders import Folders, disk_files_folder, file_systems_folder
from hostless.compute.local.gvisor_trial import Verdict
from hostless.compute.local.holder import LeftBehind
from hostless.compute.local.host import HostUnfit
from hostless.compute.local.kernel import (
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_RDONLY,
    MS_REMOUNT,
    make_private,
    mount,
    mounts_below,
    unmount,
)
from hostless.compute.local.lane import Lane
from hostless.compute.local.lanes import Lanes
from hostless.compute.local.monitor import Monitor
from hostless.compute.local.observing import Observer
from hostless.compute.local.runtimes import Crun, OciRuntime, Runc
from hostless.compute.local.starting import Machine, Starter
from hostless.compute.local.sweeping import Sweeper, charge_monitors, end_commands, end_strays
from hostless.compute.local.task_groups import TaskGroups
from hostless.compute.local.workers import Workers
from hostless.domain.isolation import IsolationChoice
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import Clock
from hostless.kit.trees import remove_tree

_LOCK_SECONDS = 2.0
_LOCK_PAUSE_SECONDS = 0.01
_RUN_OPTIONS = "mode=0700,size=50%"
_ETC_OPTIONS = "mode=0700,size=128m"
"""For some ten thousand tasks."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A machine made ready.

    lock: descriptor that keeps a second engine off the root folder.
    """

    folders: Folders
    groups: TaskGroups
    lanes: Lanes
    workers: Workers
    left_behind: LeftBehind
    lock: int

    def close(self) -> None:
        self.workers.close()
        os.close(self.lock)

    def purge(self) -> None:
        """Give everything back. No task may be left; raises OSError if one is."""
        self.workers.close()
        self.groups.remove_all()
        host.release_stray_controllers(_controllers(self.folders))
        if _favoured(self.folders).exists():
            host.disfavour_moves()
        for point in mounts_below(self.folders.root):
            unmount(point)
        remove_tree(self.folders.root)


def open_site(root: Path, engine_id: str, clock: Clock, isolation: IsolationChoice) -> Site:
    """Idempotent over engine lives. isolation: `container` has gVisor tried only when a task asks
    for it. Raises HostUnfit with what is missing."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folders = Folders(root=root.resolve())  # as the kernel's mount table will name it
    lock = _lock(root)
    try:
        _make_folders(folders)
        _favour_moves(folders)
        groups = TaskGroups(find_tree(), engine_id)
        groups.open()
        workers = Workers(groups.enter_monitors)
        machine = _survey(folders, groups)

        def lane_of(level: IsolationLevel, runtime: OciRuntime) -> Lane:
            return Lane(
                level=level,
                runtime=runtime,
                starter=Starter(folders, groups, runtime, machine, clock),
                observer=Observer(folders, groups, runtime),
                sweeper=Sweeper(folders, groups, runtime),
            )

        lanes = Lanes(folders, _choose_runtime(folders), lane_of)
    except (OSError, NoCgroups, HostUnfit) as error:
        os.close(lock)
        raise HostUnfit(str(error)) from error
    end_strays(folders, groups, [lane.runtime for lane in lanes.known])
    charge_monitors(groups)
    end_commands([lane.runtime for lane in lanes.known])
    if isolation != "container":
        _tell_of_gvisor(lanes.try_gvisor(), isolation)
    return Site(
        folders=folders,
        groups=groups,
        lanes=lanes,
        workers=workers,
        left_behind=LeftBehind(folders, groups),
        lock=lock,
    )


def _lock(root: Path) -> int:
    """A killed engine's lock may live on for an instant in a child that was just being started."""
    descriptor = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise HostUnfit(f"another engine uses {root}") from None
            time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return descriptor


def _make_folders(folders: Folders) -> None:
    lasting = file_systems_folder(folders.root), disk_files_folder(folders.root)
    for folder in (folders.tasks, folders.filters, *lasting, folders.run):
        folder.mkdir(mode=0o700, exist_ok=True)
    _make_mount_points(folders.mount_points)
    _mount_memory(folders.run, _RUN_OPTIONS)
    shutil.rmtree(folders.execs, ignore_errors=True)  # of commands whose engine was killed
    for folder in (
        *(folders.exits, folders.bundles, folders.all_etc, folders.sockets, folders.execs),
    ):
        folder.mkdir(mode=0o700, exist_ok=True)
    _mount_memory(folders.all_etc, _ETC_OPTIONS)


def _mount_memory(folder: Path, options: str) -> None:
    if not os.path.ismount(folder):
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, options)
        make_private(folder)


def _make_mount_points(layer: Path) -> None:
    """What an image lacks of these the runtime would make in every writable layer anew."""
    for path in (layer, *(layer / name for name in ("dev", "etc", "proc", "sys"))):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    for name in ("hosts", "hostname", "resolv.conf"):
        (layer / "etc" / name).touch()


def _favour_moves(folders: Folders) -> None:
    """Remember whether it was us, for the purge."""
    if host.favour_moves():
        _favoured(folders).touch()


def _favoured(folders: Folders) -> Path:
    return folders.run / "moves-favoured"


def _controllers(folders: Folders) -> Path:
    return folders.run / "controllers"


def _choose_runtime(folders: Folders) -> OciRuntime:
    crun, runc = host.find_program("crun"), host.find_program("runc")
    if crun is not None and (runc is None or host.hold_stray_controllers(_controllers(folders))):
        program = _read_only(crun, folders.run / "bin")
        return Crun(program, folders.run / "crun", host.version_of(crun))
    if runc is None:
        raise HostUnfit("neither crun nor runc is installed: apt-get install crun")
    return Runc(runc, folders.run / "runc", host.version_of(runc))


def _tell_of_gvisor(verdict: Verdict, asked: IsolationChoice) -> None:
    if verdict.platform is not None:
        log.info("tasks can have gVisor, by its platform %s", verdict.platform)
    elif asked == "gvisor":
        log.warning("gVisor was asked for, and no task starts without: %s", verdict.problem)
    else:
        log.warning("tasks are isolated by containers only, and show it: %s", verdict.problem)


def _read_only(program: Path, folder: Path) -> Path:
    """The same program by a path that cannot be written through.

    crun guards itself against a container that overwrites it by running from a read-only copy.
    When it is read-only already it need not start twice: 1.5 ms of CPU each time.
    """
    bound = folder / program.name
    folder.mkdir(exist_ok=True)
    if not bound.exists():
        bound.touch()
    if not bound.samefile(program):
        unmount(bound)
        mount(str(program), bound, "", MS_BIND)
        mount("", bound, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    return bound


def _survey(folders: Folders, groups: TaskGroups) -> Machine:
    monitor = Monitor(
        program=host.need_program("conmon"),
        exits=folders.exits,
        sockets=folders.sockets,
        take=groups.take_monitor,
    )
    return Machine(
        monitor=monitor,
        disks=open_disks(disk_files_folder(folders.root)),
        ceilings=dict(host.ceilings()),
        init=host.find_init(),
    )


def machine_memory_mib() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemTotal:"):
                return int(line.split()[1]) >> 10
    return 0


def machine_cpu_units() -> int:
    return 1024 * len(os.sched_getaffinity(0))


def machine_architecture() -> str:
    """As ECS spells it."""
    return "ARM64" if platform.machine() == "aarch64" else "X86_64"
