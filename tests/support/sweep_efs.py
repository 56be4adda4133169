"""File systems in the world that the sweep asks: what there is, and right requests about it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import ACCESS_POINTS, FILE_SYSTEMS, MOUNT_TARGETS

_POLICY = '{"Version": "2012-10-17", "Statement": []}'


def usual_efs(world: World) -> dict[str, dict[str, Any]]:
    """About the one file system, mount target and access point that are furnished."""
    file_system = {"FileSystemId": next((f.id for f in world.store.all(FILE_SYSTEMS)), "fs-0")}
    target = {"MountTargetId": next((m.id for m in world.store.all(MOUNT_TARGETS)), "fsmt-0")}
    point = {"AccessPointId": next((p.id for p in world.store.all(ACCESS_POINTS)), "fsap-0")}
    resource = {"ResourceId": file_system["FileSystemId"]}
    of_file_systems = (
        "UpdateFileSystem",
        "DeleteFileSystem",
        "UpdateFileSystemProtection",
        "DescribeFileSystemPolicy",
        "DeleteFileSystemPolicy",
        "DescribeBackupPolicy",
        "DescribeLifecycleConfiguration",
        "PutBackupPolicy",
        "CreateTags",
        "DeleteTags",
        "DescribeTags",
        "DescribeMountTargets",
    )
    return {
        **dict.fromkeys(of_file_systems, file_system),
        **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), resource),
        "PutLifecycleConfiguration": {
            **file_system,
            "LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}],
        },
        "PutFileSystemPolicy": {**file_system, "Policy": _POLICY},
        "CreateFileSystem": {"CreationToken": "new"},
        "CreateMountTarget": {**file_system, "SubnetId": world.network.subnets[1].id},
        "DeleteMountTarget": target,
        "DescribeMountTargetSecurityGroups": target,
        "ModifyMountTargetSecurityGroups": target,
        "CreateAccessPoint": {
            **file_system,
            "ClientToken": "new",
            "PosixUser": {"Uid": 1000, "Gid": 1000, "SecondaryGids": [1001]},
            "RootDirectory": {
                "Path": "/app",
                "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"},
            },
        },
        "DeleteAccessPoint": point,
    }


def efs_furniture(world: World) -> Iterable[tuple[str, dict[str, Any]]]:
    file_system = {"FileSystemId": next(iter(world.store.all(FILE_SYSTEMS))).id}
    backup = {"BackupPolicy": {"Status": "ENABLED"}}
    yield "PutBackupPolicy", {**file_system, **backup}
    yield "PutFileSystemPolicy", {**file_system, "Policy": _POLICY}
    yield "CreateMountTarget", {**file_system, "SubnetId": world.network.subnets[0].id}
    yield "CreateAccessPoint", {**file_system, "ClientToken": "one"}


async def let_available(world: World) -> None:
    """What the controller would have done."""
    for each in list(world.store.all(FILE_SYSTEMS)):
        if each.state == "creating":
            await world.store.update(
                FILE_SYSTEMS, each.id, lambda f: replace(f, state="available"), "test"
            )
