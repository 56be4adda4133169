"""Revisions of services, and how a service is brought from one to another.

Three records, as AWS has them:
- `ServiceRevision`: an immutable snapshot of everything that a new task is made from.
- `Deployment` (`ecs-svc/<19 digits>`): the tasks of one revision within a service; a task names
  it in `startedBy`. The newest of a service is its PRIMARY one; a rollback makes an old one PRIMARY
  again, with the tasks that it still has.
- `ServiceDeployment`: one attempt to bring a service to a revision, with its end. A rollback is
  part of it.

The API makes all three when it is asked for a change, and afterwards writes only
`ServiceDeployment.stop_request`; everything else is the service controller's.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    ClusterArn,
    DeploymentId,
    ServiceArn,
    ServiceDeploymentArn,
    ServiceRevisionArn,
    TaskDefinitionArn,
)
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.ingress_gateways import GatewayConnector
from hostless.domain.managed_volumes import VolumeConfiguration
from hostless.domain.service_connect import ServiceConnectConfiguration, TaskConnect
from hostless.domain.services import DeploymentConfiguration, ServiceLoadBalancer, ServiceRegistry
from hostless.domain.tasks import Placement
from hostless.kit.clock import Timestamp

RolloutState: TypeAlias = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]
ServiceDeploymentStatus: TypeAlias = Literal[
    "PENDING",
    "IN_PROGRESS",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
]
LifecycleStage: TypeAlias = Literal[
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]
MonitorStatus: TypeAlias = Literal["TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED"]
ENDED: frozenset[ServiceDeploymentStatus] = frozenset(
    {"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}
)
"""Statuses that never change again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerImage:
    """image_digest: once the first task of the revision's deployment has told it; tasks started
    afterwards run exactly that (version consistency)."""

    container_name: str
    image: str
    image_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRevision:
    """launch_type is None when a capacity provider strategy says where tasks run.

    platform_version: resolved, never LATEST. cpu_architecture: resolved too.
    """

    arn: ServiceRevisionArn
    service_arn: ServiceArn
    cluster_arn: ClusterArn
    definition_arn: TaskDefinitionArn
    launch_type: Literal["FARGATE"] | None = "FARGATE"
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str = "1.4.0"
    cpu_architecture: str = "X86_64"
    placement: Placement
    load_balancers: tuple[ServiceLoadBalancer, ...] = ()
    service_registries: tuple[ServiceRegistry, ...] = ()
    service_connect: ServiceConnectConfiguration | None = None
    gateway_connectors: tuple[GatewayConnector, ...] = ()
    volume_configurations: tuple[VolumeConfiguration, ...] = ()
    container_images: tuple[ContainerImage, ...] = ()
    created_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """failed_tasks: in all. failures_in_a_row: tasks that did not get to RUNNING (or did and were
    unhealthy) since one did well. last_failure_of: when the newest of those was asked for.
    failed_rounds: of starts, since a task got to RUNNING. next_start_at: no task is started before.
    is_given_up: it failed or was aborted, and starts nothing any more.
    promoted_at: when a rollback made it PRIMARY again. connect: what the proxies of its tasks do,
    settled when it began.
    """

    id: DeploymentId
    service_arn: ServiceArn
    revision_arn: ServiceRevisionArn
    service_deployment_arn: ServiceDeploymentArn
    rollout_state: RolloutState = "IN_PROGRESS"
    rollout_state_reason: str | None = None
    failed_tasks: int = 0
    failures_in_a_row: int = 0
    last_failure_of: Timestamp | None = None
    failed_rounds: int = 0
    next_start_at: Timestamp | None = None
    is_given_up: bool = False
    promoted_at: Timestamp | None = None
    connect: TaskConnect | None = None
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def primary_since(self) -> Timestamp:
        """When it was last made the PRIMARY one; the newest of a service is that."""
        return self.created_at if self.promoted_at is None else self.promoted_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """reason: in AWS's words. revision_arn: what the service goes back to."""

    reason: str
    started_at: Timestamp
    revision_arn: ServiceRevisionArn
    deployment_id: DeploymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreakerWatch:
    status: MonitorStatus = "DISABLED"
    failure_count: int = 0
    threshold: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWatch:
    status: MonitorStatus = "DISABLED"
    triggered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeployment:
    """source_revisions: that had tasks when it began. deployment_id: of the way forward.

    deployment_configuration: as it was when the deployment began. stop_request: what
    StopServiceDeployment asked for. bakes_until: end of the bake time once it runs.
    """

    arn: ServiceDeploymentArn
    service_arn: ServiceArn
    cluster_arn: ClusterArn
    source_revisions: tuple[ServiceRevisionArn, ...] = ()
    target_revision_arn: ServiceRevisionArn
    deployment_id: DeploymentId
    deployment_configuration: DeploymentConfiguration
    status: ServiceDeploymentStatus = "PENDING"
    status_reason: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    rollback: Rollback | None = None
    circuit_breaker: CircuitBreakerWatch = CircuitBreakerWatch()
    alarms: AlarmWatch = AlarmWatch()
    stop_request: Literal["ROLLBACK", "ABORT"] | None = None
    bakes_until: Timestamp | None = None
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    stopped_at: Timestamp | None = None
    updated_at: Timestamp
