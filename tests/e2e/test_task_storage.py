"""End to end: ephemeral storage of a task, as a client asks for it."""

import pytest
from tests.e2e.conftest import LOGS, Runner, log_lines, run_on, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
MIB_OF_A_GIB = 1024
SHOWS_ITS_DISK = {
    "entryPoint": ["sh", "-c"],
    "command": [
        "for f in / /data; do df -Pm $f | tail -1; done;"
        "fallocate -l 20G /data/x && echo taken; fallocate -l 99G /x || echo refused"
    ],
    "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
}
DATA = {"volumes": [{"name": "data", "host": {}}]}


@pytest.mark.parametrize(("asked", "overridden", "given"), [(None, None, 20), (21, 30, 30)])
def test_a_task_has_the_storage_that_is_shown(
    engine: RunningEngine, run: Runner, asked: int | None, overridden: int | None, given: int
) -> None:
    definition = DATA | ({"ephemeralStorage": {"sizeInGiB": asked}} if asked else {})
    overrides = {"ephemeralStorage": {"sizeInGiB": overridden}} if overridden else {}
    task = run(SHOWS_ITS_DISK, definition=definition, overrides=overrides)
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["fargateEphemeralStorage"] == task["ephemeralStorage"] == {"sizeInGiB": given}
    said = log_lines(engine, task)
    assert [int(line.split()[1]) // MIB_OF_A_GIB for line in said[:2]] == [given, given]
    assert sum("No space left on device" in line for line in said) == 1, said
    assert said[-3:] == ["taken", said[-2], "refused"]


def test_a_killed_engines_disks_are_taken_over_and_go_with_their_tasks(
    own_engine: RunningEngine, image: str
) -> None:
    own_engine.start()
    own_engine.client("ecs").create_cluster()
    own_engine.client("logs").create_log_group(logGroupName=LOGS)
    arns = [run_on(own_engine, image, {"command": ["sleep", "1000"]})["taskArn"] for _ in range(3)]
    for arn in arns:
        wait_until(own_engine, arn, "RUNNING")
    before = own_engine.traces()["disks"]
    assert len(before) == len(arns)
    own_engine.kill()
    own_engine.start()
    assert own_engine.traces()["disks"] == before
    own_engine.client("ecs").stop_task(task=arns[0])
    wait_until(own_engine, arns[0], "STOPPED")
    wait_for(lambda: len(own_engine.traces()["disks"]) == len(arns) - 1, what="a disk goes")
    own_engine.kill()
    own_engine.purge()
    assert not own_engine.remains()
