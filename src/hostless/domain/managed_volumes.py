"""Volumes of EBS that are configured when a task is launched: what callers say of them.

Shapes of the ECS model: `TaskVolumeConfiguration`, and `ServiceVolumeConfiguration`, which is the
same but for the termination policy. What is refused is `managed_volume_rules`', what becomes of a
volume `block_storage`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hostless.domain.tags import Tag

DEFAULT_VOLUME_TYPE = "gp2"
"""Of CreateVolume, which `volumeType` maps to one to one (ECS API)."""
DEFAULT_FILE_SYSTEM = "xfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class EbsTagSpecification:
    resource_type: str
    tags: tuple[Tag, ...] = ()
    propagate_tags: Literal["TASK_DEFINITION", "SERVICE", "NONE"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationPolicy:
    delete_on_termination: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedVolume:
    """role_arn: of the infrastructure role. Either a size or a snapshot is given, or both."""

    role_arn: str
    encrypted: bool | None = None
    kms_key_id: str | None = None
    volume_type: str | None = None
    size_in_gib: int | None = None
    snapshot_id: str | None = None
    volume_initialization_rate: int | None = None
    iops: int | None = None
    throughput: int | None = None
    tag_specifications: tuple[EbsTagSpecification, ...] = ()
    termination_policy: TerminationPolicy | None = None
    filesystem_type: str | None = None

    @property
    def deletes_on_termination(self) -> bool:
        policy = self.termination_policy
        return policy is None or policy.delete_on_termination

    @property
    def file_system(self) -> str:
        return self.filesystem_type or DEFAULT_FILE_SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeConfiguration:
    """name: of the volume in the task definition."""

    name: str
    managed_ebs_volume: ManagedVolume | None = None


def volume_tags(
    volume: ManagedVolume, definition_tags: Iterable[Tag], service_tags: Iterable[Tag] = ()
) -> tuple[Tag, ...]:
    """What the caller says, and what is propagated; ECS adds its own two."""
    tags: dict[str | None, Tag] = {}
    for specification in volume.tag_specifications:
        inherited = {"TASK_DEFINITION": definition_tags, "SERVICE": service_tags}.get(
            specification.propagate_tags or "NONE", ()
        )
        tags.update((tag.key, tag) for tag in (*inherited, *specification.tags))
    return tuple(tags.values())


def own_volume_tags(task_arn: str) -> tuple[Tag, ...]:
    """Those that ECS puts on every volume that it makes (ECS Developer Guide, "Use Amazon EBS
    volumes with Amazon ECS")."""
    return (
        Tag(key="AmazonECSCreated", value=task_arn),
        Tag(key="AmazonECSManaged", value="true"),
    )
