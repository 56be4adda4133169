"""End to end: health checks in real containers, and what they leave behind."""

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Runner, wait_until
from tests.support.engine import RunningEngine, wait_for

from hostless.compute.local.processes import command_line

pytestmark = pytest.mark.root


def container(command: str, *check: str, **fields: Any) -> dict[str, Any]:
    """Not essential, and checked, if at all, as often as it can be."""
    quick = {"command": list(check), "interval": 5, "timeout": 2, "retries": 1}
    return {
        "entryPoint": ["sh", "-c"],
        "command": [command],
        "essential": False,
        **({"healthCheck": quick} if check else {}),
        **fields,
    }


def test_containers_become_healthy_and_unhealthy_as_their_checks_say(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(
        container("touch /tmp/ok; sleep 3600", "CMD", "test", "-f", "/tmp/ok", essential=True),
        container("sleep 3600", "CMD-SHELL", "sleep 3611; true"),
        container("sleep 3600"),
        container("sleep 3600", "CMD-SHELL", "test $(id -u) = 1000", user="1000"),
        container("sleep 3600", "CMD", "no-such-program"),
        definition={"taskRoleArn": "arn:aws:iam::000000000000:role/task"},
        enableExecuteCommand=True,
    )
    arn = task["taskArn"]
    running = wait_until(engine, arn, "RUNNING")
    assert set(healths(running).values()) == {"UNKNOWN"}
    wanted = {
        "task": "HEALTHY",
        "c0": "HEALTHY",
        "c1": "UNHEALTHY",  # it hangs
        "c2": "UNKNOWN",
        "c3": "HEALTHY",
        "c4": "UNHEALTHY",
    }
    settled = until(engine, arn, wanted)
    assert settled["version"] == running["version"], "ECS sends no event for health"
    wait_for(lambda: not programs("sleep 3611"), what="a check that timed out is gone")
    engine.cli("exec", "--container", "c0", arn, "--", "rm", "/tmp/ok")
    unhealthy = until(engine, arn, {**wanted, "task": "UNHEALTHY", "c0": "UNHEALTHY"})
    assert unhealthy["lastStatus"] == "RUNNING", "it belongs to no service: nobody stops it"
    engine.client("ecs").stop_task(task=arn)
    stopped = wait_until(engine, arn, "STOPPED")
    assert stopped["healthStatus"] == "UNHEALTHY"
    assert not programs("sleep 3611")


def healths(task: dict[str, Any]) -> dict[str, str]:
    containers = {c["name"]: c["healthStatus"] for c in task["containers"]}
    return {"task": task["healthStatus"], **containers}


def until(engine: RunningEngine, arn: str, wanted: dict[str, str]) -> dict[str, Any]:
    """The task once its health is that, by container."""
    ecs = engine.client("ecs")

    def is_so() -> dict[str, Any] | None:
        task: dict[str, Any] = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return task if healths(task) == wanted else None

    task: dict[str, Any] = wait_for(is_so, what=f"health {wanted}")
    return task


def programs(word: str) -> list[str]:
    """Command lines on this machine that have the word."""
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    lines = (" ".join(command_line(number)) for number in numbers)
    return [line for line in lines if word in line]
