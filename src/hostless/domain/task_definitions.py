"""Task definitions: a family's numbered revisions, frozen once registered."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import TaskDefinitionArn
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.tags import Tag
from hostless.domain.volumes import (
    EphemeralStorage,
    InferenceAccelerator,
    ProxyConfiguration,
    RuntimePlatform,
    TaskDefinitionPlacementConstraint,
    Volume,
)
from hostless.kit.clock import Timestamp

TaskDefinitionStatus = Literal["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """cpu: units as digits ("256"). memory: MiB as digits ("512"). Both None without FARGATE."""

    arn: TaskDefinitionArn
    family: str
    revision: int
    status: TaskDefinitionStatus = "ACTIVE"
    container_definitions: tuple[ContainerDefinition, ...]
    cpu: str | None = None
    memory: str | None = None
    network_mode: str | None = None
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    volumes: tuple[Volume, ...] = ()
    placement_constraints: tuple[TaskDefinitionPlacementConstraint, ...] = ()
    requires_compatibilities: tuple[str, ...] = ()
    compatibilities: tuple[str, ...] = ()
    pid_mode: str | None = None
    ipc_mode: str | None = None
    proxy_configuration: ProxyConfiguration | None = None
    inference_accelerators: tuple[InferenceAccelerator, ...] = ()
    ephemeral_storage: EphemeralStorage | None = None
    runtime_platform: RuntimePlatform | None = None
    enable_fault_injection: bool | None = None
    registered_at: Timestamp
    registered_by: str
    deregistered_at: Timestamp | None = None
    delete_requested_at: Timestamp | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Counts the revisions of a family; a number is never given twice, whatever is deleted."""

    name: str
    last_revision: int
