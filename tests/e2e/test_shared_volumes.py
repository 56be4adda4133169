"""End to end: volumes of EFS, as clients make, share and delete them."""

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import (
    Runner,
    container_of,
    log_lines,
    run_on,
    started_engine,
    wait_until,
)
from tests.e2e.test_readme import IMAGE, STATE_DIR, typed
from tests.support.engine import PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "storage.md"
WORDS = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "
    "stderr: "
)


def new_file_system(engine: RunningEngine, token: str, *, has_targets: bool = True) -> str:
    """Available, with a mount target in every subnet."""
    efs = engine.client("efs")
    id_ = str(efs.create_file_system(CreationToken=token)["FileSystemId"])

    def is_available() -> bool:
        (shown,) = efs.describe_file_systems(FileSystemId=id_)["FileSystems"]
        return bool(shown["LifeCycleState"] == "available")

    wait_for(is_available, what="the file system")
    for subnet in engine.subnets() if has_targets else ():
        efs.create_mount_target(FileSystemId=id_, SubnetId=subnet)
    return id_


def delete(engine: RunningEngine, id_: str) -> None:
    efs = engine.client("efs")
    for target in efs.describe_mount_targets(FileSystemId=id_)["MountTargets"]:
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    efs.delete_file_system(FileSystemId=id_)

    def is_gone() -> bool:
        every = efs.describe_file_systems()["FileSystems"]
        return id_ not in [each["FileSystemId"] for each in every]

    wait_for(is_gone, what="the end of the file system")


def files_of(engine: RunningEngine, id_: str) -> Path:
    return engine.state_dir / "compute/efs" / id_ / "files"


def shell(script: str, **more: Any) -> dict[str, Any]:
    at = {"sourceVolume": "data", "containerPath": "/data"}
    return {"entryPoint": ["sh", "-c"], "command": [script], "mountPoints": [at], **more}


def volume(id_: str, **more: Any) -> dict[str, Any]:
    configuration = {"fileSystemId": id_, **more}
    return {"volumes": [{"name": "data", "efsVolumeConfiguration": configuration}]}


def through(point: str) -> dict[str, Any]:
    return {
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": point, "iam": "DISABLED"},
    }


def reason_of(engine: RunningEngine, task: dict[str, Any]) -> str:
    stopped = wait_until(engine, task["taskArn"], "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    return str(stopped["stoppedReason"])


def test_tasks_share_a_file_system_which_a_killed_engine_keeps(tmp_path: Path, image: str) -> None:
    with started_engine(tmp_path / "state") as engine:
        id_ = new_file_system(engine, "shared")
        reading = "until [ -s /data/in ]; do sleep 0.1; done; cat /data/in"
        reader = run_on(engine, image, shell(reading), definition=volume(id_))
        wait_until(engine, reader["taskArn"], "RUNNING")
        engine.kill()
        engine.start()
        writing = "echo hello > /data/draft; mv /data/draft /data/in"
        writer = run_on(engine, image, shell(writing), definition=volume(id_))
        wait_until(engine, writer["taskArn"], "STOPPED")
        wait_until(engine, reader["taskArn"], "STOPPED")
        assert log_lines(engine, reader) == ["hello"]
        assert (files_of(engine, id_) / "in").read_text() == "hello\n"
        shown = engine.client("efs").describe_file_systems(FileSystemId=id_)["FileSystems"][0]
        assert shown["NumberOfMountTargets"] == len(engine.subnets())
        wait_for(lambda: not engine.traces(), what="nothing left of the tasks")


def test_a_task_acts_as_the_user_of_its_access_point_also_by_volumes_from(
    engine: RunningEngine, run: Runner
) -> None:
    id_ = new_file_system(engine, "points")
    point = engine.client("efs").create_access_point(
        ClientToken="app",
        FileSystemId=id_,
        PosixUser={"Uid": 1234, "Gid": 2345},
        RootDirectory={
            "Path": "/app/data",
            "CreationInfo": {"OwnerUid": 1234, "OwnerGid": 2345, "Permissions": "0700"},
        },
    )["AccessPointId"]
    reading = {
        "entryPoint": ["sh", "-c"],
        "command": [
            "until [ -s /data/file ]; do sleep 0.1; done; cat /data/file;"
            "touch /data/mine 2>/dev/null || echo read-only"
        ],
        "volumesFrom": [{"sourceContainer": "c0", "readOnly": True}],
    }
    writing = shell("echo written > /data/file; ls /data/..; sleep 1000", user="77:78")
    task = run(writing, {**reading, "user": "77:78"}, definition=volume(id_, **through(point)))
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert container_of(task, "c1")["exitCode"] == 0
    assert log_lines(engine, task, "c1") == ["written", "read-only"]
    found = (files_of(engine, id_) / "app/data/file").stat()
    assert (found.st_uid, found.st_gid) == (1234, 2345)
    delete(engine, id_)
    assert not files_of(engine, id_).parent.exists()


def test_what_cannot_be_mounted_is_told_in_the_words_of_aws(
    engine: RunningEngine, run: Runner
) -> None:
    id_ = new_file_system(engine, "refusals", has_targets=False)
    task = run(shell("true"), definition=volume(id_))
    reason = reason_of(engine, task)
    assert reason.startswith(f'{WORDS}Failed to resolve "{id_}.efs.us-east-1.amazonaws.com"')
    efs, ec2 = engine.client("efs"), engine.client("ec2")
    closed = ec2.create_security_group(GroupName="no-nfs", Description="closed")["GroupId"]
    targets = [
        efs.create_mount_target(FileSystemId=id_, SubnetId=subnet, SecurityGroups=[closed])
        for subnet in engine.subnets()
    ]
    task = run(shell("true"), definition=volume(id_))
    assert reason_of(engine, task) == (
        f"{WORDS}b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; "
        "code: 32"
    )
    for target in targets:
        efs.modify_mount_target_security_groups(MountTargetId=target["MountTargetId"])
    task = run(shell("true"), definition=volume(id_, rootDirectory="/none"))
    assert "efs.us-east-1.amazonaws.com:/none failed, reason given by server: No such" in (
        reason_of(engine, task)
    )
    task = run(shell("true"), definition=volume(id_, **through("fsap-0123456789abcdef0")))
    assert "mount.nfs4: access denied by server while mounting 127.0.0.1:/" in (
        reason_of(engine, task)
    )
    delete(engine, id_)
    ec2.delete_security_group(GroupId=closed)


def test_a_file_system_is_made_and_used_as_its_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    (block,) = [
        part.split("```")[0]
        for part in DOCUMENT.read_text().split("```console\n")[1:]
        if "create-file-system" in part
    ]
    own_engine.start()
    here = block.replace(IMAGE, image).replace("sudo ", "")
    printed = typed(
        here.replace(STATE_DIR, str(own_engine.state_dir)),
        **own_engine.environment,
        PATH=f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    )
    assert printed.endswith("\nran\n")
