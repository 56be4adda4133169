"""Clusters: a name that tasks and services are grouped under."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import ClusterArn
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

ClusterStatus = Literal["ACTIVE", "INACTIVE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityProviderStrategyItem:
    """weight: 0 to 1000. base: 0 to 100000, on one item of a strategy only."""

    capacity_provider: str
    weight: int | None = None
    base: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSetting:
    name: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCommandLogConfiguration:
    cloud_watch_log_group_name: str | None = None
    cloud_watch_encryption_enabled: bool | None = None
    s3_bucket_name: str | None = None
    s3_encryption_enabled: bool | None = None
    s3_key_prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCommandConfiguration:
    kms_key_id: str | None = None
    logging: str | None = None
    log_configuration: ExecuteCommandLogConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedStorageConfiguration:
    kms_key_id: str | None = None
    fargate_ephemeral_storage_kms_key_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfiguration:
    execute_command_configuration: ExecuteCommandConfiguration | None = None
    managed_storage_configuration: ManagedStorageConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConnectDefaults:
    namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A deleted cluster stays INACTIVE for a while, as on AWS; its name can be used again."""

    arn: ClusterArn
    name: str
    status: ClusterStatus = "ACTIVE"
    created_at: Timestamp
    configuration: ClusterConfiguration | None = None
    settings: tuple[ClusterSetting, ...] = ()
    capacity_providers: tuple[str, ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    service_connect_defaults: ServiceConnectDefaults | None = None
    tags: tuple[Tag, ...] = ()
