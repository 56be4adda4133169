"""The seam between the control plane and whatever runs containers.

A backend does as it is told and reports what is; it decides nothing. Every method may be called
again after a crash at any instant and then finishes what was begun; nothing is started twice.
`simulated` and `local` implement it; `tests/contract/compute_suite.py` is what both must pass.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from hostless.compute.block_volumes import AttachedVolume
from hostless.compute.shared_volumes import SharedVolume
from hostless.compute.stats import TaskStats
from hostless.domain.arns import TaskId
from hostless.domain.network import NetworkPlace
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class UlimitSpec:
    """name: as ECS spells it (`nofile`)."""

    name: str
    soft: int
    hard: int


ContainerRole = Literal["application", "proxy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMount:
    """source: a folder of the host. destination: an absolute path inside."""

    source: Path
    destination: str
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount:
    """A folder that the task's containers share, and that goes with the task.

    volume: by its name, one of the task's. destination: an absolute path inside, without `..`.
    """

    volume: str
    destination: str
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesFrom:
    """All volumes of another container of the task, those of its image too, where it has them.

    is_read_only: as they are there, when False.
    """

    container: str
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMount:
    """A file system in memory, counted to the container. options: as Linux spells them."""

    destination: str
    size_mib: int
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """One container, whole: overrides are merged, defaults are not (the image fills those in).

    entry_point, command: empty means the image's own. cpu_units: relative shares, 0 when unset.
    memory_mib: hard limit, None when only the task's holds. user: `uid[:gid]`, or names.
    depends_on: names of those before which it is told to stop; they come before it in the task.
    role: a `proxy` runs before the others are let run, and is told to stop when they have ended;
    ready_file: on the host, is there once it is ready. volumes: of the task's own; an empty one is
    given what the image has at its place. system_controls: names, as sysctl(8) spells them with
    dots, and values; those of the network are the whole task's, and the last one counts. is_logged:
    what it writes is kept; otherwise it is let go. may_restart: `restart` may be called for it.
    """

    name: str
    image: str
    essential: bool = True
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    working_directory: str | None = None
    user: str | None = None
    cpu_units: int = 0
    memory_mib: int | None = None
    memory_reservation_mib: int | None = None
    is_root_read_only: bool = False
    has_init_process: bool = False
    has_terminal: bool = False
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    ulimits: tuple[UlimitSpec, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    depends_on: tuple[str, ...] = ()
    stop_timeout_seconds: int = 30
    role: ContainerRole = "application"
    mounts: tuple[FolderMount, ...] = ()
    volumes: tuple[VolumeMount, ...] = ()
    volumes_from: tuple[VolumesFrom, ...] = ()
    memory_mounts: tuple[MemoryMount, ...] = ()
    system_controls: tuple[tuple[str, str], ...] = ()
    ready_file: Path | None = None
    is_logged: bool = True
    may_restart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """A task as a backend sees it. cpu_units: 1024 = one vCPU, a ceiling for all containers.

    containers: in the order in which they start. hosts: further lines of /etc/hosts.
    shared_volumes: those of the volumes that containers name which outlive the task.
    attached_volume: the one of them that is a volume of EBS, where there is one.
    shares_processes: its containers see each other's processes.
    """

    id: TaskId
    cpu_units: int
    memory_mib: int
    ephemeral_storage_gib: int
    isolation: IsolationLevel
    containers: tuple[ContainerSpec, ...]
    hosts: tuple[str, ...] = ()
    shared_volumes: tuple[SharedVolume, ...] = ()
    attached_volume: AttachedVolume | None = None
    shares_processes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledImage:
    """digest: `sha256:…` of the manifest that the reference named."""

    digest: str


ContainerState = Literal["absent", "created", "running", "exited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerObservation:
    """exit_code: 0 to 255; None with state `exited` when nobody could tell.

    reason: AWS's sentence for an end that was not the container's own will. restarts: how often it
    was begun anew; the rest is of the last run.
    """

    state: ContainerState
    runtime_id: str | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    exit_code: int | None = None
    reason: str | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskObservation:
    """containers: by name; a container that was never made may be missing.

    is_lost: the host that ran the task is gone; its containers ran until then.
    """

    containers: Mapping[str, ContainerObservation]
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Isolation levels that are known to work, and room in CPU units and MiB (before over-commit).

    cpu_architectures: as ECS spells them (`X86_64`, `ARM64`), the machine's own first.
    starts_at_once: how many tasks may be starting at the same time; more would only lengthen the
    start of each (on two cores, at eight the p99 doubles and the rate stays).
    """

    isolation_levels: tuple[IsolationLevel, ...]
    cpu_units: int
    memory_mib: int
    cpu_architectures: tuple[str, ...] = ("X86_64",)
    starts_at_once: int = 4


class StartFailed(Exception):
    """The task cannot start, and why, in AWS's words.

    reason: `CannotPullContainerError: …`, `ResourceInitializationError: …` and the like.
    container: the one it is about; None when it is about the task.
    """

    def __init__(self, reason: str, container: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.container = container


class ExecFailed(Exception):
    """The command could not be started inside the container; the message says why."""


Stream = Literal["stdout", "stderr"]


class ExecProcess(Protocol):
    """A command that runs inside a container."""

    async def read(self) -> tuple[Stream, bytes] | None:
        """The next output; None at its end. With a terminal all output is `stdout`."""

    async def write(self, data: bytes) -> None: ...

    async def close_input(self) -> None: ...

    async def resize(self, rows: int, columns: int) -> None: ...

    async def wait(self) -> int:
        """The exit code, 0 to 255."""

    async def kill(self) -> None: ...


class ComputeBackend(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    async def pull(self, task: TaskSpec) -> Mapping[str, PulledImage]:
        """Have every image of the task at hand; by container name. Raises StartFailed."""

    async def start(
        self,
        task: TaskSpec,
        place: NetworkPlace,
        connected: Awaitable[object] | None = None,
        may_run: frozenset[str] | None = None,
    ) -> None:
        """Return when every container's process runs (or already ended). Raises StartFailed.

        Containers that run or have ended are left alone, created ones are started. connected:
        what has to be true before a process runs; till then the place only is there, and work
        goes on that needs no more. What it raises is raised. may_run: names of those that are to
        run yet; the others are created, no more. None: all of them.
        """

    async def restart(
        self, task: TaskSpec, place: NetworkPlace, container: str, restarts: int
    ) -> None:
        """Have a container that ended run anew: its `restarts`-th restart. Raises StartFailed.

        In place: its id, its writable layer, its volumes and its log stay. One that runs, or was
        restarted that often, is left alone.
        """

    async def stop(self, task: TaskSpec, since: Timestamp) -> None:
        """Return when no container runs: stop signal at `since`, SIGKILL after each time-out.

        A container on which others depend is told when these have ended, a proxy when all others
        have; its time-out counts from then. With `since` 0 there is no time left for anybody.
        """

    async def remove(self, task_id: TaskId) -> None:
        """Free everything the task holds; what still runs is killed. Idempotent."""

    async def observe(self, task_id: TaskId) -> TaskObservation:
        """What is, cheaply and without changing anything."""

    async def task_ids(self) -> frozenset[TaskId]:
        """Every task of which anything is left here; for adoption and for sweeping up."""

    def on_change(self, hint: Callable[[TaskId], None]) -> None:
        """Call `hint` on the event loop when something about a task may have changed."""

    def log_file(self, task_id: TaskId, container: str) -> Path | None:
        """Where the container's output is written, in the CRI form; None: nowhere."""

    async def exec(
        self,
        task_id: TaskId,
        container: str,
        command: tuple[str, ...],
        *,
        has_terminal: bool,
        is_health_check: bool = False,
    ) -> ExecProcess:
        """Run a command inside a running container, in its surroundings. Raises ExecFailed.

        is_health_check: it runs as the container's own user; any other command runs as root.
        Cancelled meanwhile, it leaves nothing running.
        """

    async def stats(
        self, tasks: Mapping[TaskId, Sequence[str]], *, is_thorough: bool = False
    ) -> Mapping[TaskId, TaskStats]:
        """What tasks have used so far; those that do not run are missing. Changes nothing.

        tasks: the names of each one's containers, all of them, or none where nobody wants to know.
        It is cheap: 0.05 ms a task, and as much a container.
        is_thorough: tell containers apart even where that takes a program (several in one sandbox).
        """

    async def open(self) -> None:
        """Make ready for use; called once, before anything else."""

    async def close(self) -> None:
        """Let go without stopping anything."""

    async def purge(self) -> None:
        """Remove every trace from the machine; no task may be left."""
