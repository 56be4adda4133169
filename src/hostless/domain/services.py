"""Services: a wish for so many tasks of one revision, and everything that says how to keep it.

`Service` is what was asked for; the API writes it (the service controller only ends a draining one
and drops a deleted one). What a revision is made of, and how far a rollout has come, is in
`hostless.domain.deployments`. Shapes are the ECS model's; a member that the API fills with a
default is filled in the record.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import ClusterArn, ServiceArn, ServiceRevisionArn
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

ServiceStatus: TypeAlias = Literal["ACTIVE", "DRAINING", "INACTIVE"]
TagSource: TypeAlias = Literal["TASK_DEFINITION", "SERVICE", "NONE"]
Rebalancing: TypeAlias = Literal["ENABLED", "DISABLED"]
ResourceManagement: TypeAlias = Literal["CUSTOMER", "ECS"]
ThresholdType: TypeAlias = Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]
MOST_TARGET_GROUPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdConfiguration:
    """value: tasks for COUNT, percent of the desired count for the other types."""

    type: ThresholdType = "BOUNDED_PERCENT"
    value: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCircuitBreaker:
    enable: bool = False
    rollback: bool = False
    reset_on_healthy_task: bool = True
    threshold_configuration: ThresholdConfiguration = ThresholdConfiguration()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentAlarms:
    """alarm_names: of CloudWatch alarms in this region."""

    alarm_names: tuple[str, ...] = ()
    enable: bool = False
    rollback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlySuccessCriteria:
    enable: bool = False
    healthy_percent: int | None = None
    source_service_revision_cleanup: Literal["BLOCKING", "DEFERRED"] = "BLOCKING"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfiguration:
    """Of a rolling update; other strategies are refused.

    Percents are of the desired count: at least minimum_healthy_percent of it healthy (rounded up),
    at most maximum_percent of it running or starting (rounded down).
    """

    maximum_percent: int = 200
    minimum_healthy_percent: int = 100
    strategy: Literal["ROLLING"] = "ROLLING"
    bake_time_in_minutes: int = 0
    deployment_circuit_breaker: DeploymentCircuitBreaker = DeploymentCircuitBreaker()
    alarms: DeploymentAlarms | None = None
    early_success_criteria: EarlySuccessCriteria | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLoadBalancer:
    target_group_arn: str
    container_name: str
    container_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRegistry:
    """A service of Cloud Map that tasks are registered with; port: of SRV records, as is
    container_port."""

    registry_arn: str
    port: int | None = None
    container_name: str | None = None
    container_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """revision_arn: what the API last asked for; a rollback does not change it, the newest
    deployment (`hostless.domain.deployments`) says what the service is brought to.

    health_check_grace_period_seconds: after a task is RUNNING, bad health is overlooked so long.
    platform_version: as it was asked for, LATEST or a number; the revision has the number.
    resource_management_type: ECS for Express services. created_by: the principal's ARN.
    inactive_at: when the last task of a deleted service was gone.
    """

    arn: ServiceArn
    cluster_arn: ClusterArn
    name: str
    status: ServiceStatus = "ACTIVE"
    desired_count: int
    revision_arn: ServiceRevisionArn
    platform_version: str = "LATEST"
    deployment_configuration: DeploymentConfiguration = DeploymentConfiguration()
    health_check_grace_period_seconds: int | None = None
    availability_zone_rebalancing: Rebalancing = "ENABLED"
    enable_ecs_managed_tags: bool = False
    propagate_tags: TagSource = "NONE"
    enable_execute_command: bool = False
    resource_management_type: ResourceManagement = "CUSTOMER"
    tags: tuple[Tag, ...] = ()
    created_by: str | None = None
    created_at: Timestamp
    inactive_at: Timestamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """One line of the service's own news, in AWS's words; written by the service controller.

    number: rises within the service; the newest hundred are kept.
    """

    id: str
    service_arn: ServiceArn
    number: int
    created_at: Timestamp
    message: str
