"""Volumes and snapshots of EBS as EC2 shows them, and what they are found by.

Shapes: `Volume`, `VolumeAttachment` and `Snapshot` of the EC2 model.
"""

from hostless.domain.arns import Realm
from hostless.domain.block_storage import BlockSnapshot, BlockVolume
from hostless.domain.errors import ApiError
from hostless.services.ec2.describing import Described, IdForm, tags_view, truth
from hostless.services.ec2.errors_volumes import SnapshotNotFound, VolumeNotFound
from hostless.services.instants import iso_milliseconds

_FARGATE = "fargate.amazonaws.com"


class _VolumeForm(IdForm):
    def not_found(self, given: str) -> ApiError:
        return VolumeNotFound(given)


class _SnapshotForm(IdForm):
    def not_found(self, given: str) -> ApiError:
        return SnapshotNotFound(given)


VOLUME_FORM = _VolumeForm(noun="VolumeID", spoken="volume", prefix="vol-")
SNAPSHOT_FORM = _SnapshotForm(noun="SnapshotID", spoken="snapshot", prefix="snap-")


def volume_view(volume: BlockVolume) -> dict[str, object]:
    return {
        "VolumeId": volume.id,
        "State": volume.state,
        "AvailabilityZone": volume.zone,
        "Size": volume.size_gib,
        "VolumeType": volume.volume_type,
        "Iops": volume.iops,
        "Throughput": volume.throughput,
        "Encrypted": volume.is_encrypted,
        "KmsKeyId": volume.kms_key_id,
        "SnapshotId": volume.snapshot_id or "",
        "VolumeInitializationRate": volume.initialization_rate,
        "MultiAttachEnabled": False,
        "CreateTime": volume.created_at,
        "Attachments": _attachments(volume),
        "Tags": tags_view(volume.tags),
    }


def _attachments(volume: BlockVolume) -> list[dict[str, object]]:
    if volume.task_arn is None:
        return []
    return [
        {
            "VolumeId": volume.id,
            "AssociatedResource": volume.task_arn,
            "InstanceOwningService": _FARGATE,
            "State": attachment_state(volume),
            "AttachTime": volume.created_at,
            "DeleteOnTermination": volume.deletes_on_termination,
        }
    ]


def attachment_state(volume: BlockVolume) -> str:
    return "attached" if volume.state == "in-use" else "attaching"


def snapshot_view(snapshot: BlockSnapshot, realm: Realm) -> dict[str, object]:
    return {
        "SnapshotId": snapshot.id,
        "VolumeId": snapshot.volume_id,
        "State": snapshot.state,
        "StateMessage": snapshot.message,
        "Progress": progress_of(snapshot),
        "VolumeSize": snapshot.size_gib,
        "FullSnapshotSizeInBytes": snapshot.size_bytes if snapshot.completed_at else None,
        "Description": snapshot.description,
        "Encrypted": snapshot.is_encrypted,
        "KmsKeyId": snapshot.kms_key_id,
        "OwnerId": realm.account_id,
        "StorageTier": "standard",
        "StartTime": snapshot.started_at,
        "CompletionTime": snapshot.completed_at,
        "Tags": tags_view(snapshot.tags),
    }


def progress_of(snapshot: BlockSnapshot) -> str:
    return "100%" if snapshot.state == "completed" else "0%"


VOLUMES_DESCRIBED: Described[BlockVolume] = Described(
    form=VOLUME_FORM,
    id_of=lambda volume: volume.id,
    tags_of=lambda volume: volume.tags,
    filters={
        "attachment.delete-on-termination": lambda volume: (
            () if volume.task_arn is None else truth(volume.deletes_on_termination)
        ),
        "attachment.status": lambda volume: (
            () if volume.task_arn is None else (attachment_state(volume),)
        ),
        "availability-zone": lambda volume: (volume.zone,),
        "create-time": lambda volume: (iso_milliseconds(volume.created_at),),
        "encrypted": lambda volume: truth(volume.is_encrypted),
        "size": lambda volume: (str(volume.size_gib),),
        "snapshot-id": lambda volume: (volume.snapshot_id or "",),
        "status": lambda volume: (volume.state,),
        "volume-id": lambda volume: (volume.id,),
        "volume-type": lambda volume: (volume.volume_type,),
    },
)


def snapshots_described(realm: Realm) -> Described[BlockSnapshot]:
    return Described(
        form=SNAPSHOT_FORM,
        id_of=lambda snapshot: snapshot.id,
        tags_of=lambda snapshot: snapshot.tags,
        filters={
            "description": lambda snapshot: (snapshot.description,),
            "encrypted": lambda snapshot: truth(snapshot.is_encrypted),
            "owner-id": lambda snapshot: (realm.account_id,),
            "progress": lambda snapshot: (progress_of(snapshot),),
            "snapshot-id": lambda snapshot: (snapshot.id,),
            "start-time": lambda snapshot: (iso_milliseconds(snapshot.started_at),),
            "status": lambda snapshot: (snapshot.state,),
            "storage-tier": lambda snapshot: ("standard",),
            "volume-id": lambda snapshot: (snapshot.volume_id,),
            "volume-size": lambda snapshot: (str(snapshot.size_gib),),
        },
    )
