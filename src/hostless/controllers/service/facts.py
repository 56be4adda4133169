"""Everything that is known about a service at one instant: what deciding goes by.

Gathering it from the store is `reading`'s business; nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hostless.domain.arns import DeploymentId, DiscoveryServiceId, ServiceRevisionArn
from hostless.domain.capacity import Room
from hostless.domain.deployments import Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.health import check_plan_of
from hostless.domain.quotas import VcpusLeft
from hostless.domain.services import Service
from hostless.domain.signals import Alarm, TargetState
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionFacts:
    """A revision with what it refers to. zones: of its subnets, each once."""

    revision: ServiceRevision
    definition: TaskDefinition | None
    zones: tuple[str, ...]

    @property
    def checked_containers(self) -> frozenset[str]:
        """The essential containers that have a health check, by name."""
        if self.definition is None:
            return frozenset()
        return frozenset(
            container.name or ""
            for container in self.definition.container_definitions
            if container.essential is not False and check_plan_of(container.health_check)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMemory:
    """What the service's events tell. last_number: 0 before the first.

    last_message: of the newest event. steady_at: of the newest that said so. told_at: by message,
    when it was said last. is_unbalanced: whether the zones were said to be uneven, and not yet
    to be even again.
    """

    last_number: int = 0
    last_message: str | None = None
    steady_at: Timestamp | None = None
    told_at: Mapping[str, Timestamp] = field(default_factory=dict)
    is_unbalanced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Keys of records that a deleted service of the same name has left."""

    deployments: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchLimit:
    """How many tasks the account may launch now, and when some more."""

    allowed: int
    again_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """deployments, attempts: of this service, not of a deleted one of the same name; the latter
    oldest first. former: records of that one. revision_keys: of all revisions, oldest first.
    tasks: all that have not stopped, or are not counted yet. discovery_services: those of Cloud Map
    that were made for it.

    target_states: by task and target group, as `hostless.store.kinds` keys them. alarms: by name,
    those that some attempt watches. zones_out: where nothing can be placed now. room: of the
    machine. vcpus: what the quotas leave. launch_limits: by the buckets of
    `hostless.domain.api_limits`; what is not there has no limit. starts_per_minute: the service's
    limit; None: no limit.
    """

    now: Timestamp
    service: Service
    deployments: tuple[Deployment, ...] = ()
    attempts: tuple[ServiceDeployment, ...] = ()
    former: Former = Former()
    revision_keys: tuple[ServiceRevisionArn, ...] = ()
    revisions: Mapping[ServiceRevisionArn, RevisionFacts] = field(default_factory=dict)
    tasks: Sequence[Task] = ()
    discovery_services: tuple[DiscoveryServiceId, ...] = ()
    target_states: Mapping[str, TargetState] = field(default_factory=dict)
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    zones_out: frozenset[str] = frozenset()
    is_spot_out: bool = False
    room: Room
    vcpus: VcpusLeft = field(default_factory=VcpusLeft)
    launch_limits: Mapping[str, LaunchLimit] = field(default_factory=dict)
    events: EventMemory = field(default_factory=EventMemory)
    healthy_after_seconds: float = 40.0
    starts_per_minute: int | None = None

    def deployment(self, id_: DeploymentId) -> Deployment | None:
        return next((found for found in self.deployments if found.id == id_), None)
