"""What a scenario says: services, how images behave, what happens when, and what is expected.

Records only; reading them from TOML and refusing what makes no sense is `reading`.
Times are seconds from the start of the rehearsal. Names are those of docs/simulate.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from hostless.compute.simulated.behaviour import Behaviour, Capacity
from hostless.domain.deployments import ServiceDeploymentStatus
from hostless.domain.signals import AlarmState
from hostless.simulation.duration import Duration

HEALTHY_AFTER = Duration(40.0)
ONE_SECOND = Duration(1.0)
SETTLING_SECONDS = 900.0
"""How long a rehearsal goes on after the last thing that the scenario speaks of."""
MOST_TASKS = 10_000
"""Of one service: beyond that a rehearsal takes too long to be one."""
Count: TypeAlias = Annotated[int, Meta(ge=0, le=MOST_TASKS)]
AtLeastOne: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_TASKS)]
Breaker: TypeAlias = Literal["off", "stop", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheckSetup:
    """A container health check; what its outcome is, the image's behaviour says."""

    interval: int = 30
    timeout: int = 5
    retries: int = 3
    start_period: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityItem:
    provider: Literal["FARGATE", "FARGATE_SPOT"]
    weight: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSetup:
    """A service of one container, as it is at the start.

    cpu: units. memory: MiB. zones: empty for all three. circuit_breaker: `stop` ends a failing
    deployment, `rollback` goes back too. failure_threshold: tasks; None for AWS's half of desired.
    capacity: empty for the launch type FARGATE.
    """

    name: str
    image: str = "app:1"
    cpu: int = 256
    memory: int = 512
    desired: Count = 1
    zones: tuple[str, ...] = ()
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    circuit_breaker: Breaker = "off"
    failure_threshold: int | None = None
    alarms: tuple[str, ...] = ()
    alarm_rollback: bool = True
    bake_minutes: int = 0
    capacity: tuple[CapacityItem, ...] = ()
    health_check: HealthCheckSetup | None = None
    health_check_grace_period: Duration | None = None
    stop_timeout: int | None = None
    zone_rebalancing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """UpdateService with what is given; a new image or size makes a new task definition.

    force: replaces tasks though nothing changed.
    """

    at: Duration
    service: str
    image: str | None = None
    cpu: int | None = None
    memory: int | None = None
    desired: Count | None = None
    minimum_healthy_percent: int | None = None
    maximum_percent: int | None = None
    circuit_breaker: Breaker | None = None
    failure_threshold: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    at: Duration
    service: str
    to: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDeployment:
    """StopServiceDeployment on the deployment that is under way."""

    at: Duration
    service: str
    type: Literal["ROLLBACK", "ABORT"] = "ROLLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTasks:
    """StopTask, as a person would; which ones, chance decides."""

    at: Duration
    service: str
    tasks: AtLeastOne = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    at: Duration
    service: str
    force: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAlarm:
    at: Duration
    name: str
    state: AlarmState = "ALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseZone:
    """Every task in the zone is gone, and none starts there. lasts: None for good."""

    at: Duration
    zone: str
    lasts: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclaimSpot:
    """Spot tasks are interrupted.

    share: of them, above 0, at most 1. service: only its tasks. lasts: so long there is no Spot
    capacity; None: new ones can start at once.
    """

    at: Duration
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    service: str | None = None
    lasts: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseHosts:
    """The hosts under so many tasks of the service are gone."""

    at: Duration
    service: str
    tasks: AtLeastOne = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Fargate retires the platform under the service's tasks."""

    at: Duration
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartEngine:
    """The engine dies wherever it is and comes back after `down_for`; tasks run on."""

    at: Duration
    down_for: Duration = ONE_SECOND


Step: TypeAlias = (
    Deploy
    | Scale
    | StopDeployment
    | StopTasks
    | Delete
    | SetAlarm
    | LoseZone
    | ReclaimSpot
    | LoseHosts
    | Retire
    | RestartEngine
)
STEPS: Mapping[str, type[Step]] = {
    "deploy": Deploy,
    "scale": Scale,
    "stop-deployment": StopDeployment,
    "stop-tasks": StopTasks,
    "delete": Delete,
    "alarm": SetAlarm,
    "zone-loss": LoseZone,
    "spot": ReclaimSpot,
    "host-loss": LoseHosts,
    "retire": Retire,
    "restart-engine": RestartEngine,
}
"""By the word behind `do`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What has to be true of a service; every member that is given is judged by itself.

    after: the instant from which on; None: from the last step on for what is expected to come
    about, from the first steady state on for what must never happen. until: None for the end.
    """

    service: str
    after: Duration | None = None
    until: Duration | None = None
    stable_within: Duration | None = None
    never_below: Count | None = None
    never_above: Count | None = None
    rolled_back: bool | None = None
    deployment: ServiceDeploymentStatus | None = None
    running: Count | None = None
    image: str | None = None
    event: str | None = None
    no_event: str | None = None
    zones_used: Count | None = None
    failed_tasks_at_most: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """lasts: how long the rehearsal runs.

    healthy_after: a task without a health check counts as healthy when it ran so long.
    """

    title: str = ""
    seed: int = 0
    lasts: Duration | None = None
    healthy_after: Duration = HEALTHY_AFTER
    capacity: Capacity = field(default_factory=Capacity)
    behaviour: tuple[Behaviour, ...] = ()
    service: tuple[ServiceSetup, ...] = ()
    step: tuple[Step, ...] = ()
    expect: tuple[Expectation, ...] = ()

    @property
    def end(self) -> Duration:
        """When the rehearsal ends: long enough after all that is to happen, unless it is said."""
        if self.lasts is not None:
            return self.lasts
        last_step = max((step.at for step in self.step), default=0.0)
        expected = [(e.after or last_step) + (e.stable_within or 0.0) for e in self.expect]
        known = [last_step, *expected, *(e.until or 0.0 for e in self.expect)]
        return Duration(max(known) + SETTLING_SECONDS)
