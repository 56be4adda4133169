"""What this machine offers: programs, limits, and the cure for hybrid control groups."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hostless.compute.local.cgroups import MOUNTED_AT
from hostless.compute.local.kernel import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_REMOUNT, mount, unmount

_CAP_SYS_RESOURCE = 24
_LIMITS = (
    "core",
    "cpu",
    "data",
    "fsize",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)
_PROBE_SECONDS = 10
_FAVOUR_MOVES = "favordynmods"
_MS_RELATIME = 1 << 21
_MOUNT_FLAGS = {
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "relatime": _MS_RELATIME,
}
_INIT_PROGRAMS = ("tini-static", "catatonit")
"""Statically linked, so that they run in any image."""
_SBIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HostUnfit(Exception):
    """This machine cannot run containers; the message says what is missing and how to mend it."""


def find_program(name: str) -> Path | None:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    return None if found is None else Path(found)


def need_program(name: str) -> Path:
    """Raises HostUnfit."""
    found = find_program(name)
    if found is None:
        raise HostUnfit(f"{name} is not installed: apt-get install {name}")
    return found


def find_init() -> Path | None:
    return next((path for name in _INIT_PROGRAMS if (path := find_program(name))), None)


def version_of(program: Path) -> str:
    """The first line of `--version`; empty when the program does not answer."""
    try:
        answer = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.partition("\n")[0].strip()


def ceilings() -> Mapping[str, int]:
    """The highest hard limit that containers can be given, by ulimit's name.

    Empty for a process that may raise limits; -1 is without limit.
    """
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    if found and int(found[1], 16) >> _CAP_SYS_RESOURCE & 1:
        return {"nofile": int(Path("/proc/sys/fs/nr_open").read_text())}
    return {
        name: resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
        for name in _LIMITS
        if hasattr(resource, f"RLIMIT_{name.upper()}")
    }


def stray_controllers() -> tuple[str, ...]:
    """Controllers of the v2 hierarchy on a hybrid machine; crun refuses to run beside them.

    Those that somebody holds as version 1 where runtimes do not look count too: they return to v2
    as soon as the last such mount goes.
    """
    unified = MOUNTED_AT / "unified"
    if not (unified / "cgroup.controllers").exists():
        return ()
    rows = [line.split() for line in Path("/proc/cgroups").read_text().splitlines()[1:]]
    mounted = {part for name in os.listdir(MOUNTED_AT) for part in name.split(",")}
    held = {name for name, hierarchy, _, _ in rows if hierarchy != "0"} - mounted
    return tuple(sorted(held | set((unified / "cgroup.controllers").read_text().split())))


def hold_stray_controllers(folder: Path) -> bool:
    """Mount them as version 1 below `folder`, which takes them off v2. False when refused.

    Undone by `release_stray_controllers`; another engine's mount of the same is no obstacle.
    """
    for name in stray_controllers():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        if os.path.ismount(place):
            continue
        try:
            mount("none", place, "cgroup", options=name)
        except OSError:
            return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Version2:
    """The mount of the version 2 hierarchy. flags: of mount(2). options: of its own."""

    point: Path
    flags: int
    options: frozenset[str]


def find_version_2(mounts: str) -> Version2 | None:
    """mounts: the text of /proc/self/mounts."""
    for line in mounts.splitlines():
        _, point, kind, text, *_ = line.split()
        if kind == "cgroup2" and point.startswith(str(MOUNTED_AT)):
            given = frozenset(text.split(","))
            return Version2(
                point=Path(point),
                flags=sum(flag for name, flag in _MOUNT_FLAGS.items() if name in given),
                options=given - {"rw", *_MOUNT_FLAGS},
            )
    return None


def favour_moves() -> bool:
    """Have the kernel move processes between control groups without its pause of 8 to 16 ms.

    The pause (an RCU grace period) spares forks a few nanoseconds; `favordynmods` on the host's
    version 2 hierarchy trades it in, for the whole machine. Whether this call switched it on; if
    not it was on before, or the kernel (before 6.0) or the machine refuses, and starts take longer.
    """
    found = find_version_2(Path("/proc/self/mounts").read_text())
    if found is None or _FAVOUR_MOVES in found.options:
        return False
    return _remount(found, found.options | {_FAVOUR_MOVES})


def disfavour_moves() -> None:
    """Undo `favour_moves`; Linux keeps to it from 6.18 on until it is booted."""
    found = find_version_2(Path("/proc/self/mounts").read_text())
    if found is not None:
        _remount(found, found.options - {_FAVOUR_MOVES})


def _remount(hierarchy: Version2, options: frozenset[str]) -> bool:
    with contextlib.suppress(OSError):
        text = ",".join(sorted(options))
        mount("none", hierarchy.point, "cgroup2", MS_REMOUNT | hierarchy.flags, text)
        return True
    return False


def release_stray_controllers(folder: Path) -> None:
    if folder.is_dir():
        for entry in folder.iterdir():
            while unmount(entry):
                pass
