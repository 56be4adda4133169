"""End to end: volumes of EBS that are configured at launch, as clients have and keep them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import log_lines, run_on, started_engine, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
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


def test_a_running_task_keeps_its_volume_when_the_engine_is_killed(
    tmp_path: Path, image: str
) -> None:
    with started_engine(tmp_path / "state") as engine:
        script = "echo one > /data/f; until [ -e /data/go ]; do sleep 0.1; done; cat /data/f"
        task = run(engine, image, script + "; sync", **KEPT)
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
