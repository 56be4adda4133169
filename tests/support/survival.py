"""Load on an engine that is killed meanwhile, and what may not have become of its tasks.

Every task writes one line when it begins, so that a task that began twice is found in its log.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from tests.support.engine import RunningEngine, wait_for

LOGS = "/survival/tasks"
STEADY = "echo began $$; trap 'echo ended; exit 0' TERM; sleep 1000000 & wait"
BRIEF = "echo began $$; sleep 1; exit 7"
BRIEF_CODE = 7
SERVED = "echo began $$; mkdir /tmp/w; echo ok > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w"
MOST_ALIVE = 25
"""Tasks of the load at a time; above it one is stopped before another is run."""


@dataclass(kw_only=True)
class Told:
    """What the client knows. asked_to_stop: also where no answer came, so either may be true."""

    run: dict[str, str] = field(default_factory=dict)
    asked_to_stop: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)


class Load(threading.Thread):
    """A client that runs and stops tasks, whatever happens to the engine, and keeps the answers."""

    def __init__(self, engine: RunningEngine, steady: str, brief: str, seed: int) -> None:
        """Definitions: of tasks that run until they are stopped, and that end by themselves."""
        super().__init__(daemon=True)
        self.engine = engine
        self.definitions = (steady, steady, brief)
        self.brief = brief
        self.random = random.Random(seed)
        self.told = Told()
        self.is_over = threading.Event()
        place = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
        self.request = {"launchType": "FARGATE", "networkConfiguration": place}

    def run(self) -> None:
        ecs = self.engine.client("ecs")
        while not self.is_over.is_set():
            try:
                self._ask(ecs)
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
            time.sleep(self.random.uniform(0, 0.15))

    def _ask(self, ecs: Any) -> None:
        alive = [
            arn
            for arn, definition in self.told.run.items()
            if arn not in self.told.stopped and definition != self.brief
        ]
        if alive and (len(alive) >= MOST_ALIVE or self.random.random() < 0.3):
            arn = self.random.choice(alive)
            self.told.asked_to_stop.add(arn)
            ecs.stop_task(task=arn, reason="load")
            self.told.stopped.add(arn)
            return
        definition = self.random.choice(self.definitions)
        answer = ecs.run_task(taskDefinition=definition, **self.request)
        # Of an answer cut off behind its head botocore says that it was empty.
        self.told.run.update({task["taskArn"]: definition for task in answer.get("tasks", ())})


def register(engine: RunningEngine, image: str, family: str, script: str) -> str:
    ecs = engine.client("ecs")
    options = {"group": LOGS, "region": "us-east-1", "stream-prefix": "t"}
    registered = ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": "c0",
                "image": image,
                "entryPoint": ["sh", "-c"],
                "command": [script],
                "stopTimeout": 5,
                "portMappings": [{"containerPort": 8080}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {f"awslogs-{name}": value for name, value in options.items()},
                },
            },
        ],
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def all_tasks(engine: RunningEngine) -> dict[str, dict[str, Any]]:
    """By ARN, those that have stopped too."""
    ecs = engine.client("ecs")
    found: dict[str, dict[str, Any]] = {}
    for status in ("RUNNING", "STOPPED"):
        for page in ecs.get_paginator("list_tasks").paginate(desiredStatus=status):
            if page["taskArns"]:
                shown = ecs.describe_tasks(tasks=page["taskArns"])["tasks"]
                found |= {task["taskArn"]: task for task in shown}
    return found


def settled(
    engine: RunningEngine, brief: str | None = None, seconds: float = 300.0
) -> dict[str, dict[str, Any]]:
    """All tasks, once none is on its way anywhere. brief: whose tasks end by themselves."""

    def is_calm(task: dict[str, Any]) -> bool:
        goal = "STOPPED" if task["taskDefinitionArn"] == brief else task["desiredStatus"]
        return bool(task["lastStatus"] == goal)

    def calm() -> dict[str, dict[str, Any]] | None:
        tasks = all_tasks(engine)
        return tasks if all(map(is_calm, tasks.values())) else None

    tasks: dict[str, dict[str, Any]] = wait_for(calm, seconds, "calm")
    return tasks


def lost(told: Told, tasks: dict[str, dict[str, Any]], brief: str | None = None) -> list[str]:
    """Of the tasks that were answered to have been run or stopped: those of which it is not true.

    tasks: when it is calm. brief: the definition whose tasks end by themselves.
    """
    found = []
    for arn, definition in told.run.items():
        task = tasks.get(arn)
        if task is None:
            found.append(f"unknown: {arn}")
        elif trouble := _trouble_of(arn, task, told, ends=definition == brief):
            found.append(f"{trouble}: {shown(task)}")
    return found


def _trouble_of(arn: str, task: dict[str, Any], told: Told, *, ends: bool) -> str | None:
    code, exit_code = task.get("stopCode"), task["containers"][0].get("exitCode")
    if task["lastStatus"] == "RUNNING":
        return "not stopped" if arn in told.stopped or ends else None
    if code == "EssentialContainerExited":
        return None if ends and exit_code == BRIEF_CODE else "ended by itself"
    if arn not in told.asked_to_stop:
        return "stopped by nobody"
    return None if code in ("UserInitiated", "TaskFailedToStart") else "stopped otherwise"


def began(engine: RunningEngine) -> Counter[str]:
    """How often each task began, by its id, as the tasks themselves say."""
    return Counter(stream.rsplit("/", 1)[-1] for stream, line in _lines(engine) if line)


def _lines(engine: RunningEngine) -> Iterator[tuple[str, bool]]:
    pages = engine.client("logs").get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=LOGS, filterPattern="began"):
        for event in page["events"]:
            yield event["logStreamName"], event["message"].startswith("began ")


def doubled(tasks: dict[str, dict[str, Any]], counts: Counter[str]) -> list[str]:
    """Tasks that began more than once, or never although they are said to have."""
    found = []
    for arn, task in tasks.items():
        times = counts[arn.rsplit("/", 1)[-1]]
        if times > 1 or (times == 0 and "startedAt" in task):
            found.append(f"began {times} times: {shown(task)}")
    return found


def shared_addresses(tasks: dict[str, dict[str, Any]]) -> list[str]:
    """tasks: those that run."""
    addresses = Counter(map(_address_of, tasks.values()))
    return [f"{count} tasks at {one}" for one, count in addresses.items() if count > 1]


def shown(task: dict[str, Any]) -> str:
    """A task for a finding, in one line."""
    names = ("taskArn", "lastStatus", "desiredStatus", "stopCode", "stoppedReason", "startedAt")
    facts = {name: str(task[name]) for name in names if name in task}
    ends = [(each.get("exitCode"), each.get("reason")) for each in task["containers"]]
    return f"{facts} {ends}"


def _address_of(task: dict[str, Any]) -> str:
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    return str(details["privateIPv4Address"])


def kill_at_random(
    engine: RunningEngine,
    times: int,
    rng: random.Random,
    after_each: Callable[[int], None] = lambda kills: None,
) -> None:
    """Kill the engine while it serves, and sometimes while it starts too; it runs at the end.

    after_each: told how often it has been killed.
    """
    kills = 0
    while kills < times:
        time.sleep(rng.uniform(0.02, 1.2))
        engine.kill()
        kills += 1
        if kills < times and rng.random() < 0.4:
            engine.spawn()
            time.sleep(rng.uniform(0.05, 1.0))
            engine.kill()
            kills += 1
        engine.start()
        after_each(kills)
