"""Records of Amazon EBS: volumes, which ECS makes one of for a task, and snapshots of them.

What is on them lies in files that the compute side keeps. A volume's state follows that of its
task's attachment until the task lets go of it.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import SnapshotId, TaskArn, VolumeId
from hostless.domain.managed_volumes import DEFAULT_VOLUME_TYPE
from hostless.domain.tags import Tag
from hostless.domain.tasks import AttachmentStatus, Task
from hostless.kit.clock import Timestamp

VolumeState: TypeAlias = Literal["creating", "available", "in-use", "deleting"]
SnapshotState: TypeAlias = Literal["pending", "completed", "error", "deleting"]
_DEFAULT_IOPS = {"gp3": 3_000}
_GP2_IOPS_A_GIB, _GP2_IOPS = 3, range(100, 16_000 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockVolume:
    """task_arn: of the task that has it; None once that has let go of it. file_system: what is on
    it (`xfs`)."""

    id: VolumeId
    state: VolumeState
    zone: str
    size_gib: int
    volume_type: str = DEFAULT_VOLUME_TYPE
    iops: int | None = None
    throughput: int | None = None
    is_encrypted: bool = False
    kms_key_id: str | None = None
    snapshot_id: SnapshotId | None = None
    initialization_rate: int | None = None
    file_system: str
    task_arn: TaskArn | None
    deletes_on_termination: bool = True
    tags: tuple[Tag, ...] = ()
    created_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSnapshot:
    """size_gib: of the volume. size_bytes: of what is in it. message: why its state is `error`."""

    id: SnapshotId
    state: SnapshotState
    volume_id: VolumeId
    size_gib: int
    file_system: str
    size_bytes: int = 0
    description: str = ""
    is_encrypted: bool = False
    kms_key_id: str | None = None
    message: str | None = None
    tags: tuple[Tag, ...] = ()
    started_at: Timestamp
    completed_at: Timestamp | None = None


def new_volume(
    task: Task, zone: str, snapshot: BlockSnapshot | None, now: Timestamp
) -> BlockVolume | None:
    """The volume of a task that is to have one. snapshot: that it is made from, if it is there."""
    attachment = task.volume
    if attachment is None:
        return None
    asked = attachment.configuration
    kind = asked.volume_type or DEFAULT_VOLUME_TYPE
    size = asked.size_in_gib or (snapshot.size_gib if snapshot is not None else 1)
    return BlockVolume(
        id=attachment.volume_id,
        state="creating",
        zone=zone,
        size_gib=size,
        volume_type=kind,
        iops=asked.iops or _iops_of(kind, size),
        throughput=asked.throughput or (125 if kind == "gp3" else None),
        is_encrypted=bool(asked.encrypted or asked.kms_key_id)
        or (snapshot is not None and snapshot.is_encrypted),
        kms_key_id=asked.kms_key_id,
        snapshot_id=None if asked.snapshot_id is None else SnapshotId(asked.snapshot_id),
        initialization_rate=asked.volume_initialization_rate,
        file_system=asked.file_system,
        task_arn=task.arn,
        deletes_on_termination=asked.deletes_on_termination,
        tags=attachment.tags,
        created_at=now,
    )


def _iops_of(kind: str, size_gib: int) -> int | None:
    if kind == "gp2":
        return min(max(_GP2_IOPS_A_GIB * size_gib, _GP2_IOPS.start), _GP2_IOPS.stop - 1)
    return _DEFAULT_IOPS.get(kind)


def state_of_volume(attachment: AttachmentStatus) -> VolumeState:
    """Of a volume, by what its task's attachment shows."""
    match attachment:
        case "ATTACHED" | "DETACHING":
            return "in-use"
        case "DETACHED":
            return "available"
        case "DELETED" | "FAILED":
            return "deleting"
        case _:
            return "creating"


_SET_UP = "ECS failed to set up the EBS volume."
MISMATCH = "ECS timed out while configuring the EBS volume attachment to your Task"
"""What ECS says also when the file system is another one than the snapshot's (ECS Developer Guide,
"Status reasons for Amazon EBS volume attachment to Amazon ECS tasks")."""


def not_set_up(code: str, message: str) -> str:
    """code, message: of EC2's error."""
    return f'{_SET_UP} Encountered {code}"; "{message}"'


def is_about_volume(reason: str) -> bool:
    return reason.startswith((_SET_UP, MISMATCH))
