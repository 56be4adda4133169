"""What callers say about services; shapes of the ECS model.

A required member that may be absent here is one whose absence the operation words itself. In
UpdateService None means "as it is", an empty list "none any more". Words of an enum have been
checked by the model.
"""

from dataclasses import dataclass

from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.deployment_rules import AskedDeploymentConfiguration
from hostless.domain.ingress_gateways import GatewayConnector
from hostless.domain.managed_volumes import VolumeConfiguration
from hostless.domain.services import Rebalancing, TagSource
from hostless.domain.tags import Tag
from hostless.services.ecs.requests_connect import ConnectConfiguration
from hostless.services.ecs.requests_tasks import (
    NetworkConfiguration,
    PlacementConstraint,
    PlacementStrategy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    target_group_arn: str | None = None
    load_balancer_name: str | None = None
    container_name: str | None = None
    container_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRegistry:
    registry_arn: str | None = None
    port: int | None = None
    container_name: str | None = None
    container_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentController:
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateService:
    service_name: str
    cluster: str | None = None
    task_definition: str | None = None
    availability_zone_rebalancing: Rebalancing | None = None
    load_balancers: tuple[LoadBalancer, ...] = ()
    service_registries: tuple[ServiceRegistry, ...] = ()
    desired_count: int | None = None
    client_token: str | None = None
    launch_type: str | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str | None = None
    role: str | None = None
    deployment_configuration: AskedDeploymentConfiguration | None = None
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    health_check_grace_period_seconds: int | None = None
    scheduling_strategy: str | None = None
    deployment_controller: DeploymentController | None = None
    tags: tuple[Tag, ...] = ()
    enable_ecs_managed_tags: bool | None = None
    propagate_tags: TagSource | None = None
    enable_execute_command: bool | None = None
    service_connect_configuration: ConnectConfiguration | None = None
    gateway_connectors: tuple[GatewayConnector, ...] = ()
    volume_configurations: tuple[VolumeConfiguration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateService:
    service: str
    cluster: str | None = None
    desired_count: int | None = None
    task_definition: str | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] | None = None
    deployment_configuration: AskedDeploymentConfiguration | None = None
    availability_zone_rebalancing: Rebalancing | None = None
    network_configuration: NetworkConfiguration | None = None
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    platform_version: str | None = None
    force_new_deployment: bool | None = None
    health_check_grace_period_seconds: int | None = None
    deployment_controller: DeploymentController | None = None
    enable_execute_command: bool | None = None
    enable_ecs_managed_tags: bool | None = None
    load_balancers: tuple[LoadBalancer, ...] | None = None
    service_registries: tuple[ServiceRegistry, ...] | None = None
    propagate_tags: TagSource | None = None
    service_connect_configuration: ConnectConfiguration | None = None
    gateway_connectors: tuple[GatewayConnector, ...] | None = None
    volume_configurations: tuple[VolumeConfiguration, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteService:
    service: str
    cluster: str | None = None
    force: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeServices:
    services: tuple[str, ...] = ()
    cluster: str | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServices:
    cluster: str | None = None
    next_token: str | None = None
    max_results: int | None = None
    launch_type: str | None = None
    scheduling_strategy: str | None = None
    resource_management_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServicesByNamespace:
    namespace: str
    next_token: str | None = None
    max_results: int | None = None
