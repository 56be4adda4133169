"""What becomes of a task's volume as the task goes its way, and why one cannot be had."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, fargate_definition

from hostless.compute.block_volumes import AttachedVolume
from hostless.controllers.task.block_volumes import VolumeRefused, attached_volume_of
from hostless.controllers.task.changes import (
    claimed,
    ended,
    failed_to_start,
    released,
    volume_attached,
)
from hostless.domain.arns import SnapshotId, VolumeId
from hostless.domain.block_storage import (
    MISMATCH,
    BlockSnapshot,
    new_volume,
    not_set_up,
    state_of_volume,
)
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.network.new_interface import new_interface
from hostless.store.kinds import BLOCK_SNAPSHOTS, TASKS

ROLE = "arn:aws:iam::000000000000:role/ecsInfrastructureRole"
SNAPSHOT = BlockSnapshot(
    id=SnapshotId("snap-12345678"),
    state="completed",
    volume_id=VolumeId("vol-1"),
    size_gib=5,
    file_system="xfs",
    started_at=0.0,
)


async def world_with_task(**volume: Any) -> tuple[World, Task]:
    world = await World().open()
    await world.call("CreateCluster")
    at = {"source_volume": "v", "container_path": "/v"}
    app = {"name": "app", "image": "busybox:1", "mount_points": [at]}
    launched = {"name": "v", "configured_at_launch": True}
    members = fargate_definition(volumes=[launched], container_definitions=[app])
    await world.call("RegisterTaskDefinition", **members)
    configuration = {"name": "v", "managed_ebs_volume": {"role_arn": ROLE, **volume}}
    await world.call(
        "RunTask",
        task_definition="web",
        launch_type="FARGATE",
        network_configuration=world.network_configuration(),
        volume_configurations=[configuration],
    )
    (task,) = world.store.all(TASKS)
    transaction = world.store.transaction("test")
    transaction.put(BLOCK_SNAPSHOTS, SNAPSHOT)
    await transaction.commit()
    return world, task


def status_of(task: Task) -> str:
    assert task.volume is not None
    return task.volume.status


def interface_of(world: World) -> NetworkInterface:
    return new_interface(world.network.subnets[0], "172.31.0.9", "1" * 17, "us-east-1", 5.0)


async def test_a_volume_comes_and_goes_with_its_task() -> None:
    world, task = await world_with_task(size_in_gib=7)
    assert status_of(task) == "CREATED"
    placed = claimed(task, interface_of(world))
    running = volume_attached(placed)
    stopping = ended(running, 9.0)
    gone = released(stopping, 9.0)
    ways = [status_of(each) for each in (placed, running, stopping, gone)]
    assert ways == ["ATTACHING", "ATTACHED", "DETACHING", "DELETED"]
    states = [state_of_volume(status) for status in ways]  # type: ignore[arg-type]
    assert states == ["creating", "in-use", "in-use", "deleting"]


async def test_one_that_is_to_be_kept_is_kept_only_if_the_task_had_it() -> None:
    policy = {"delete_on_termination": False}
    world, task = await world_with_task(size_in_gib=7, termination_policy=policy)
    placed = claimed(task, interface_of(world))
    had = released(ended(volume_attached(placed), 9.0), 9.0)
    never = released(ended(placed, 9.0), 9.0)
    assert (status_of(had), status_of(never)) == ("DETACHED", "DELETED")


async def test_why_a_volume_could_not_be_had_is_its_reason_and_other_reasons_are_not() -> None:
    _, task = await world_with_task(size_in_gib=7)
    failed = failed_to_start(task, MISMATCH, None, 1.0)
    other = failed_to_start(task, "CannotPullContainerError: no", None, 1.0)
    assert failed.volume is not None
    assert other.volume is not None
    assert (failed.volume.status_reason, other.volume.status_reason) == (MISMATCH, None)


async def test_a_backend_is_told_what_was_asked_for() -> None:
    world, task = await world_with_task(snapshot_id=SNAPSHOT.id)
    assert task.volume is not None
    volume = attached_volume_of(world.store, task)
    assert volume == AttachedVolume(
        volume="v",
        id=task.volume.volume_id,
        size_gib=5,
        file_system="xfs",
        snapshot_id=SNAPSHOT.id,
    )
    record = new_volume(task, "us-east-1a", SNAPSHOT, 3.0)
    assert record is not None
    assert (record.size_gib, record.volume_type, record.iops) == (5, "gp2", 100)
    tags = {tag.key: tag.value for tag in record.tags}
    assert tags == {"AmazonECSCreated": task.arn, "AmazonECSManaged": "true"}


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"filesystem_type": "ext4"}, {}, MISMATCH),
    (
        {"size_in_gib": 4},
        {},
        not_set_up(
            "InvalidParameterValue",
            "Volume of 4GiB is smaller than snapshot 'snap-12345678', expect size>= 5GiB",
        ),
    ),
    (
        {},
        {"state": "pending"},
        not_set_up("IncorrectState", "Snapshot is in invalid state - pending"),
    ),
    (
        {},
        {"state": "deleting"},
        not_set_up("InvalidSnapshot.NotFound", "The snapshot 'snap-12345678' does not exist."),
    ),
]


@pytest.mark.parametrize(("asked", "snapshot", "sentence"), REFUSED)
async def test_a_snapshot_that_does_not_fit_is_refused_until_the_volume_is_attached(
    asked: dict[str, Any], snapshot: dict[str, Any], sentence: str
) -> None:
    world, task = await world_with_task(snapshot_id=SNAPSHOT.id, **asked)
    transaction = world.store.transaction("test")
    transaction.put(BLOCK_SNAPSHOTS, replace(SNAPSHOT, **snapshot))
    await transaction.commit()
    with pytest.raises(VolumeRefused) as raised:
        attached_volume_of(world.store, task)
    assert str(raised.value) == sentence
    attached = volume_attached(claimed(task, interface_of(world)))
    assert attached_volume_of(world.store, attached) is not None
