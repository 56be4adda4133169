"""Volumes of EBS and snapshots of them: described, taken, deleted.

ECS makes the volumes, one for each task that asks for one. What is asked for here is written down;
the controller of volumes does it. Sources: the EC2 model and reference of each call.
"""

from dataclasses import replace

from hostless.domain.arns import SnapshotId
from hostless.domain.block_storage import BlockSnapshot, BlockVolume
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_volumes as requests
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.errors import BadParameter, DryRun
from hostless.services.ec2.errors_volumes import (
    SnapshotInUse,
    VolumeInUse,
    VolumeNotReady,
)
from hostless.services.ec2.lookup import need
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.volume_views import (
    SNAPSHOT_FORM,
    VOLUME_FORM,
    VOLUMES_DESCRIBED,
    snapshot_view,
    snapshots_described,
    volume_view,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import BLOCK_SNAPSHOTS, BLOCK_VOLUMES
from hostless.store.store import Store

_LONGEST_DESCRIPTION = 255
_OWN = "self"


class BlockVolumes:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe(self, request: requests.DescribeVolumes, _: Call) -> Answer:
        question = question_of(request, request.volume_ids)
        page = page_for(question, VOLUMES_DESCRIBED, self._store.all(BLOCK_VOLUMES))
        shown = [volume_view(volume) for volume in page.items]
        return {"Volumes": shown, "NextToken": page.next_token}

    async def delete(self, request: requests.DeleteVolume, _: Call) -> Answer:
        volume = need_volume(self._store, request.volume_id)
        if volume.task_arn is not None:
            raise VolumeInUse(volume.id, volume.task_arn)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteVolume")
        transaction.put(BLOCK_VOLUMES, replace(volume, state="deleting"))
        await transaction.commit()
        return None


class BlockSnapshots:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateSnapshot, call: Call) -> Answer:
        volume = need_volume(self._store, request.volume_id)
        description = request.description or ""
        if len(description) > _LONGEST_DESCRIPTION:
            # our words
            raise BadParameter(f"The description has more than {_LONGEST_DESCRIPTION} characters")
        if volume.state == "creating":
            raise VolumeNotReady(volume.id, volume.state)
        tags = tags_for(request.tag_specifications, "snapshot")
        if request.dry_run:
            raise DryRun
        snapshot = BlockSnapshot(
            id=SnapshotId(f"snap-{self._ids.hex(17)}"),
            state="pending",
            volume_id=volume.id,
            size_gib=volume.size_gib,
            file_system=volume.file_system,
            description=description,
            is_encrypted=volume.is_encrypted,
            kms_key_id=volume.kms_key_id,
            tags=tags,
            started_at=call.now,
        )
        transaction = self._store.transaction("CreateSnapshot")
        transaction.put(BLOCK_SNAPSHOTS, snapshot)
        await transaction.commit()
        return snapshot_view(snapshot, call.realm)

    async def describe(self, request: requests.DescribeSnapshots, call: Call) -> Answer:
        """There are no other accounts: what somebody else has, or everybody may use, is nothing."""
        own = {_OWN, call.realm.account_id}
        is_own = not request.owner_ids or bool(own & {*request.owner_ids})
        restorers = request.restorable_by_user_ids
        is_restorable = not restorers or bool(own & {*restorers})
        found = [s for s in self._store.all(BLOCK_SNAPSHOTS) if s.state != "deleting"]
        question = question_of(request, request.snapshot_ids)
        listed = found if is_own and is_restorable else []
        page = page_for(question, snapshots_described(call.realm), listed)
        shown = [snapshot_view(snapshot, call.realm) for snapshot in page.items]
        return {"Snapshots": shown, "NextToken": page.next_token}

    async def delete(self, request: requests.DeleteSnapshot, _: Call) -> Answer:
        """A volume that is being made from it needs it; one that is made does not."""
        snapshot = need(self._store, BLOCK_SNAPSHOTS, SNAPSHOT_FORM, request.snapshot_id)
        if snapshot.state == "deleting":
            raise SNAPSHOT_FORM.not_found(snapshot.id)
        for volume in self._store.all(BLOCK_VOLUMES):
            if volume.snapshot_id == snapshot.id and volume.state == "creating":
                raise SnapshotInUse(snapshot.id, volume.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteSnapshot")
        transaction.put(BLOCK_SNAPSHOTS, replace(snapshot, state="deleting"))
        await transaction.commit()
        return None


def need_volume(store: Store, given: str) -> BlockVolume:
    """One that is not about to go. Raises EC2's errors."""
    volume = need(store, BLOCK_VOLUMES, VOLUME_FORM, given)
    if volume.state == "deleting":
        raise VOLUME_FORM.not_found(given)
    return volume
