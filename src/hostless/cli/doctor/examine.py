"""Looks at this machine, changing nothing, and says what is: one `Machine`. Judges nothing."""

import contextlib
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hostless.cli.doctor.machine import CgroupLayout, Machine
from hostless.cli.doctor.probe import PROBES

VERSION_ARGUMENTS: Mapping[str, str] = {
    "crun": "--version",
    "runc": "--version",
    "runsc": "--version",
    "conmon": "--version",
    "haproxy": "-v",
    "tini-static": "--version",
    "catatonit": "--version",
    "aws": "--version",
    "docker-registry": "--version",
}
_LIMIT_SECONDS = 20
_FORWARDING = "/proc/sys/net/ipv4/ip_forward"
# fmt: off
_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID",
    "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST",
    "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
    "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
    "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
    "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"
)
# fmt: on
"""In the order of their numbers (capability.h)."""


def examine(state_dir: Path) -> Machine:
    """Everything the checks want to know; about a second."""
    layout, controllers, unified = _cgroups()
    gvisor_platform, gvisor_problem = _gvisor()
    return Machine(
        is_root=os.geteuid() == 0,
        capabilities=_capabilities(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cgroup=layout,
        controllers=controllers,
        unified_controllers=unified,
        probes=_probe(),
        programs={name: _version(name, flag) for name, flag in VERSION_ARGUMENTS.items()},
        may_forward=_number(_FORWARDING) == 1 or os.access(_FORWARDING, os.W_OK),
        state_dir=str(state_dir),
        free_disk=_free_disk(state_dir),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        inotify_instances=_number("/proc/sys/fs/inotify/max_user_instances"),
        inotify_watches=_number("/proc/sys/fs/inotify/max_user_watches"),
        process_ids=_number("/proc/sys/kernel/pid_max"),
        gvisor_platform=gvisor_platform,
        gvisor_problem=gvisor_problem,
    )


def _gvisor() -> tuple[str | None, str]:
    """The platform that works, by trying; and why none does."""
    from hostless.compute.local.gvisor_trial import try_gvisor

    if os.geteuid() != 0:
        return None, "not tried: it takes root"
    try:
        with tempfile.TemporaryDirectory(prefix="hostless-doctor-") as folder:
            verdict = try_gvisor(Path(folder) / "trial")
    except OSError as error:
        return None, f"cannot be tried: {error}"
    return verdict.platform, verdict.problem


def _capabilities() -> frozenset[str]:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    mask = int(found.group(1), 16) if found else 0
    return frozenset(name for bit, name in enumerate(_CAPABILITIES) if mask >> bit & 1)


def _cgroups() -> tuple[CgroupLayout, frozenset[str], frozenset[str]]:
    """Layout, all controllers, and those that the version 2 tree holds or gets back."""
    from hostless.compute.local.host import stray_controllers

    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    trees = [mount for mount in mounts if mount[2] in ("cgroup", "cgroup2")]
    unified: set[str] = set()
    version_1: set[str] = set()
    for _, point, kind, options, *_ in trees:
        if kind == "cgroup2":
            with contextlib.suppress(OSError):
                unified |= set(Path(point, "cgroup.controllers").read_text().split())
        else:
            version_1 |= set(options.split(",")) & _VERSION_1_CONTROLLERS
    layout: CgroupLayout = "none"
    if version_1:
        layout = "hybrid" if any(mount[2] == "cgroup2" for mount in trees) else "v1"
        unified |= set(stray_controllers())
    elif unified:
        layout = "v2"
    return layout, frozenset(version_1 | unified), frozenset(unified)


_VERSION_1_CONTROLLERS = frozenset({"cpu", "cpuacct", "cpuset", "memory", "devices", "pids"})


def _probe() -> dict[str, str | None]:
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "hostless.cli.doctor.probe"],
            capture_output=True,
            timeout=_LIMIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return dict(json.loads(answer.stdout))
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return dict.fromkeys(PROBES, "the probe did not answer")


def _version(program: str, flag: str) -> str | None:
    """`1.8.1` and the like; "" when the program is there but does not tell."""
    path = shutil.which(program)
    if path is None:
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(
            [path, flag],
            capture_output=True,
            timeout=_LIMIT_SECONDS,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
        found = re.search(r"\d[\w.+~-]*\.[\w.+~-]*\w|\d{8}[\w.-]*", answer.stdout + answer.stderr)
        return found.group(0) if found else ""
    return ""


def _free_disk(folder: Path) -> int:
    """Of the file system that holds the folder, or will hold it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _number(path: str) -> int:
    """The number in a file of /proc; 0 when there is none."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path(path).read_text())
    return 0
