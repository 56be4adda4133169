"""What a machine needs for real tasks, as a table of small judgements over plain facts.

Each says whether it is well, and if not, how to mend it. Nothing is looked at here: facts come
from `examine`. A check that is not `needed` can only warn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hostless.cli.doctor.machine import Machine

State = Literal["ok", "warning", "missing"]
GIB = 1024**3
NEEDED_CAPABILITIES = frozenset(
    [
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "KILL",
        "MKNOD",
        "NET_ADMIN",
        "NET_RAW",
        "SETGID",
        "SETUID",
        "SYS_ADMIN",
        "SYS_CHROOT",
        "SETFCAP",
        "SETPCAP",
    ]
)
NEEDED_CONTROLLERS = frozenset({"cpu", "memory", "pids"})
INIT_PROGRAMS = ("tini-static", "catatonit")
LEAST_KERNEL = (5, 10)
LEAST_FREE_DISK = 2 * GIB
LEAST_OPEN_FILES = 65_535
LEAST_INOTIFY_INSTANCES = 128
LEAST_PROCESS_IDS = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """text: what is. mend: what to do about it, "" when it is well."""

    check: str
    state: State
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """judge: (is it well, what is, how to mend it)."""

    name: str
    is_needed: bool
    judge: Callable[[Machine], tuple[bool, str, str]]


def findings(machine: Machine) -> tuple[Finding, ...]:
    """One for every check, in the table's order."""
    return tuple(_finding(check, machine) for check in CHECKS)


def is_fit(found: tuple[Finding, ...]) -> bool:
    """Whether real tasks can run: nothing needed is missing."""
    return all(finding.state != "missing" for finding in found)


def _finding(check: Check, machine: Machine) -> Finding:
    is_well, text, mend = check.judge(machine)
    if is_well:
        return Finding(check=check.name, state="ok", text=text)
    state: State = "missing" if check.is_needed else "warning"
    return Finding(check=check.name, state=state, text=text, mend=mend)


def root(machine: Machine) -> tuple[bool, str, str]:
    return (
        machine.is_root,
        "runs as root" if machine.is_root else "does not run as root",
        "Use sudo; without root, `hostless up --backend simulated` works.",
    )


def capabilities(machine: Machine) -> tuple[bool, str, str]:
    absent = sorted(NEEDED_CAPABILITIES - machine.capabilities)
    return (
        not absent,
        f"lacks {', '.join(absent)}" if absent else "all that are needed",
        "In a container: start it with --privileged, or with --cap-add for each of these.",
    )


def resource_limits(machine: Machine) -> tuple[bool, str, str]:
    has_right = "SYS_RESOURCE" in machine.capabilities
    text = "may be raised" if has_right else "SYS_RESOURCE is missing"
    return (
        has_right,
        f"{text}, {machine.open_files} open files",
        "Higher ulimits of tasks are lowered to this process's own; give CAP_SYS_RESOURCE.",
    )


def kernel(machine: Machine) -> tuple[bool, str, str]:
    numbers = tuple(int(part) for part in machine.kernel.split("-")[0].split(".")[:2])
    wanted = ".".join(map(str, LEAST_KERNEL))
    return numbers >= LEAST_KERNEL, machine.kernel, f"Linux {wanted} or newer is needed."


def cgroups(machine: Machine) -> tuple[bool, str, str]:
    absent = sorted(NEEDED_CONTROLLERS - machine.controllers)
    text = f"{machine.cgroup}, without {', '.join(absent)}" if absent else machine.cgroup
    return (
        not absent and machine.cgroup != "none",
        text,
        "Mount the cgroup tree (mount -t cgroup2 none /sys/fs/cgroup) with these controllers on.",
    )


def runtime(machine: Machine) -> tuple[bool, str, str]:
    """One of the two suffices; where crun cannot work and runc is there, the engine takes runc."""
    crun, runc = machine.programs.get("crun"), machine.programs.get("runc")
    stray = machine.cgroup == "hybrid" and bool(machine.unified_controllers)
    if crun is not None and not (stray and runc is None):
        return True, f"crun {crun}".strip(), ""
    if runc is not None:
        return True, f"runc {runc} (twice the CPU time of crun)", ""
    return False, "neither crun nor runc is installed", "apt-get install crun"


def init_process(machine: Machine) -> tuple[bool, str, str]:
    """Any of the statically linked ones."""
    for name in INIT_PROGRAMS:
        version = machine.programs.get(name)
        if version is not None:
            return True, f"{name} {version}".strip(), ""
    return False, "not installed", "apt-get install catatonit (initProcessEnabled)"


def gvisor(machine: Machine) -> tuple[bool, str, str]:
    """And so what tasks get that choose nothing."""
    version = machine.programs.get("runsc")
    if machine.gvisor_platform is not None:
        shown = f"runsc {version} works, platform {machine.gvisor_platform}"
        return True, f"{shown}: tasks get it by default", ""
    return (
        False,
        f"{machine.gvisor_problem}: tasks get containers by default",
        "Mend this for a kernel of its own per task, or ignore it (docs/isolation.md)."
        if version is not None
        else "apt-get install runsc (a kernel of its own per task)",
    )


def hybrid_cgroups(machine: Machine) -> tuple[bool, str, str]:
    """crun refuses to work beside a version 2 tree that holds controllers."""
    stray = sorted(machine.unified_controllers)
    if machine.cgroup != "hybrid" or not stray:
        return True, "nothing in crun's way", ""
    mounts = "; ".join(f"mkdir -p DIR && mount -t cgroup -o {name} none DIR" for name in stray)
    return (
        False,
        f"crun refuses hybrid cgroups while the v2 tree holds {', '.join(stray)}",
        f"The engine works around it or takes runc; for good: {mounts}",
    )


def disk(machine: Machine) -> tuple[bool, str, str]:
    return (
        machine.free_disk >= LEAST_FREE_DISK,
        f"{machine.free_disk / GIB:.1f} GiB free for {machine.state_dir}",
        "Images and what tasks write live there; make room, or name another --state-dir.",
    )


def forwarding(machine: Machine) -> tuple[bool, str, str]:
    """The engine switches it on, where it may, on the interfaces that lead out."""
    text = "may be switched on" if machine.may_forward else "off, and /proc/sys is read-only"
    return (
        machine.may_forward,
        text,
        "Tasks do not reach the world without it: sysctl -w net.ipv4.ip_forward=1 on the host.",
    )


def inotify(machine: Machine) -> tuple[bool, str, str]:
    return (
        machine.inotify_instances >= LEAST_INOTIFY_INSTANCES,
        f"{machine.inotify_instances} instances, {machine.inotify_watches} watches",
        f"sysctl -w fs.inotify.max_user_instances={LEAST_INOTIFY_INSTANCES}",
    )


def process_ids(machine: Machine) -> tuple[bool, str, str]:
    return (
        machine.process_ids >= LEAST_PROCESS_IDS,
        f"{machine.process_ids} at most",
        f"sysctl -w kernel.pid_max={LEAST_PROCESS_IDS}",
    )


def _probed(name: str, text: str, mend: str) -> Callable[[Machine], tuple[bool, str, str]]:
    def judge(machine: Machine) -> tuple[bool, str, str]:
        problem = machine.probes.get(name, "not tried")
        return problem is None, text if problem is None else problem, mend

    return judge


def _installed(name: str, mend: str, without: str) -> Callable[[Machine], tuple[bool, str, str]]:
    """without: what the machine cannot do lacking it; said beside how to install it."""

    def judge(machine: Machine) -> tuple[bool, str, str]:
        version = machine.programs.get(name)
        text = "not installed" if version is None else version or "installed"
        return version is not None, text, f"{mend} ({without})" if without else mend

    return judge


_PROBE_HINT = "In a container: start it with --privileged."
CHECKS: tuple[Check, ...] = (
    Check("root", True, root),
    Check("capabilities", True, capabilities),
    Check("resource limits", False, resource_limits),
    Check("kernel", True, kernel),
    Check("namespaces", True, _probed("namespaces", "made one of each", _PROBE_HINT)),
    Check(
        "network namespaces",
        True,
        _probed("network_namespace", "made one that routes", _PROBE_HINT),
    ),
    Check("veth", True, _probed("veth", "made a pair", "modprobe veth")),
    Check(
        "nftables",
        True,
        _probed(
            "nftables", "loaded rules", "apt-get install libnftables1; modprobe nf_tables nft_ct"
        ),
    ),
    Check("overlayfs", True, _probed("overlay", "mounted one", "modprobe overlay")),
    Check(
        "disks of tasks",
        False,
        _probed(
            "task_disk",
            "made one",
            "apt-get install e2fsprogs; modprobe loop; in a container: --privileged, "
            "-v /dev:/dev (without: ephemeral storage is not limited)",
        ),
    ),
    Check("cgroups", True, cgroups),
    Check("hybrid cgroups", False, hybrid_cgroups),
    Check("runtime", True, runtime),
    Check("conmon", True, _installed("conmon", "apt-get install conmon", "")),
    Check(
        "haproxy",
        False,
        _installed("haproxy", "apt-get install haproxy", "load balancers, Service Connect"),
    ),
    Check("gvisor", False, gvisor),
    Check("init process", False, init_process),
    Check("aws", False, _installed("aws", "apt-get install awscli", "the tests use it")),
    Check(
        "docker-registry",
        False,
        _installed("docker-registry", "apt-get install docker-registry", "demo and tests"),
    ),
    Check("ip forwarding", False, forwarding),
    Check("free disk", True, disk),
    Check("inotify", False, inotify),
    Check("process ids", False, process_ids),
)
