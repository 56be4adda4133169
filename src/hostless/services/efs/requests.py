"""Requests of EFS as the gateway hands them over: members in snake case."""

from dataclasses import dataclass

from hostless.domain.file_systems import CreationInfo, LifecyclePolicy, PosixUser
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFileSystem:
    creation_token: str
    performance_mode: str = "generalPurpose"
    encrypted: bool | None = None
    kms_key_id: str | None = None
    throughput_mode: str = "bursting"
    provisioned_throughput_in_mibps: float | None = None
    availability_zone_name: str | None = None
    backup: bool | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeFileSystems:
    max_items: int = 100
    marker: str | None = None
    creation_token: str | None = None
    file_system_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFileSystem:
    file_system_id: str
    throughput_mode: str | None = None
    provisioned_throughput_in_mibps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFileSystem:
    file_system_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFileSystemProtection:
    file_system_id: str
    replication_overwrite_protection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMountTarget:
    file_system_id: str
    subnet_id: str
    ip_address: str | None = None
    ip_address_type: str | None = None
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeMountTargets:
    max_items: int = 100
    marker: str | None = None
    file_system_id: str | None = None
    mount_target_id: str | None = None
    access_point_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMountTarget:
    mount_target_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyMountTargetSecurityGroups:
    mount_target_id: str
    security_groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRootDirectory:
    path: str = "/"
    creation_info: CreationInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAccessPoint:
    client_token: str
    file_system_id: str
    posix_user: PosixUser | None = None
    root_directory: GivenRootDirectory = GivenRootDirectory()
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAccessPoints:
    max_results: int = 100
    next_token: str | None = None
    access_point_id: str | None = None
    file_system_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAccessPoint:
    access_point_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutFileSystemPolicy:
    file_system_id: str
    policy: str
    bypass_policy_lockout_safety_check: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBackupPolicy:
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackupPolicy:
    file_system_id: str
    backup_policy: GivenBackupPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class PutLifecycleConfiguration:
    file_system_id: str
    lifecycle_policies: tuple[LifecyclePolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResource:
    resource_id: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagResource:
    resource_id: str
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTagsForResource:
    resource_id: str
    max_results: int = 100
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTags:
    file_system_id: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTags:
    file_system_id: str
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTags:
    file_system_id: str
    max_items: int = 100
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeReplicationConfigurations:
    file_system_id: str | None = None
    next_token: str | None = None
    max_results: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedReplication:
    source_file_system_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAccountPreferences:
    next_token: str | None = None
    max_results: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAccountPreferences:
    resource_id_type: str
