"""The volume of EBS of a task as a backend attaches it, or why it cannot be had.

Read from records alone. What a volume's record becomes while its task lives is here, too; what
becomes of it afterwards is for others.
"""

from dataclasses import replace

from hostless.compute.block_volumes import AttachedVolume
from hostless.domain.block_storage import (
    MISMATCH,
    BlockSnapshot,
    BlockVolume,
    new_volume,
    not_set_up,
    state_of_volume,
)
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.store.kinds import BLOCK_SNAPSHOTS, BLOCK_VOLUMES
from hostless.store.store import Store, Transaction


class VolumeRefused(Exception):
    """The message is AWS's."""


def attached_volume_of(store: Store, task: Task) -> AttachedVolume | None:
    """Raises VolumeRefused, for one that is not attached yet."""
    attachment = task.volume
    if attachment is None:
        return None
    asked = attachment.configuration
    record = store.get(BLOCK_VOLUMES, attachment.volume_id)
    snapshot = _snapshot_of(store, task)
    if attachment.status in ("CREATED", "ATTACHING") and asked.snapshot_id:
        _check(asked.snapshot_id, snapshot, asked.size_in_gib, asked.file_system)
    size = record.size_gib if record is not None else asked.size_in_gib
    return AttachedVolume(
        volume=attachment.volume_name,
        id=attachment.volume_id,
        size_gib=size or (snapshot.size_gib if snapshot is not None else 1),
        file_system=asked.file_system,
        snapshot_id=asked.snapshot_id,
        is_kept=not asked.deletes_on_termination,
    )


def _snapshot_of(store: Store, task: Task) -> BlockSnapshot | None:
    asked = None if task.volume is None else task.volume.configuration.snapshot_id
    return None if asked is None else store.get(BLOCK_SNAPSHOTS, asked)


def _check(
    id_: str, snapshot: BlockSnapshot | None, size_gib: int | None, file_system: str
) -> None:
    """As CreateVolume refuses it, which ECS calls; the file system ECS finds out for itself."""
    if snapshot is None or snapshot.state == "deleting":
        sentence = f"The snapshot '{id_}' does not exist."
        raise VolumeRefused(not_set_up("InvalidSnapshot.NotFound", sentence))
    if snapshot.state != "completed":
        sentence = f"Snapshot is in invalid state - {snapshot.state}"
        raise VolumeRefused(not_set_up("IncorrectState", sentence))
    if size_gib is not None and size_gib < snapshot.size_gib:
        sentence = (
            f"Volume of {size_gib}GiB is smaller than snapshot '{id_}', "
            f"expect size>= {snapshot.size_gib}GiB"
        )
        raise VolumeRefused(not_set_up("InvalidParameterValue", sentence))
    if file_system != snapshot.file_system:
        raise VolumeRefused(MISMATCH)


def put_volume(
    store: Store, transaction: Transaction, task: Task, interface: NetworkInterface
) -> None:
    """The task's volume begins, in the zone that the task goes to."""
    volume = new_volume(task, interface.zone, _snapshot_of(store, task), interface.created_at)
    if volume is not None:
        transaction.put(BLOCK_VOLUMES, volume)


def follow_volume(transaction: Transaction, before: Task, after: Task) -> None:
    """The volume's record, when its attachment has changed."""
    if after.volume is None or after.volume == before.volume:
        return
    found = transaction.get(BLOCK_VOLUMES, after.volume.volume_id)
    if found is None or found.task_arn != after.arn:
        return
    changed = _following(found, after)
    if changed != found:
        transaction.put(BLOCK_VOLUMES, changed)


def _following(volume: BlockVolume, task: Task) -> BlockVolume:
    assert task.volume is not None
    state = state_of_volume(task.volume.status)
    has_let_go = state in ("available", "deleting")
    return replace(volume, state=state, task_arn=None if has_let_go else volume.task_arn)
