"""End to end: the engine is killed at any instant and started again; nothing is lost or doubled.

The rounds' random instants come from a seed that is printed; `--seed N` replays it.
"""

import random
from typing import Any

import pytest
from tests.e2e.conftest import (
    LOGS,
    address_of,
    container_of,
    log_lines,
    run_on,
    stop_everything,
    wait_until,
)
from tests.support import survival
from tests.support.engine import RunningEngine, describe, wait_for

pytestmark = pytest.mark.root

COUNT = "i=0; while [ $i -lt {n} ]; do echo line $i; i=$((i+1)); sleep 0.02; done; exit {code}"


def shell(script: str) -> dict[str, Any]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def prepared(engine: RunningEngine) -> RunningEngine:
    engine.start()
    engine.client("ecs").create_cluster()
    engine.client("logs").create_log_group(logGroupName=LOGS)
    return engine


def test_an_acknowledged_task_is_on_disk(own_engine: RunningEngine, image: str) -> None:
    """kill -9 right after the answer, several times: what was answered is known afterwards."""
    engine = prepared(own_engine)
    for _ in range(5):
        task = run_on(engine, image, {"command": ["sleep", "1000"]})
        engine.kill()
        engine.start()
        shown = engine.client("ecs").describe_tasks(tasks=[task["taskArn"]])
        assert not shown["failures"]
        wait_until(engine, task["taskArn"], "RUNNING")
    stop_everything(engine)
    wait_for(lambda: not engine.traces(), what="no traces")


def test_running_tasks_are_adopted(own_engine: RunningEngine, image: str) -> None:
    engine = prepared(own_engine)
    lasting = run_on(engine, image, shell(COUNT.format(n=10_000, code=0)))
    ending = run_on(engine, image, shell(COUNT.format(n=100, code=42)))
    before = wait_until(engine, lasting["taskArn"], "RUNNING")
    wait_until(engine, ending["taskArn"], "RUNNING")
    engine.kill()
    wait_for(lambda: not has_monitor(ending, engine), what="an end that nobody sees")
    engine.start()
    after = wait_until(engine, lasting["taskArn"], "RUNNING")
    assert address_of(after) == address_of(before)
    assert after["containers"][0]["runtimeId"] == before["containers"][0]["runtimeId"]
    assert after["startedAt"] == before["startedAt"]
    ended = wait_until(engine, ending["taskArn"], "STOPPED")
    assert container_of(ended, "c0")["exitCode"] == 42
    assert log_lines(engine, ended) == [f"line {i}" for i in range(100)]
    engine.client("ecs").stop_task(task=lasting["taskArn"])
    stopped = wait_until(engine, lasting["taskArn"], "STOPPED")
    lines = log_lines(engine, stopped)
    assert lines == [f"line {i}" for i in range(len(lines))]
    assert len(lines) > 50
    wait_for(lambda: not engine.traces(), what="no traces")


def has_monitor(task: dict[str, Any], engine: RunningEngine) -> bool:
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    return any(task_id in process for process in engine.traces().get("processes", ()))


def test_a_clean_stop_leaves_tasks_running_and_stop_tasks_does_not(
    own_engine: RunningEngine, image: str
) -> None:
    engine = prepared(own_engine)
    task = run_on(engine, image, shell("trap 'exit 0' TERM; while :; do sleep 0.1; done"))
    wait_until(engine, task["taskArn"], "RUNNING")
    assert engine.stop() == 0
    assert engine.traces()["processes"]
    engine.start("--stop-tasks")
    wait_until(engine, task["taskArn"], "RUNNING")
    assert engine.stop() == 0
    assert not engine.traces()
    engine.start()
    shown = engine.client("ecs").describe_tasks(tasks=[task["taskArn"]])["tasks"][0]
    assert shown["lastStatus"] == "STOPPED", describe(shown)


@pytest.mark.timeout(300)
def test_killed_at_random_instants_under_load_nothing_is_lost_doubled_or_leaked(
    own_engine: RunningEngine, image: str, request: pytest.FixtureRequest
) -> None:
    """As `bench/survival.py` does it for longer, with services too."""
    seed = request.config.getoption("--seed") or random.randrange(1_000_000)
    times = 50 if request.config.getoption("--run-slow") else 15
    print(f"replay with --seed {seed}")
    engine = own_engine
    engine.flags = ("--over-commit", "1000")
    prepared(engine)
    engine.client("logs").create_log_group(logGroupName=survival.LOGS)
    steady = survival.register(engine, image, "steady", survival.STEADY)
    brief = survival.register(engine, image, "brief", survival.BRIEF)
    load = survival.Load(engine, steady, brief, seed)
    load.start()
    survival.kill_at_random(engine, times, random.Random(seed))
    load.is_over.set()
    load.join(30)
    assert len(load.told.run) > 5
    tasks = survival.settled(engine, brief)
    assert not survival.lost(load.told, tasks, brief)
    running = {arn: task for arn, task in tasks.items() if task["lastStatus"] == "RUNNING"}
    assert not survival.shared_addresses(running)
    stop_everything(engine)
    ended = survival.settled(engine)
    assert not survival.doubled(ended, survival.began(engine))
    wait_for(lambda: not engine.traces(), what="no traces")
