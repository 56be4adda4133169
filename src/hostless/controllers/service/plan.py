"""What is to be done about a service, as a value: it can be printed, compared and stored.

A plan is carried out as one transaction (`perform`); what is in it has been decided (`decide`).
"""

from dataclasses import dataclass

from hostless.controllers.service.news import News
from hostless.domain.arns import DiscoveryServiceId
from hostless.domain.deployments import Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.fargate_sizes import cpu_units_of, memory_mib_of
from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """New tasks of one deployment. providers: of each, None for the launch type FARGATE.

    replaced: how many of them stand in for unhealthy ones. rebalanced_zone: where the one task is
    to go that rebalancing starts.
    """

    deployment: Deployment
    revision: ServiceRevision
    definition: TaskDefinition
    providers: tuple[str | None, ...]
    replaced: int = 0
    rebalanced_zone: str | None = None

    @property
    def cpu_units(self) -> int:
        """Of one task."""
        return cpu_units_of(self.definition.cpu or "") or 0

    @property
    def memory_mib(self) -> int:
        """Of one task."""
        return memory_mib_of(self.definition.memory or "") or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """reason: what the task shows as `stoppedReason`."""

    task: Task
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Records that are dropped, by key."""

    deployments: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    discovery_services: tuple[DiscoveryServiceId, ...] = ()
    has_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """counted: stopped tasks of which note is taken. news: told before what starts and stops.

    late_news: told after. Records are as they are to be. recheck_at: when to decide anew even if
    nothing changes; None: not before a change. is_short_of_room: whether it is worth while to
    decide anew when some other task stops.
    """

    counted: tuple[Task, ...] = ()
    stops: tuple[Stop, ...] = ()
    starts: tuple[Starts, ...] = ()
    service: Service | None = None
    deployments: tuple[Deployment, ...] = ()
    attempts: tuple[ServiceDeployment, ...] = ()
    revisions: tuple[ServiceRevision, ...] = ()
    forgotten: Forgotten = Forgotten()
    news: tuple[News, ...] = ()
    late_news: tuple[News, ...] = ()
    recheck_at: Timestamp | None = None
    is_short_of_room: bool = False

    @property
    def changes_nothing(self) -> bool:
        written = (
            self.counted,
            self.stops,
            self.starts,
            self.deployments,
            self.attempts,
            self.revisions,
            self.news,
            self.late_news,
        )
        return not any(written) and self.service is None and self.forgotten == Forgotten()
