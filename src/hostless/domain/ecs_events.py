"""What ECS tells the event bus about services: the two kinds of events that no record shows.

A service or deployment controller emits them with the change they tell of
(`Transaction.emit`). Task State Change events need no record of their own: they are the task.
How an event looks on the bus is in `hostless.services.ecs.event_views`.
Names and types: Amazon ECS Developer Guide, "Amazon ECS service action events" and "Amazon ECS
service deployment state change events".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import ClusterArn, DeploymentId, ServiceArn

EventType: TypeAlias = Literal["INFO", "WARN", "ERROR"]
ServiceActionName: TypeAlias = Literal[
    "SERVICE_STEADY_STATE",
    "TASKSET_STEADY_STATE",
    "CAPACITY_PROVIDER_STEADY_STATE",
    "SERVICE_DESIRED_COUNT_UPDATED",
    "SERVICE_TASK_START_IMPAIRED",
    "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY",
    "ECS_OPERATION_THROTTLED",
    "SERVICE_DISCOVERY_OPERATION_THROTTLED",
    "SERVICE_TASK_PLACEMENT_FAILURE",
    "SERVICE_TASK_CONFIGURATION_FAILURE",
]
DeploymentEventName: TypeAlias = Literal[
    "SERVICE_DEPLOYMENT_IN_PROGRESS",
    "SERVICE_DEPLOYMENT_COMPLETED",
    "SERVICE_DEPLOYMENT_FAILED",
]

_TYPES: Mapping[ServiceActionName, EventType] = {
    "SERVICE_STEADY_STATE": "INFO",
    "TASKSET_STEADY_STATE": "INFO",
    "CAPACITY_PROVIDER_STEADY_STATE": "INFO",
    "SERVICE_DESIRED_COUNT_UPDATED": "INFO",
    "SERVICE_TASK_START_IMPAIRED": "WARN",
    "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY": "WARN",
    "ECS_OPERATION_THROTTLED": "ERROR",
    "SERVICE_DISCOVERY_OPERATION_THROTTLED": "ERROR",
    "SERVICE_TASK_PLACEMENT_FAILURE": "ERROR",
    "SERVICE_TASK_CONFIGURATION_FAILURE": "ERROR",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAction:
    """reason: `RESOURCE:FARGATE` and the like, for failures to place tasks."""

    service_arn: ServiceArn
    cluster_arn: ClusterArn
    event_name: ServiceActionName
    reason: str | None = None
    capacity_provider_arns: tuple[str, ...] = ()

    @property
    def event_type(self) -> EventType:
        return _TYPES[self.event_name]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStateChange:
    """reason: a sentence, such as `ECS deployment <id> completed.`"""

    service_arn: ServiceArn
    deployment_id: DeploymentId
    event_name: DeploymentEventName
    reason: str

    @property
    def event_type(self) -> EventType:
        return "ERROR" if self.event_name == "SERVICE_DEPLOYMENT_FAILED" else "INFO"


Emitted: TypeAlias = ServiceAction | DeploymentStateChange
"""An event that is emitted rather than seen from a record."""
