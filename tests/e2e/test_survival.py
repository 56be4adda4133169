"""End to end: the engine is killed at any instant and started again; nothing is lost or doubled.

The rounds' random instants come from a seed that is printed; `--seed N` replays it.
"""

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.e2e.conftest import (
    LOGS,
    address_of,
    awslogs,
    container_of,
    log_lines,
    run_on,
    stop_everything,
    tasks_of,
    wait_until,
)
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


class Load(threading.Thread):
    """A client that runs and stops tasks, whatever happens to the engine, and keeps the answers.

    asked_to_stop: also those of which no answer came, which may have been stopped or not.
    """

    def __init__(self, engine: RunningEngine, definition: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.engine = engine
        self.definition = definition
        self.network = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
        self.random = random.Random(seed)
        self.acknowledged: list[str] = []
        self.asked_to_stop: set[str] = set()
        self.stopped: set[str] = set()
        self.is_over = threading.Event()

    def run(self) -> None:
        ecs = self.engine.client("ecs")
        while not self.is_over.is_set():
            try:
                if self.acknowledged and self.random.random() < 0.3:
                    arn = self.random.choice(self.acknowledged)
                    self.asked_to_stop.add(arn)
                    ecs.stop_task(task=arn, reason="load")
                    self.stopped.add(arn)
                else:
                    answer = ecs.run_task(
                        taskDefinition=self.definition,
                        launchType="FARGATE",
                        networkConfiguration=self.network,
                    )
                    # Of an answer cut off behind its head botocore says that it was empty.
                    self.acknowledged += [task["taskArn"] for task in answer.get("tasks", ())]
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
            time.sleep(self.random.uniform(0, 0.15))


@pytest.mark.timeout(300)
def test_killed_at_random_instants_under_load_nothing_is_lost_doubled_or_leaked(
    own_engine: RunningEngine, image: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    seed = request.config.getoption("--seed") or random.randrange(1_000_000)
    rounds = 40 if request.config.getoption("--run-slow") else 12
    print(f"replay with --seed {seed}")
    rng = random.Random(seed)
    engine = own_engine
    engine.flags = ("--over-commit", "1000")
    prepared(engine)
    definition = engine.client("ecs").register_task_definition(
        family="load",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": "c0",
                "image": image,
                "logConfiguration": awslogs(),
                **shell(
                    "echo began $$; trap 'echo ended; exit 0' TERM; while :; do sleep 0.1; done"
                ),
            },
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    load = Load(engine, definition, seed)
    load.start()
    for _ in range(rounds):
        time.sleep(rng.uniform(0.02, 1.2))
        engine.kill()
        if rng.random() < 0.4:  # and sometimes while it is still starting
            engine.spawn()
            time.sleep(rng.uniform(0.05, 1.0))
            engine.kill()
        engine.start()
    load.is_over.set()
    load.join(30)
    check_after_load(engine, load)


def check_after_load(engine: RunningEngine, load: Load) -> None:
    assert len(load.acknowledged) > 5
    for arn in load.acknowledged:
        if arn in load.asked_to_stop - load.stopped:
            continue
        goal = "STOPPED" if arn in load.stopped else "RUNNING"
        task = wait_until(engine, arn, goal)
        if goal == "STOPPED":
            assert task["stopCode"] in ("UserInitiated", "TaskFailedToStart"), describe(task)
    known = tasks_of(engine)  # also those whose answer the client never saw
    for arn in known:
        wait_until(engine, arn, "RUNNING")
    addresses = [address_of(t) for t in described(engine, known)]
    assert len(set(addresses)) == len(addresses)
    stop_everything(engine)
    for arn in load.acknowledged:
        task = wait_until(engine, arn, "STOPPED")
        began = Counter(line.split()[0] for line in log_lines(engine, task))["began"]
        assert began <= 1, f"started {began} times: {describe(task)}"
        if "startedAt" in task:
            assert began == 1, describe(task)
    wait_for(lambda: not engine.traces(), what="no traces")


def described(engine: RunningEngine, arns: list[str]) -> list[dict[str, Any]]:
    ecs = engine.client("ecs")
    tasks: list[dict[str, Any]] = []
    for at in range(0, len(arns), 100):
        tasks += ecs.describe_tasks(tasks=arns[at : at + 100])["tasks"]
    return tasks
