"""What a task definition says of one container: every member of the model, in snake case.

Shapes and names are those of the ECS model's `ContainerDefinition`; absent lists are empty tuples.
Units: `cpu` in units (1024 = one vCPU), `memory` and `memory_reservation` in MiB, time-outs and
health check times in seconds.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCredentials:
    credentials_parameter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    container_port: int | None = None
    host_port: int | None = None
    protocol: str | None = None
    name: str | None = None
    app_protocol: str | None = None
    container_port_range: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRestartPolicy:
    enabled: bool
    ignored_exit_codes: tuple[int, ...] = ()
    restart_attempt_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyValuePair:
    name: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFile:
    value: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPoint:
    source_volume: str | None = None
    container_path: str | None = None
    read_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFrom:
    source_container: str | None = None
    read_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCapabilities:
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    host_path: str
    container_path: str | None = None
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tmpfs:
    container_path: str
    size: int
    mount_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxParameters:
    capabilities: KernelCapabilities | None = None
    devices: tuple[Device, ...] = ()
    init_process_enabled: bool | None = None
    shared_memory_size: int | None = None
    tmpfs: tuple[Tmpfs, ...] = ()
    max_swap: int | None = None
    swappiness: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    name: str
    value_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDependency:
    container_name: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry:
    hostname: str
    ip_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    name: str
    soft_limit: int
    hard_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfiguration:
    log_driver: str
    options: Mapping[str, str] | None = None
    secret_options: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    command: tuple[str, ...] = ()
    interval: int | None = None
    timeout: int | None = None
    retries: int | None = None
    start_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemControl:
    namespace: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NvidiaMpsAllocation:
    memory: int
    max_compute_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingStrategy:
    nvidia_mps: NvidiaMpsAllocation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequirement:
    value: str | None = None
    type: str
    sharing_strategy: SharingStrategy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirelensConfiguration:
    type: str
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDefinition:
    name: str | None = None
    image: str | None = None
    repository_credentials: RepositoryCredentials | None = None
    cpu: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    links: tuple[str, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()
    essential: bool | None = None
    restart_policy: ContainerRestartPolicy | None = None
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[KeyValuePair, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumeFrom, ...] = ()
    linux_parameters: LinuxParameters | None = None
    secrets: tuple[Secret, ...] = ()
    depends_on: tuple[ContainerDependency, ...] = ()
    start_timeout: int | None = None
    stop_timeout: int | None = None
    version_consistency: str | None = None
    hostname: str | None = None
    user: str | None = None
    working_directory: str | None = None
    disable_networking: bool | None = None
    privileged: bool | None = None
    readonly_root_filesystem: bool | None = None
    dns_servers: tuple[str, ...] = ()
    dns_search_domains: tuple[str, ...] = ()
    extra_hosts: tuple[HostEntry, ...] = ()
    docker_security_options: tuple[str, ...] = ()
    interactive: bool | None = None
    pseudo_terminal: bool | None = None
    docker_labels: Mapping[str, str] | None = None
    ulimits: tuple[Ulimit, ...] = ()
    log_configuration: LogConfiguration | None = None
    health_check: HealthCheck | None = None
    system_controls: tuple[SystemControl, ...] = ()
    resource_requirements: tuple[ResourceRequirement, ...] = ()
    firelens_configuration: FirelensConfiguration | None = None
    credential_specs: tuple[str, ...] = ()


def plain_path(path: str) -> str:
    """An absolute path inside a container without `..` and what else says nothing."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")
