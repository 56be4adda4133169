"""End to end: drills on real containers end them at once and leave nothing behind."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import Runner, log_lines, wait_until
from tests.support.engine import RunningEngine, describe, wait_for

pytestmark = pytest.mark.root

TRAPS = ["sh", "-c", "trap 'echo heard' TERM; echo begun; while :; do sleep 0.1; done"]
"""Says when it hears the stop signal, and goes on."""
ENDS = ["sh", "-c", "trap 'echo heard; exit 7' TERM; echo begun; while :; do sleep 0.1; done"]


@pytest.fixture(autouse=True)
def _no_outage_left(engine: RunningEngine) -> Iterator[None]:
    yield
    for outage in json.loads(engine.cli("drill", "status", "--json").stdout)["outages"]:
        words = ("zone-loss", outage["name"]) if outage["kind"] == "zone" else ("spot",)
        engine.cli("drill", *words, "--end")


def begun(engine: RunningEngine, task: dict[str, Any]) -> dict[str, Any]:
    """The task, once its program listens to signals."""
    task = wait_until(engine, task["taskArn"], "RUNNING")
    wait_for(lambda: "begun" in log_lines(engine, task), what="begun")
    return task


def drill(engine: RunningEngine, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(engine.cli("drill", *words, "--json").stdout)
    return answer


def test_a_lost_host_kills_without_a_signal_and_leaves_nothing(
    engine: RunningEngine, run: Runner
) -> None:
    task = begun(engine, run({"command": TRAPS, "stopTimeout": 120}, {"command": TRAPS}))
    drill(engine, "host-loss", task["taskArn"])
    asked_at = time.monotonic()
    end = wait_until(engine, task["taskArn"], "STOPPED")
    assert time.monotonic() - asked_at < 15, describe(end)
    assert end["stopCode"] == "InfrastructureHealth"
    assert "heard" not in log_lines(engine, task)
    assert all("exitCode" not in container for container in end["containers"])
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")


def test_a_host_lost_in_the_middle_of_the_stop_time_out(engine: RunningEngine, run: Runner) -> None:
    task = begun(engine, run({"command": TRAPS, "stopTimeout": 120}))
    engine.client("ecs").stop_task(task=task["taskArn"], reason="enough")
    wait_for(lambda: "heard" in log_lines(engine, task), what="the stop signal")
    drill(engine, "host-loss", task["taskArn"])
    end = wait_until(engine, task["taskArn"], "STOPPED", seconds=15)
    assert end["stoppedReason"] == "enough"


def test_a_lost_zone_empties_and_is_kept_clear_of(engine: RunningEngine, run: Runner) -> None:
    tasks = [begun(engine, run({"command": TRAPS})) for _ in range(2)]
    zone = tasks[0]["availabilityZone"]
    there = {task["taskArn"] for task in tasks if task["availabilityZone"] == zone}
    answer = drill(engine, "zone-loss", zone)
    assert {task["taskArn"] for task in answer["tasks"]} == there
    for arn in there:
        assert wait_until(engine, arn, "STOPPED")["stopCode"] == "InfrastructureHealth"
    for _ in range(2):
        task = wait_until(engine, run({"command": TRAPS})["taskArn"], "RUNNING")
        assert task["availabilityZone"] != zone


def test_a_reclaimed_spot_task_hears_the_signal(engine: RunningEngine, run: Runner) -> None:
    engine.client("ecs").put_cluster_capacity_providers(
        cluster="default",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[],
    )
    task = begun(
        engine,
        run(
            {"command": ENDS, "stopTimeout": 60},
            capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        ),
    )
    assert task["capacityProviderName"] == "FARGATE_SPOT"
    drill(engine, "spot")
    end = wait_until(engine, task["taskArn"], "STOPPED")
    assert (end["stopCode"], end["containers"][0]["exitCode"]) == ("SpotInterruption", 7)
    assert "heard" in log_lines(engine, task)


def test_a_retired_task_hears_the_signal_when_the_wait_is_over(
    engine: RunningEngine, run: Runner
) -> None:
    task = begun(engine, run({"command": ENDS, "stopTimeout": 60}))
    asked_at = time.time()
    drill(engine, "retire", task["taskArn"], "--after", "1s")
    end = wait_until(engine, task["taskArn"], "STOPPED")
    assert end["stoppingAt"].timestamp() >= asked_at + 1
    assert (end["stopCode"], end["containers"][0]["exitCode"]) == ("ServiceSchedulerInitiated", 7)
    assert end["stoppedReason"].startswith("ECS is performing maintenance")
