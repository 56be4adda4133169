"""What the doctor knows about a machine: plain facts, gathered by `examine`, judged by `checks`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CgroupLayout = Literal["v1", "hybrid", "v2", "none"]
"""`hybrid`: version 1 controllers, and a version 2 tree beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """probes: by name, None when the kernel did it, else why not. programs: version by name, None
    when absent. unified_controllers: those that the version 2 tree holds. capabilities: names
    without `CAP_`. may_forward: packet forwarding is on, or can be switched on. gvisor_platform:
    one that worked; None when gVisor did not, and gvisor_problem says why. Sizes in bytes unless
    the name says otherwise.
    """

    is_root: bool
    capabilities: frozenset[str]
    kernel: str
    architecture: str
    cgroup: CgroupLayout
    controllers: frozenset[str]
    unified_controllers: frozenset[str]
    probes: Mapping[str, str | None]
    programs: Mapping[str, str | None]
    may_forward: bool
    state_dir: str
    free_disk: int
    cpus: int
    memory: int
    open_files: int
    inotify_instances: int
    inotify_watches: int
    process_ids: int
    gvisor_platform: str | None
    gvisor_problem: str
