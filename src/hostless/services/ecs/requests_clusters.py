"""What callers say about clusters and capacity providers; shapes of the ECS model."""

from dataclasses import dataclass

from hostless.domain.clusters import (
    CapacityProviderStrategyItem,
    ClusterConfiguration,
    ClusterSetting,
    ServiceConnectDefaults,
)
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCluster:
    cluster_name: str | None = None
    tags: tuple[Tag, ...] = ()
    settings: tuple[ClusterSetting, ...] = ()
    configuration: ClusterConfiguration | None = None
    capacity_providers: tuple[str, ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    service_connect_defaults: ServiceConnectDefaults | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeClusters:
    clusters: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClusters:
    next_token: str | None = None
    max_results: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCluster:
    cluster: str
    settings: tuple[ClusterSetting, ...] = ()
    configuration: ClusterConfiguration | None = None
    service_connect_defaults: ServiceConnectDefaults | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateClusterSettings:
    cluster: str
    settings: tuple[ClusterSetting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCluster:
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutClusterCapacityProviders:
    cluster: str
    capacity_providers: tuple[str, ...]
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeCapacityProviders:
    capacity_providers: tuple[str, ...] = ()
    cluster: str | None = None
    include: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCapacityProvider:
    """Of the two kinds of providers only whether they are given: both are refused."""

    name: str
    cluster: str | None = None
    auto_scaling_group_provider: dict[str, object] | None = None
    managed_instances_provider: dict[str, object] | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCapacityProvider:
    name: str
    cluster: str | None = None
    auto_scaling_group_provider: dict[str, object] | None = None
    managed_instances_provider: dict[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCapacityProvider:
    capacity_provider: str
    cluster: str | None = None
