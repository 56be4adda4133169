"""What callers say about task definitions; shapes of the ECS model.

A required member that may be absent here is one whose absence the operation words itself.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedExecutionConfiguration:
    isolation_mode: str
    attestation_policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTaskDefinition:
    family: str = ""
    container_definitions: tuple[ContainerDefinition, ...] = ()
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    network_mode: str | None = None
    volumes: tuple[Volume, ...] = ()
    placement_constraints: tuple[TaskDefinitionPlacementConstraint, ...] = ()
    requires_compatibilities: tuple[str, ...] = ()
    cpu: str | None = None
    memory: str | None = None
    tags: tuple[Tag, ...] = ()
    pid_mode: str | None = None
    ipc_mode: str | None = None
    proxy_configuration: ProxyConfiguration | None = None
    inference_accelerators: tuple[InferenceAccelerator, ...] = ()
    ephemeral_storage: EphemeralStorage | None = None
    runtime_platform: RuntimePlatform | None = None
    enable_fault_injection: bool | None = None
    trusted_execution_configuration: TrustedExecutionConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTaskDefinition:
    task_definition: str
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeregisterTaskDefinition:
    task_definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTaskDefinitions:
    task_definitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTaskDefinitions:
    family_prefix: str | None = None
    status: str | None = None
    sort: str | None = None
    next_token: str | None = None
    max_results: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTaskDefinitionFamilies:
    family_prefix: str | None = None
    status: str | None = None
    next_token: str | None = None
    max_results: int | None = None
