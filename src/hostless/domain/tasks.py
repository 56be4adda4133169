"""Tasks: what was asked for, what is, and what became of each container.

`goal` (AWS: desiredStatus) has one writer at a time: the API until it says STOPPED, after that
nobody. `status` (AWS: lastStatus), the timestamps and the containers' fields are written by the
task controller only, except for the containers' `health`, which is the health controller's.
"""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import (
    ClusterArn,
    ContainerArn,
    NetworkInterfaceId,
    SecurityGroupId,
    ServiceArn,
    SubnetId,
    TaskArn,
    TaskDefinitionArn,
    TaskId,
    VolumeId,
    task_id_of,
)
from hostless.domain.container_definitions import (
    EnvironmentFile,
    KeyValuePair,
    ResourceRequirement,
)
from hostless.domain.health import HealthStatus, worst_of
from hostless.domain.lifecycle import Goal, StopCode, TaskStatus
from hostless.domain.managed_volumes import ManagedVolume
from hostless.domain.service_connect import TaskConnect
from hostless.domain.tags import Tag
from hostless.domain.volumes import EphemeralStorage, InferenceAccelerator
from hostless.kit.clock import Timestamp

ContainerStatus = Literal["PENDING", "RUNNING", "STOPPED"]
AttachmentStatus = Literal[
    "PRECREATED",
    "CREATED",
    "ATTACHING",
    "ATTACHED",
    "DETACHING",
    "DETACHED",
    "DELETED",
    "FAILED",
]
IsolationLevel = Literal["container", "gvisor", "simulated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOverride:
    """What RunTask changes of one container; entry point and image cannot be changed."""

    name: str | None = None
    command: tuple[str, ...] = ()
    environment: tuple[KeyValuePair, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    cpu: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    resource_requirements: tuple[ResourceRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOverride:
    container_overrides: tuple[ContainerOverride, ...] = ()
    cpu: str | None = None
    inference_accelerator_overrides: tuple[InferenceAccelerator, ...] = ()
    execution_role_arn: str | None = None
    memory: str | None = None
    task_role_arn: str | None = None
    ephemeral_storage: EphemeralStorage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a task as it is.

    reason: AWS's sentence when it could not start or was killed (at most 1024 characters).
    health: UNKNOWN also without a health check; after the end, what was known last.
    restart_count: how often its restart policy had it run anew; times and exit code are of the last
    run, and health begins anew with each.
    """

    arn: ContainerArn
    name: str
    image: str
    essential: bool = True
    image_digest: str | None = None
    runtime_id: str | None = None
    status: ContainerStatus = "PENDING"
    exit_code: int | None = None
    reason: str | None = None
    cpu: str = "0"
    memory: str | None = None
    memory_reservation: str | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    health: HealthStatus = "UNKNOWN"
    restart_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where RunTask was asked to put the task."""

    subnets: tuple[SubnetId, ...]
    security_groups: tuple[SecurityGroupId, ...]
    assigns_public_ip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAttachment:
    """The task's network interface as DescribeTasks shows it; kept after the interface is gone."""

    id: str
    status: AttachmentStatus
    subnet_id: SubnetId
    interface_id: NetworkInterfaceId | None = None
    mac_address: str | None = None
    private_dns_name: str | None = None
    address: str | None = None
    ipv6_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAttachment:
    """The task's volume of EBS as DescribeTasks shows it. volume_name: in the task definition.

    status: CREATED until the task has its place; then its volume is made. tags: of the volume.
    status_reason: AWS's sentence when it could not be had.
    """

    id: str
    status: AttachmentStatus
    volume_name: str
    volume_id: VolumeId
    configuration: ManagedVolume
    tags: tuple[Tag, ...] = ()
    status_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequest:
    """Why the task has to stop; the first reason stands."""

    code: StopCode
    reason: str
    at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """cpu: units. memory_mib: MiB. ephemeral_storage_gib: GiB, 20 unless asked for more.

    version: rises by one with every change that ECS would send an event for.
    service_arn: of the service that asked for it; started_by then names its deployment.
    is_counted: its service has taken note of its end. protected_until: no scale-in stops it before.
    is_host_lost: the (imagined) host under it is gone; written by drills.
    retires_at: from then on its (imagined) host is to be emptied: its service replaces it, a
    standalone task is stopped; written by drills.
    connect: what its proxy does, where its service is in Service Connect; the proxy is one of the
    containers.
    """

    arn: TaskArn
    cluster_arn: ClusterArn
    definition_arn: TaskDefinitionArn
    goal: Goal = "RUNNING"
    status: TaskStatus = "PROVISIONING"
    version: int = 1
    group: str
    started_by: str | None = None
    service_arn: ServiceArn | None = None
    is_counted: bool = False
    protected_until: Timestamp | None = None
    is_host_lost: bool = False
    retires_at: Timestamp | None = None
    launch_type: str | None = "FARGATE"
    capacity_provider_name: str | None = None
    platform_version: str = "1.4.0"
    cpu: int
    memory_mib: int
    ephemeral_storage_gib: int = 20
    cpu_architecture: str = "X86_64"
    isolation: IsolationLevel | None = None
    is_execute_command_enabled: bool = False
    overrides: TaskOverride
    containers: tuple[Container, ...]
    placement: Placement
    zone: str | None = None
    attachment: InterfaceAttachment
    volume: VolumeAttachment | None = None
    connect: TaskConnect | None = None
    tags: tuple[Tag, ...] = ()
    stop_request: StopRequest | None = None
    created_at: Timestamp
    connectivity_at: Timestamp | None = None
    pull_started_at: Timestamp | None = None
    pull_stopped_at: Timestamp | None = None
    started_at: Timestamp | None = None
    stopping_at: Timestamp | None = None
    execution_stopped_at: Timestamp | None = None
    stopped_at: Timestamp | None = None

    @property
    def id(self) -> TaskId:
        return task_id_of(self.arn)

    def is_retired(self, now: Timestamp) -> bool:
        return self.retires_at is not None and self.retires_at <= now

    @property
    def health(self) -> HealthStatus:
        """The worst of the essential containers' (ECS API, Task `healthStatus`).

        A proxy of Service Connect is healthy as long as it runs, and nothing runs without it.
        """
        return worst_of(c.health for c in self.containers if c.essential and not self.is_proxy(c))

    def is_proxy(self, container: Container) -> bool:
        return self.connect is not None and container.name == self.connect.container_name


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyToken:
    """Remembers what a client token made, so that a repeated call gives the same answer.

    key: operation, cluster (or service) and token. fingerprint: of the request's other parameters.
    arns: or ids, where the service names things by these.
    """

    key: str
    fingerprint: str
    arns: tuple[str, ...]
    created_at: Timestamp
