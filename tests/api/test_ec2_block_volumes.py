"""Volumes of EBS and snapshots of them, through a real EC2 client."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.compute.simulated.block_volumes import SimulatedBlockVolumes
from hostless.controllers.ebs.controller import VolumeController
from hostless.domain.arns import TaskArn, VolumeId
from hostless.domain.block_storage import BlockVolume
from hostless.domain.tags import Tag
from hostless.kit.clock import SystemClock
from hostless.store.kinds import BLOCK_VOLUMES

UNKNOWN = "vol-0123456789abcdef0"
UNKNOWN_SNAPSHOT = "snap-0123456789abcdef0"
DRY = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
AT_ONCE = {"Delay": 0.02, "MaxAttempts": 500}
TASK = TaskArn("arn:aws:ecs:us-east-1:000000000000:task/default/" + "a" * 32)
FREE = BlockVolume(
    id=VolumeId("vol-0aaaaaaaaaaaaaaa1"),
    state="available",
    zone="us-east-1a",
    size_gib=7,
    file_system="xfs",
    task_arn=None,
    tags=(Tag(key="AmazonECSManaged", value="true"),),
    created_at=100.0,
)
HELD = BlockVolume(
    id=VolumeId("vol-0aaaaaaaaaaaaaaa2"),
    state="in-use",
    zone="us-east-1b",
    size_gib=9,
    volume_type="gp3",
    iops=3000,
    throughput=125,
    file_system="ext4",
    task_arn=TASK,
    created_at=200.0,
)


@pytest.fixture
def working(world: World, portal: LoopThread) -> Iterator[None]:
    """The controller over volumes that there are only by name."""

    async def start() -> asyncio.Task[None]:
        transaction = world.store.transaction("tasks")
        for volume in (FREE, HELD):
            transaction.put(BLOCK_VOLUMES, volume)
        await transaction.commit()
        controller = VolumeController(world.store, SimulatedBlockVolumes(), SystemClock())
        return asyncio.get_running_loop().create_task(controller.run())

    running = portal.run(start())
    yield

    async def stop() -> None:
        running.cancel()
        await asyncio.wait([running])

    portal.run(stop())


def ids_by(ec2: Any, name: str, *values: str) -> list[str]:
    found = ec2.describe_volumes(Filters=[{"Name": name, "Values": list(values)}])
    return [volume["VolumeId"] for volume in found["Volumes"]]


def test_a_volume_shows_what_has_it(ec2: Any, working: None) -> None:
    (volume,) = ec2.describe_volumes(VolumeIds=[HELD.id])["Volumes"]
    (attachment,) = volume["Attachments"]
    assert attachment["AssociatedResource"] == TASK
    assert (attachment["State"], attachment["DeleteOnTermination"]) == ("attached", True)
    shown = {name: volume[name] for name in ("State", "Size", "VolumeType", "Iops", "Throughput")}
    assert shown == {
        "State": "in-use",
        "Size": 9,
        "VolumeType": "gp3",
        "Iops": 3000,
        "Throughput": 125,
    }
    assert ids_by(ec2, "status", "available") == [FREE.id]
    assert ids_by(ec2, "attachment.status", "attached") == [HELD.id]
    assert ids_by(ec2, "availability-zone", "us-east-1a") == [FREE.id]
    assert ids_by(ec2, "tag:AmazonECSManaged", "true") == [FREE.id]
    assert ids_by(ec2, "size", "9") == [HELD.id]


def test_a_volume_is_deleted_when_nothing_has_it(ec2: Any, working: None) -> None:
    held = refusal(ec2.delete_volume, VolumeId=HELD.id)
    assert held == ("VolumeInUse", f"Volume {HELD.id} is currently attached to {TASK}")
    assert refusal(ec2.delete_volume, VolumeId=FREE.id, DryRun=True) == DRY
    ec2.delete_volume(VolumeId=FREE.id)
    ec2.get_waiter("volume_deleted").wait(VolumeIds=[FREE.id], WaiterConfig=AT_ONCE)
    gone = refusal(ec2.delete_volume, VolumeId=FREE.id)
    assert gone == ("InvalidVolume.NotFound", f"The volume '{FREE.id}' does not exist.")
    assert refusal(ec2.describe_volumes, VolumeIds=[UNKNOWN])[0] == "InvalidVolume.NotFound"
    assert refusal(ec2.describe_volumes, VolumeIds=["vol"])[0] == "InvalidVolumeID.Malformed"


def test_a_snapshot_is_taken_found_tagged_and_deleted(ec2: Any, working: None) -> None:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": "b"}]}]
    made = ec2.create_snapshot(VolumeId=HELD.id, Description="mine", TagSpecifications=tags)
    assert (made["State"], made["VolumeSize"], made["Progress"]) == ("pending", 9, "0%")
    id_ = made["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[id_], WaiterConfig=AT_ONCE)
    (shown,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert (shown["SnapshotId"], shown["Progress"], shown["Description"]) == (id_, "100%", "mine")
    assert ec2.describe_snapshots(OwnerIds=["amazon"])["Snapshots"] == []
    by_volume = [{"Name": "volume-id", "Values": [HELD.id]}]
    assert len(ec2.describe_snapshots(Filters=by_volume)["Snapshots"]) == 1
    ec2.create_tags(Resources=[id_, HELD.id], Tags=[{"Key": "c", "Value": "d"}])
    kinds = [{"Name": "key", "Values": ["c"]}]
    found = {each["ResourceType"] for each in ec2.describe_tags(Filters=kinds)["Tags"]}
    assert found == {"snapshot", "volume"}
    ec2.delete_snapshot(SnapshotId=id_)
    assert ec2.describe_snapshots()["Snapshots"] == []
    gone = refusal(ec2.delete_snapshot, SnapshotId=id_)
    assert gone == ("InvalidSnapshot.NotFound", f"The snapshot '{id_}' does not exist.")


def test_a_snapshot_stays_while_a_volume_is_made_from_it(
    ec2: Any, world: World, portal: LoopThread, working: None
) -> None:
    id_ = ec2.create_snapshot(VolumeId=FREE.id)["SnapshotId"]
    making = replace(HELD, state="creating", snapshot_id=id_)

    async def put(volume: BlockVolume) -> None:
        transaction = world.store.transaction("test")
        transaction.put(BLOCK_VOLUMES, volume)
        await transaction.commit()

    portal.run(put(making))
    assert refusal(ec2.delete_snapshot, SnapshotId=id_) == (
        "InvalidSnapshot.InUse",
        f"The snapshot {id_} is currently in use by {HELD.id}",
    )
    assert refusal(ec2.create_snapshot, VolumeId=HELD.id)[0] == "IncorrectState"
    portal.run(put(replace(making, state="in-use")))
    ec2.delete_snapshot(SnapshotId=id_)


def test_a_refused_snapshot_makes_nothing(ec2: Any, working: None) -> None:
    missing = refusal(ec2.create_snapshot, VolumeId=UNKNOWN)
    assert missing == ("InvalidVolume.NotFound", f"The volume '{UNKNOWN}' does not exist.")
    assert refusal(ec2.create_snapshot, VolumeId=FREE.id, DryRun=True) == DRY
    assert refusal(ec2.create_snapshot, VolumeId=FREE.id, Description="x" * 256)[0] == (
        "InvalidParameterValue"
    )
    unknown = refusal(ec2.describe_snapshots, SnapshotIds=[UNKNOWN_SNAPSHOT])
    assert unknown[0] == "InvalidSnapshot.NotFound"
    assert ec2.describe_snapshots()["Snapshots"] == []
