"""The OCI runtime spec of a container: pure, from the task's wishes and the image's settings.

Docker's defaults where AWS says nothing, Fargate's where it does. What the machine decides (paths,
account, limits of the engine process, the seccomp filter) comes in as `Surroundings`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hostless.compute.images.image import ImageConfig
from hostless.compute.local.accounts import Account
from hostless.compute.seam import ContainerSpec, FolderMount, MemoryMount, UlimitSpec

Spec: TypeAlias = dict[str, Any]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_OPEN_FILES = 65535
"""Soft and hard (ECS API reference, ContainerDefinition.ulimits, Fargate)."""
INIT_PATH = "/dev/init"
"""Where the init process of `initProcessEnabled` is put; Docker's is /sbin/docker-init."""
_DEFAULT_CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""Docker's fourteen (ECS API reference, KernelCapabilities)."""
_DEVICES = ((1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2))
_MASKED_PATHS = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
_READ_ONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_SHARED_MEMORY_BYTES = 64 << 20
_SMALLEST_SHARES = 2
"""What ECS gives a container without `cpu` (ContainerDefinition.cpu)."""


class NoCommand(Exception):
    """Neither the image nor the task says what to run; the message is Docker's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the machine decides.

    root: the mounted root file system. cgroup: absolute in the tree. namespace: of the network,
    None for one of the container's own. etc: folder with the task's hosts, hostname and
    resolv.conf. open_files_ceiling and the like: the highest hard limits the engine may give, by
    ulimit's name; a missing one has no ceiling. task_memory_bytes: what all containers of the task
    share. init: the init program on the host, None when there is none. volumes: of the task, those
    that the container sees. pids: its PID namespace as the spec has it, None where it is the
    sandbox's.
    """

    root: Path
    cgroup: str
    host_name: str
    etc: Path
    account: Account
    task_memory_bytes: int
    seccomp: Mapping[str, Any] | None
    namespace: str | None = None
    annotations: Mapping[str, str]
    ceilings: Mapping[str, int]
    init: Path | None = None
    volumes: tuple[FolderMount, ...] = ()
    pids: Spec | None = dataclasses.field(default_factory=lambda: {"type": "pid"})


def oci_spec(wish: ContainerSpec, image: ImageConfig, around: Surroundings) -> Spec:
    """The whole `config.json`. Raises NoCommand."""
    return {
        "ociVersion": "1.0.2",
        "process": _process(wish, image, around),
        "root": {"path": str(around.root), "readonly": wish.is_root_read_only},
        "hostname": around.host_name,
        "mounts": _mounts(wish, around),
        "linux": _linux(wish, around),
        "annotations": dict(around.annotations),
    }


def command_of(wish: ContainerSpec, image: ImageConfig) -> tuple[str, ...]:
    """Docker's rule: an entry point of the task's own makes the image's command void."""
    entry_point = wish.entry_point or image.entry_point
    command = wish.command or (() if wish.entry_point else image.command)
    if not entry_point + command:
        raise NoCommand("no command specified")
    return entry_point + command


def working_directory_of(wish: ContainerSpec, image: ImageConfig) -> str:
    return wish.working_directory or image.working_directory or "/"


def capabilities_of(wish: ContainerSpec) -> tuple[str, ...]:
    """With the `CAP_` prefix, sorted. `ALL` may be dropped; additions win over drops."""
    dropped = {_plain(name) for name in wish.capabilities_dropped}
    kept = set() if "ALL" in dropped else set(_DEFAULT_CAPABILITIES) - dropped
    kept |= {_plain(name) for name in wish.capabilities_added}
    return tuple(sorted(f"CAP_{name}" for name in kept))


def _plain(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def environment_of(
    wish: ContainerSpec, image: ImageConfig, host_name: str, home: str
) -> tuple[str, ...]:
    """`NAME=value` lines: Docker's defaults, then the image's, then the task's; the last wins."""
    merged = {"PATH": DEFAULT_PATH, "HOSTNAME": host_name}
    if wish.has_terminal:
        merged["TERM"] = "xterm"
    merged.update(image.environment)
    merged.update(wish.environment)
    merged.setdefault("HOME", home)
    return tuple(f"{name}={value}" for name, value in merged.items())


def _process(wish: ContainerSpec, image: ImageConfig, around: Surroundings) -> Spec:
    account = around.account
    capabilities = list(capabilities_of(wish))
    effective = capabilities if account.uid == 0 else []
    starter = (INIT_PATH, "--") if wish.has_init_process else ()
    return {
        "terminal": wish.has_terminal,
        "user": {
            "uid": account.uid,
            "gid": account.gid,
            "additionalGids": [account.gid, *(g for g in account.groups if g != account.gid)],
        },
        "args": [*starter, *command_of(wish, image)],
        "env": list(environment_of(wish, image, around.host_name, account.home)),
        "cwd": working_directory_of(wish, image),
        "noNewPrivileges": False,
        "capabilities": {
            "bounding": capabilities,
            "effective": effective,
            "permitted": effective,
        },
        "rlimits": _rlimits(wish.ulimits, around.ceilings),
    }


def _rlimits(ulimits: tuple[UlimitSpec, ...], ceilings: Mapping[str, int]) -> list[Spec]:
    wanted = {
        "nofile": UlimitSpec(name="nofile", soft=DEFAULT_OPEN_FILES, hard=DEFAULT_OPEN_FILES),
        **{ulimit.name: ulimit for ulimit in ulimits},
    }
    return [
        {
            "type": f"RLIMIT_{name.upper()}",
            "hard": _clamped(ulimit.hard, ceilings.get(name)),
            "soft": _clamped(ulimit.soft, ceilings.get(name)),
        }
        for name, ulimit in wanted.items()
    ]


def _clamped(value: int, ceiling: int | None) -> int:
    """-1 is without limit, on both sides; the OCI spec knows no negative numbers."""
    unlimited = 2**64 - 1
    limit = unlimited if ceiling is None or ceiling < 0 else ceiling
    return min(unlimited if value < 0 else value, limit)


def _linux(wish: ContainerSpec, around: Surroundings) -> Spec:
    network: Spec = {"type": "network"}
    if around.namespace is not None:
        network["path"] = around.namespace
    linux: Spec = {
        "namespaces": [
            *({"type": kind} for kind in ("mount", "ipc", "uts", "cgroup")),
            *(() if around.pids is None else (around.pids,)),
            network,
        ],
        "resources": _resources(wish, around.task_memory_bytes),
        "cgroupsPath": around.cgroup,
        "maskedPaths": list(_MASKED_PATHS),
        "readonlyPaths": list(_READ_ONLY_PATHS),
    }
    if wish.system_controls:
        linux["sysctl"] = dict(wish.system_controls)
    if around.seccomp is not None:
        linux["seccomp"] = dict(around.seccomp)
    return linux


def _resources(wish: ContainerSpec, task_memory_bytes: int) -> Spec:
    """A container without a limit of its own shows the task's, so that programs size themselves."""
    limit = task_memory_bytes if wish.memory_mib is None else wish.memory_mib << 20
    memory: Spec = {"limit": min(limit, task_memory_bytes)}
    if wish.memory_reservation_mib is not None:
        memory["reservation"] = min(wish.memory_reservation_mib << 20, limit)
    return {
        "devices": [
            {"allow": False, "access": "rwm"},
            *(
                {"allow": True, "type": "c", "major": a, "minor": b, "access": "rwm"}
                for a, b in _DEVICES
            ),
            {"allow": True, "type": "c", "major": 136, "access": "rwm"},
            {"allow": True, "type": "c", "access": "m"},
            {"allow": True, "type": "b", "access": "m"},
        ],
        "memory": memory,
        "cpu": {"shares": max(_SMALLEST_SHARES, wish.cpu_units)},
    }


def _mounts(wish: ContainerSpec, around: Surroundings) -> list[Spec]:
    guarded = ["nosuid", "noexec", "nodev"]
    mounts = [
        _mount("/proc", "proc", "proc", guarded),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        _mount(
            "/dev/pts",
            "devpts",
            "devpts",
            ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        _mount("/sys", "sysfs", "sysfs", [*guarded, "ro"]),
        _mount("/sys/fs/cgroup", "cgroup", "cgroup", [*guarded, "ro"]),
        _mount("/dev/mqueue", "mqueue", "mqueue", guarded),
        _mount("/dev/shm", "tmpfs", "shm", [*guarded, "mode=1777", f"size={_SHARED_MEMORY_BYTES}"]),
        *(
            _mount(f"/etc/{name}", "bind", str(around.etc / name), ["rbind", "rprivate"])
            for name in ("hosts", "hostname", "resolv.conf")
        ),
    ]
    mounts += [_bind(each, ["nosuid", "nodev"]) for each in wish.mounts]
    asked = [_bind(each, []) for each in around.volumes]
    asked += [_memory(each) for each in wish.memory_mounts]
    mounts += sorted(asked, key=lambda mount: str(mount["destination"]).split("/"))
    if wish.has_init_process:
        mounts.append(_mount(INIT_PATH, "bind", str(around.init), ["rbind", "rprivate", "ro"]))
    return mounts


def _bind(wanted: FolderMount, options: list[str]) -> Spec:
    mode = ["ro"] if wanted.is_read_only else []
    source = str(wanted.source)
    return _mount(wanted.destination, "bind", source, ["rbind", "rprivate", *options, *mode])


def _memory(wanted: MemoryMount) -> Spec:
    """Docker's options where the task does not ask for their contraries."""
    guards = [f"no{what}" for what in ("suid", "exec", "dev") if what not in wanted.options]
    given = [*guards, "rprivate", *wanted.options]
    size = f"size={wanted.size_mib << 20}"
    return _mount(wanted.destination, "tmpfs", "tmpfs", [*given, size])


def _mount(destination: str, kind: str, source: str, options: list[str]) -> Spec:
    return {"destination": destination, "type": kind, "source": source, "options": options}
