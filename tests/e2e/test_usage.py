"""End to end: what a busy task uses is what `hostless top` and its metrics say."""

import json
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
LOOK_SECONDS = 60.0
"""Patience: looks are ten seconds apart."""
FAMILY = "busy"


def run_busy_task(engine: RunningEngine, image: str) -> str:
    """A loop beside a sleeper, in a cluster with insights; the task's id."""
    ecs = engine.client("ecs")
    ecs.create_cluster(
        clusterName="watched", settings=[{"name": "containerInsights", "value": "enabled"}]
    )
    ecs.register_task_definition(
        family=FAMILY,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "loop", "image": image, "command": ["sh", "-c", "while :; do :; done"]},
            {"name": "idle", "image": image, "command": ["sleep", "1000"], "stopTimeout": 2},
        ],
    )
    (task,) = ecs.run_task(
        cluster="watched",
        taskDefinition=FAMILY,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()[:1]}},
    )["tasks"]
    ecs.get_waiter("tasks_running").wait(
        cluster="watched",
        tasks=[task["taskArn"]],
        WaiterConfig={"Delay": 1, "MaxAttempts": 90},
    )
    return str(task["taskArn"].rsplit("/", 1)[-1])


def gauges(engine: RunningEngine) -> dict[str, float]:
    """Of the family, by what is behind `hostless_insights_`."""
    with urllib.request.urlopen(f"{engine.endpoint}/_hostless/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        sample.name.removeprefix("hostless_insights_"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("task_definition_family") == FAMILY
    }


def top(engine: RunningEngine) -> dict[str, Any]:
    out = engine.cli("top", "--json", "--cluster", "watched", "--every", "0.5").stdout
    (found,) = json.loads(out)
    return dict(found)


def test_a_busy_task_uses_its_cpu_and_says_so(own_engine: RunningEngine, image: str) -> None:
    own_engine.start()
    task_id = run_busy_task(own_engine, image)
    now = top(own_engine)
    assert now["task"]["taskArn"].endswith(task_id)
    assert 0 < now["whole"]["cpu_units"] < 400
    loop, idle = now["containers"]
    assert (loop["name"], idle["name"]) == ("loop", "idle")
    assert loop["cpu_units"] > idle["cpu_units"]
    assert now["whole"]["memory_limit"] == 512 << 20
    assert now["task"]["network"]["sentPackets"] >= 0
    found = wait_for(
        lambda: (
            {"cpu_utilized", "network_rx_bytes"} <= gauges(own_engine).keys() and gauges(own_engine)
        ),
        LOOK_SECONDS,
        "metrics of the task",
    )
    assert 0 < found["cpu_utilized"] < 400
    assert found["cpu_reserved"] == 256
    assert 0 < found["memory_utilized"] < found["memory_reserved"] == 512
    assert found["ephemeral_storage_reserved"] == pytest.approx(21.47, abs=0.01)
