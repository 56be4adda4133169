"""Volumes and other parts of a task definition outside its containers, as in the model."""

from collections.abc import Mapping
from dataclasses import dataclass

from hostless.domain.container_definitions import KeyValuePair


@dataclass(frozen=True, slots=True, kw_only=True)
class HostVolumeProperties:
    source_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerVolumeConfiguration:
    scope: str | None = None
    autoprovision: bool | None = None
    driver: str | None = None
    driver_opts: Mapping[str, str] | None = None
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EFSAuthorizationConfig:
    access_point_id: str | None = None
    iam: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EFSVolumeConfiguration:
    file_system_id: str
    root_directory: str | None = None
    transit_encryption: str | None = None
    transit_encryption_port: int | None = None
    authorization_config: EFSAuthorizationConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class S3FilesVolumeConfiguration:
    file_system_arn: str
    root_directory: str | None = None
    transit_encryption_port: int | None = None
    access_point_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FSxWindowsFileServerAuthorizationConfig:
    credentials_parameter: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FSxWindowsFileServerVolumeConfiguration:
    file_system_id: str
    root_directory: str
    authorization_config: FSxWindowsFileServerAuthorizationConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    name: str | None = None
    host: HostVolumeProperties | None = None
    docker_volume_configuration: DockerVolumeConfiguration | None = None
    efs_volume_configuration: EFSVolumeConfiguration | None = None
    s3files_volume_configuration: S3FilesVolumeConfiguration | None = None
    fsx_windows_file_server_volume_configuration: FSxWindowsFileServerVolumeConfiguration | None = (
        None
    )
    configured_at_launch: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinitionPlacementConstraint:
    type: str | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfiguration:
    type: str | None = None
    container_name: str
    properties: tuple[KeyValuePair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceAccelerator:
    device_name: str
    device_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EphemeralStorage:
    size_in_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimePlatform:
    cpu_architecture: str | None = None
    operating_system_family: str | None = None
