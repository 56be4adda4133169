"""What callers say about tasks; shapes of the ECS model.

A required member that may be absent here is one whose absence the operation words itself.
"""

from dataclasses import dataclass

from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.managed_volumes import VolumeConfiguration
from hostless.domain.tags import Tag
from hostless.domain.tasks import TaskOverride


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsVpcConfiguration:
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    assign_public_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfiguration:
    awsvpc_configuration: AwsVpcConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementConstraint:
    type: str | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementStrategy:
    type: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    task_definition: str
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    cluster: str | None = None
    count: int | None = None
    enable_ecs_managed_tags: bool | None = None
    enable_execute_command: bool | None = None
    group: str | None = None
    launch_type: str | None = None
    network_configuration: NetworkConfiguration | None = None
    overrides: TaskOverride | None = None
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    platform_version: str | None = None
    propagate_tags: str | None = None
    started_by: str | None = None
    tags: tuple[Tag, ...] = ()
    client_token: str | None = None
    volume_configurations: tuple[VolumeConfiguration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTask:
    task: str
    cluster: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTasks:
    tasks: tuple[str, ...] = ()
    cluster: str | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTasks:
    cluster: str | None = None
    container_instance: str | None = None
    family: str | None = None
    next_token: str | None = None
    max_results: int | None = None
    started_by: str | None = None
    service_name: str | None = None
    desired_status: str | None = None
    launch_type: str | None = None
    daemon_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTaskProtection:
    cluster: str
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTaskProtection:
    cluster: str
    protection_enabled: bool
    tasks: tuple[str, ...] = ()
    expires_in_minutes: int | None = None
