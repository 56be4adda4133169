"""End to end: containers begin when what they depend on has come true, and end in reverse."""

from typing import Any

import pytest
from tests.e2e.conftest import Runner, container_of, wait_until
from tests.support.engine import RunningEngine, describe, wait_for

pytestmark = pytest.mark.root
SHARED = [{"sourceVolume": "v", "containerPath": "/v"}]
VOLUME = {"volumes": [{"name": "v", "host": {}}]}
AWAIT_GO = "until test -f /v/go; do sleep 0.1; done"
IMPATIENT = "trap 'exit 0' TERM; while :; do sleep 0.1; done"


def shell(script: str, *on: str, check: str = "", **fields: Any) -> dict[str, Any]:
    """on: `container:CONDITION`. check: a shell line, asked every five seconds."""
    dependencies = [
        dict(zip(("containerName", "condition"), each.split(":"), strict=True)) for each in on
    ]
    health = {"command": ["CMD-SHELL", check], "interval": 5, "timeout": 2, "retries": 1}
    return {
        "entryPoint": ["sh", "-c"],
        "command": [script],
        "mountPoints": SHARED,
        "dependsOn": dependencies,
        **({"healthCheck": health} if check else {}),
        **fields,
    }


def statuses(task: dict[str, Any]) -> dict[str, str]:
    return {c["name"]: c["lastStatus"] for c in task["containers"]}


def until_shown(engine: RunningEngine, arn: str, wanted: dict[str, str]) -> dict[str, Any]:
    """The task once its containers are that, by name."""
    ecs = engine.client("ecs")

    def is_so() -> dict[str, Any] | None:
        task: dict[str, Any] = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return task if statuses(task) == wanted else None

    task: dict[str, Any] = wait_for(is_so, what=f"{wanted}")
    return task


def test_containers_wait_for_all_four_conditions_over_the_death_of_the_engine(
    engine: RunningEngine, run: Runner
) -> None:
    """c0 succeeds, c1 fails, c2 becomes healthy, c3 waits for all three and c4 for c3.

    The first health check lets c0 and c1 come to their ends.
    """
    task = run(
        shell(f"{AWAIT_GO}; touch /v/done", essential=False),
        shell(f"{AWAIT_GO}; touch /v/failed; exit 3", essential=False),
        shell(IMPATIENT, check="touch /v/go; test -f /v/failed", essential=False),
        shell(
            f"test -f /v/done && test -f /v/failed || exit 7; {IMPATIENT}",
            *("c0:SUCCESS", "c1:COMPLETE", "c2:HEALTHY"),
        ),
        shell(IMPATIENT, "c3:START"),
        definition=VOLUME,
    )
    arn = task["taskArn"]
    waiting = {"c0": "RUNNING", "c1": "RUNNING", "c2": "RUNNING", "c3": "PENDING", "c4": "PENDING"}
    assert until_shown(engine, arn, waiting)["lastStatus"] == "PENDING"
    engine.kill()
    engine.start()
    task = wait_until(engine, arn, "RUNNING")
    assert statuses(task) == {
        "c0": "STOPPED",
        "c1": "STOPPED",
        "c2": "RUNNING",
        "c3": "RUNNING",
        "c4": "RUNNING",
    }
    assert (container_of(task, "c0")["exitCode"], container_of(task, "c1")["exitCode"]) == (0, 3)
    assert container_of(task, "c2")["healthStatus"] == "HEALTHY"


def test_a_container_whose_dependency_fails_never_starts_and_its_task_stops(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(
        shell("exit 3", essential=False),
        shell("touch /v/ran", "c0:SUCCESS"),
        definition=VOLUME,
    )
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart", describe(task)
    assert task["stoppedReason"].startswith(
        "CannotStartContainerError: dependency graph: failed to resolve container ordering "
        "dependency [c0("
    )
    assert task["stoppedReason"].endswith("as dependency did not exit successfully.")
    assert container_of(task, "c1")["reason"] == task["stoppedReason"]
    assert "exitCode" not in container_of(task, "c1")
    assert container_of(task, "c0")["exitCode"] == 3
    assert "startedAt" not in task


def test_a_dependency_that_takes_longer_than_its_start_timeout_ends_the_task(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(
        shell(IMPATIENT, check="false", startTimeout=2),
        shell("true", "c0:HEALTHY", essential=False),
        definition=VOLUME,
    )
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart", describe(task)
    assert task["stoppedReason"].endswith("has timed out.")
    assert container_of(task, "c0")["exitCode"] == 0, "it was told to stop"


def test_containers_end_before_those_that_they_depend_on(
    engine: RunningEngine, run: Runner
) -> None:
    """Each finds what the one before it left when it was told to stop."""

    def heir(finds: str, leaves: str) -> str:
        end = f"test -f /v/{finds} || exit 9; sleep 0.5; touch /v/{leaves}; exit 0"
        return f"touch /v/start; trap '{end}' TERM; while :; do sleep 0.1; done"

    task = run(
        shell(heir("second", "third")),
        shell(heir("first", "second"), "c0:START"),
        shell(heir("start", "first"), "c1:START", "c0:START"),
        definition=VOLUME,
    )
    arn = task["taskArn"]
    wait_until(engine, arn, "RUNNING")
    engine.client("ecs").stop_task(task=arn)
    task = wait_until(engine, arn, "STOPPED")
    assert [c.get("exitCode") for c in task["containers"]] == [0, 0, 0]


def test_containers_of_a_task_share_their_processes_where_it_says_so(
    engine: RunningEngine, run: Runner
) -> None:
    look = "until ps -o args | grep -q '[s]leep 4242'; do sleep 0.1; done; test $$ != 1 || exit 9"
    task = run(
        shell(look, essential=False),
        shell("sleep 4242"),
        definition={**VOLUME, "pidMode": "task"},
    )
    arn = task["taskArn"]
    shown = until_shown(engine, arn, {"c0": "STOPPED", "c1": "RUNNING"})
    assert container_of(shown, "c0")["exitCode"] == 0
    assert shown["lastStatus"] in ("PENDING", "ACTIVATING", "RUNNING"), "the other goes on"
