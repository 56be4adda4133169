"""What may be done about a task, as values: a plan can be printed, compared and stored."""

from dataclasses import dataclass
from typing import TypeAlias

from hostless.compute.seam import ContainerObservation, TaskSpec
from hostless.domain.arns import NetworkInterfaceId, TaskId
from hostless.domain.network import NetworkInterface
from hostless.domain.service_connect import TaskConnect
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.telemetry.seam import LogSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Write down the task as it is now; nothing happens if it has changed since `before`."""

    before: Task
    after: Task
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """As `Record`, together with the network interface, whose address is taken from then on."""

    before: Task
    after: Task
    interface: NetworkInterface
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Make the interface (then the task is connected and PENDING); meanwhile have the log streams,
    pull the images and make the containers; when all is there, let them run.

    A task whose logs cannot be kept fails before anything is started. may_run: names of those that
    may run yet. connect: what its proxy is to do, where it has one. refusal: why nothing can be
    started; the network is made all the same, and then it is told.
    """

    interface: NetworkInterface
    sinks: tuple[LogSink, ...]
    spec: TaskSpec
    may_run: frozenset[str]
    connect: TaskConnect | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Let more of a launched task's containers run. may_run: names, those that ran before too.
    refusal: as of `Launch`."""

    interface: NetworkInterface
    spec: TaskSpec
    may_run: frozenset[str]
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Have a container run anew. ended: its last run; should the next fail, that was the last.
    refusal: as of `Launch`."""

    interface: NetworkInterface
    spec: TaskSpec
    container: str
    ended: ContainerObservation
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowLogs:
    """Follow the logs of a task that an earlier engine started; it goes on if that fails."""

    task_id: TaskId
    sinks: tuple[LogSink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """since: when the stop signal was due."""

    spec: TaskSpec
    since: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainLogs:
    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachNetwork:
    interface_id: NetworkInterfaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The task is STOPPED; its interface's record goes, and with it the claim to the address."""

    before: Task
    interface_id: NetworkInterfaceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    task: Task


Action: TypeAlias = (
    Record
    | Claim
    | Launch
    | Begin
    | Restart
    | FollowLogs
    | Stop
    | DrainLogs
    | Remove
    | DetachNetwork
    | Release
    | Forget
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """actions: in this order. recheck_at: when to decide anew; None: not before a change."""

    actions: tuple[Action, ...] = ()
    recheck_at: Timestamp | None = None
