"""End to end: volumes of EBS that are configured at launch, as clients have and keep them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import log_lines, run_on, started_engine, wait_until
from tests.e2e.test_readme import IMAGE, STATE_DIR, typed
from tests.support.engine import PATIENTLY, PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "storage.md"
ROLE = "arn:aws:iam::000000000000:role/ecsInfrastructureRole"
DEFINITION = {"volumes": [{"name": "data", "configuredAtLaunch": True}]}
LEVELS = ("container", "gvisor")


def shell(script: str, **more: Any) -> dict[str, Any]:
    at = {"sourceVolume": "data", "containerPath": "/data", **more}
    return {"entryPoint": ["sh", "-c"], "command": [script], "mountPoints": [at]}


def of_size(gib: int | None = 1, **more: Any) -> list[dict[str, Any]]:
    size = {} if gib is None else {"sizeInGiB": gib}
    return [{"name": "data", "managedEBSVolume": {"roleArn": ROLE, **size, **more}}]


KEPT = {"terminationPolicy": {"deleteOnTermination": False}}


def attachment_of(task: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Its status and details."""
    (found,) = (a for a in task["attachments"] if a["type"] == "AmazonElasticBlockStorage")
    return found["status"], {each["name"]: each["value"] for each in found["details"]}


def files_in(engine: RunningEngine, kind: str) -> list[str]:
    folder = engine.state_dir / "compute/ebs" / kind
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def run(
    engine: RunningEngine, image: str, script: str, level: str = "container", **volume: Any
) -> dict[str, Any]:
    return run_on(
        engine,
        image,
        shell(script),
        definition=DEFINITION,
        volumeConfigurations=of_size(**volume),
        tags=[{"key": "hostless:isolation", "value": level}],
    )


def ended(engine: RunningEngine, task: dict[str, Any]) -> dict[str, Any]:
    return wait_until(engine, task["taskArn"], "STOPPED")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("ebs") / "state") as engine:
        yield engine


@pytest.mark.parametrize("level", LEVELS)
def test_a_volume_has_its_size_is_full_at_its_end_and_goes_with_the_task(
    engine: RunningEngine, image: str, level: str
) -> None:
    script = (
        "df -m /data | tail -1 | awk '{print ($2 > 930 && $2 <= 1024) ? \"sized\" : $0}';"
        "dd if=/dev/zero of=/data/f bs=1M count=1100 2>&1 | grep -o 'No space left on device';"
        "df -m /data | tail -1 | awk '{print ($4 < 10) ? \"full\" : $0}'"
    )
    task = run(engine, image, script, level)
    status, details = attachment_of(task)
    assert status == "CREATED"
    assert details == {"roleArn": ROLE, "volumeName": "data", "deleteOnTermination": "true"}
    stopped = ended(engine, task)
    assert log_lines(engine, stopped) == ["sized", "No space left on device", "full"]
    status, details = attachment_of(stopped)
    assert (status, details["volumeId"][:4]) == ("DELETED", "vol-")
    wait_for(lambda: not engine.traces(), what="nothing left of the task")
    wait_for(lambda: not files_in(engine, "volumes"), what="the end of the volume")


@pytest.mark.parametrize("kind", ["ext3", "ext4", "xfs"])
def test_a_volume_has_the_file_system_asked_for(
    engine: RunningEngine, image: str, kind: str
) -> None:
    task = run(engine, image, "grep ' /data ' /proc/mounts", filesystemType=kind)
    stopped = ended(engine, task)
    (line,) = log_lines(engine, stopped)
    assert line.split()[2] == {"ext3": "ext4"}.get(kind, kind)


@pytest.mark.parametrize("level", LEVELS)
def test_who_only_reads_does_not_write(engine: RunningEngine, image: str, level: str) -> None:
    task = run_on(
        engine,
        image,
        shell("echo here > /data/f; sleep 1000"),
        shell(
            "until [ -s /data/f ]; do sleep 0.1; done; cat /data/f; touch /data/g 2>&1 || echo no",
            readOnly=True,
        ),
        definition=DEFINITION,
        volumeConfigurations=of_size(),
        tags=[{"key": "hostless:isolation", "value": level}],
    )
    lines = log_lines(engine, ended(engine, task), "c1")
    assert (lines[0], lines[-1]) == ("here", "no")


@pytest.mark.parametrize("level", LEVELS)
def test_a_running_task_keeps_its_volume_when_the_engine_is_killed(
    tmp_path: Path, image: str, level: str
) -> None:
    with started_engine(tmp_path / "state") as engine:
        script = "echo one > /data/f; until [ -e /data/go ]; do sleep 0.1; done; cat /data/f"
        task = run(engine, image, script + "; sync", level, **KEPT)
        running = wait_until(engine, task["taskArn"], "RUNNING")
        status, details = attachment_of(running)
        assert (status, details["deleteOnTermination"]) == ("ATTACHED", "false")
        engine.kill()
        engine.start()
        mounted = engine.state_dir / "compute/run/volumes" / details["volumeId"]
        (mounted / "go").touch()
        stopped = ended(engine, task)
        assert log_lines(engine, stopped) == ["one"]
        assert attachment_of(stopped)[0] == "DETACHED"
        wait_for(lambda: not engine.traces(), what="nothing left of the task")
        assert files_in(engine, "volumes") == [details["volumeId"]]


def test_what_cannot_be_set_up_ends_the_task_in_the_words_of_aws(
    engine: RunningEngine, image: str
) -> None:
    stopped = ended(engine, run(engine, image, "true", gib=None, snapshotId="snap-12345678"))
    reason = (
        'ECS failed to set up the EBS volume. Encountered InvalidSnapshot.NotFound"; '
        "\"The snapshot 'snap-12345678' does not exist.\""
    )
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("TaskFailedToStart", reason)
    status, details = attachment_of(stopped)
    assert (status, details["statusReason"]) == ("DELETED", reason)
    wait_for(lambda: not files_in(engine, "volumes"), what="nothing left of the volume")


def snapshot_of(engine: RunningEngine, volume_id: str) -> str:
    ec2 = engine.client("ec2")
    id_ = str(ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"])
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[id_], WaiterConfig=PATIENTLY)
    return id_


@pytest.mark.parametrize(("kind", "level"), [("ext4", "container"), ("xfs", "gvisor")])
def test_a_task_begins_with_what_a_running_one_had_at_the_snapshot_on_a_larger_disk(
    engine: RunningEngine, image: str, kind: str, level: str
) -> None:
    ec2 = engine.client("ec2")
    script = (
        "echo then > /data/f; touch /data/ready; until [ -e /data/go ]; do sleep 0.1; done;"
        "echo later > /data/f"
    )
    writer = run(engine, image, script, level, filesystemType=kind)
    running = wait_until(engine, writer["taskArn"], "RUNNING")
    volume_id = attachment_of(running)[1]["volumeId"]
    mounted = engine.state_dir / "compute/run/volumes" / volume_id
    wait_for(lambda: (mounted / "ready").exists(), what="what the task writes")
    (shown,) = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert shown["Attachments"][0]["AssociatedResource"] == writer["taskArn"]
    with pytest.raises(ClientError, match="VolumeInUse"):
        ec2.delete_volume(VolumeId=volume_id)
    snapshot = snapshot_of(engine, volume_id)
    (mounted / "go").touch()
    ended(engine, writer)
    reading = "cat /data/f; df -m /data | tail -1 | awk '{print ($2 > 1800) ? \"larger\" : $0}'"
    for size, is_larger in ((None, False), (2, True)):
        volume = {"gib": size, "snapshotId": snapshot, "filesystemType": kind}
        stopped = ended(engine, run(engine, image, reading, level, **volume))
        assert stopped["stopCode"] == "EssentialContainerExited", stopped["stoppedReason"]
        first, second = log_lines(engine, stopped)
        assert (first, second == "larger") == ("then", is_larger)
    other = {"gib": None, "snapshotId": snapshot, "filesystemType": "ext3"}
    refused = ended(engine, run(engine, image, reading, **other))
    assert refused["stoppedReason"] == (
        "ECS timed out while configuring the EBS volume attachment to your Task"
    )
    ec2.delete_snapshot(SnapshotId=snapshot)
    wait_for(lambda: not files_in(engine, "snapshots"), what="the end of the snapshot")


def test_a_kept_volume_is_there_until_it_is_deleted(engine: RunningEngine, image: str) -> None:
    ec2 = engine.client("ec2")
    stopped = ended(engine, run(engine, image, "echo kept > /data/f", "gvisor", **KEPT))
    id_ = attachment_of(stopped)[1]["volumeId"]
    (shown,) = ec2.describe_volumes(VolumeIds=[id_])["Volumes"]
    assert (shown["State"], shown["Size"], shown["Attachments"]) == ("available", 1, [])
    tags = {tag["Key"]: tag["Value"] for tag in shown["Tags"]}
    assert tags == {"AmazonECSCreated": stopped["taskArn"], "AmazonECSManaged": "true"}
    snapshot = snapshot_of(engine, id_)
    reader = run(engine, image, "cat /data/f", gib=None, snapshotId=snapshot)
    assert log_lines(engine, ended(engine, reader)) == ["kept"]
    ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.delete_volume(VolumeId=id_)
    ec2.get_waiter("volume_deleted").wait(VolumeIds=[id_], WaiterConfig=PATIENTLY)
    wait_for(lambda: not files_in(engine, "snapshots"), what="the end of the snapshot")
    assert not files_in(engine, "volumes")


def test_an_engine_killed_in_the_middle_of_a_snapshot_leaves_no_task_waiting(
    tmp_path: Path, image: str
) -> None:
    with started_engine(tmp_path / "state") as engine:
        script = "until [ -e /data/go ]; do date > /data/f; sleep 0.1; done"
        task = run(engine, image, script)
        running = wait_until(engine, task["taskArn"], "RUNNING")
        id_ = attachment_of(running)[1]["volumeId"]
        mounted = engine.state_dir / "compute/run/volumes" / id_
        (mounted / "go").touch()
        (mounted / "go").unlink()
        engine.kill()
        subprocess.run(["fsfreeze", "--freeze", mounted], check=True)
        engine.start()
        (mounted / "go").touch()  # it would wait for ever
        assert ended(engine, task)["stopCode"] == "EssentialContainerExited"


def test_each_task_of_a_service_has_a_volume_of_its_own(engine: RunningEngine, image: str) -> None:
    ecs, ec2 = engine.client("ecs"), engine.client("ec2")
    made = run(engine, image, "echo mine > /data/f; sleep 1000")
    ended_first = ecs.stop_task(task=made["taskArn"])["task"]
    place = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
    service = ecs.create_service(
        serviceName="disks",
        taskDefinition=made["taskDefinitionArn"],
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=place,
        volumeConfigurations=of_size(1, filesystemType="ext4"),
    )["service"]
    given = service["deployments"][0]["volumeConfigurations"]
    assert given == of_size(1, filesystemType="ext4")
    ecs.get_waiter("services_stable").wait(services=["disks"], WaiterConfig=PATIENTLY)
    ended(engine, ended_first)
    volumes = ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["in-use"]}])["Volumes"]
    tasks = ecs.list_tasks(serviceName="disks")["taskArns"]
    assert {v["Attachments"][0]["AssociatedResource"] for v in volumes} == {*tasks}
    ecs.delete_service(service="disks", force=True)
    ecs.get_waiter("services_inactive").wait(services=["disks"], WaiterConfig=PATIENTLY)
    wait_for(lambda: not files_in(engine, "volumes"), what="the end of the volumes")
    wait_for(lambda: not engine.traces(), what="nothing left of the tasks")


def test_a_volume_is_kept_and_used_again_as_its_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    (block,) = [
        part.split("```")[0]
        for part in DOCUMENT.read_text().split("```console\n")[1:]
        if "create-snapshot" in part
    ]
    own_engine.start()
    here = block.replace(IMAGE, image).replace("sudo ", "")
    printed = typed(
        here.replace(STATE_DIR, str(own_engine.state_dir)),
        **own_engine.environment,
        PATH=f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    )
    assert printed.endswith("EssentialContainerExited\n")
