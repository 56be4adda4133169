"""One registry and one engine for all end-to-end tests of a run, and a leak check after each."""

import http.client
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.engine import RunningEngine, describe, wait_for
from tests.support.images import build_busybox_image, push
from tests.support.registry import running_registry

LOGS = "/test/tasks"


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`127.0.0.1:PORT` of a registry that holds `busybox:1`."""
    with running_registry(tmp_path_factory.mktemp("registry")) as address:
        push(address, "busybox:1", build_busybox_image())
        yield address


@pytest.fixture(scope="session")
def image(registry: str) -> str:
    return f"{registry}/busybox:1"


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("engine") / "state") as engine:
        yield engine


@contextmanager
def started_engine(state_dir: Path, *flags: str) -> Iterator[RunningEngine]:
    """With a default cluster and a log group; purged at the end."""
    engine = RunningEngine(state_dir, *flags)
    engine.start()
    try:
        engine.client("ecs").create_cluster(clusterName="default")
        engine.client("logs").create_log_group(logGroupName=LOGS)
        yield engine
    finally:
        engine.purge()
        assert not engine.traces()


@pytest.fixture
def engine(shared_engine: RunningEngine) -> Iterator[RunningEngine]:
    """The engine of the run; when the test ends its tasks are stopped and nothing may be left."""
    yield from left_empty(shared_engine)


def left_empty(engine: RunningEngine) -> Iterator[RunningEngine]:
    yield engine
    stop_everything(engine)
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[RunningEngine]:
    """An engine for one test only, not started yet."""
    engine = RunningEngine(tmp_path / "state")
    try:
        yield engine
    finally:
        engine.purge()
        assert not engine.traces()


def tasks_of(engine: RunningEngine) -> list[str]:
    """The ARNs of all tasks that are to run: one page holds 100."""
    pages = engine.client("ecs").get_paginator("list_tasks").paginate()
    return [arn for page in pages for arn in page["taskArns"]]


def stop_everything(engine: RunningEngine) -> None:
    ecs = engine.client("ecs")
    running = tasks_of(engine)
    for arn in running:
        ecs.stop_task(task=arn, reason="the test is over")
    for arn in running:
        wait_until(engine, arn, "STOPPED")


def wait_until(
    engine: RunningEngine, arn: str, status: str, seconds: float = 60.0
) -> dict[str, Any]:
    """The task once it has `status`; fails at once when it stopped instead."""
    ecs = engine.client("ecs")

    def reached() -> dict[str, Any] | None:
        task: dict[str, Any] = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        if task["lastStatus"] == "STOPPED" != status:
            raise AssertionError(f"stopped instead: {describe(task)}")
        return task if task["lastStatus"] == status else None

    task: dict[str, Any] = wait_for(reached, seconds, f"{status} of {arn}")
    return task


Runner = Callable[..., dict[str, Any]]


@pytest.fixture
def run(engine: RunningEngine, image: str) -> Runner:
    """Register one container per keyword dictionary and run the task; the task as RunTask shows it.

    `run({"command": [...]})`, `run({...}, {...}, cpu="512", memory="1024", overrides={...})`.
    """
    return lambda *containers, **fields: run_on(engine, image, *containers, **fields)


def run_on(
    engine: RunningEngine,
    image: str,
    *containers: dict[str, Any],
    cpu: str = "256",
    memory: str = "512",
    definition: dict[str, Any] | None = None,
    groups: Sequence[str] = (),
    **request: Any,
) -> dict[str, Any]:
    ecs = engine.client("ecs")
    registered = ecs.register_task_definition(
        family="test",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu=cpu,
        memory=memory,
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": f"c{number}",
                "image": image,
                "logConfiguration": awslogs(),
                "stopTimeout": 2,
                **container,
            }
            for number, container in enumerate(containers)
        ],
        **(definition or {}),
    )["taskDefinition"]
    if "capacityProviderStrategy" not in request:
        request = {"launchType": "FARGATE", **request}
    place = {"subnets": engine.subnets(), "securityGroups": list(groups)}
    request = {"networkConfiguration": {"awsvpcConfiguration": place}, **request}
    answer = ecs.run_task(taskDefinition=registered["taskDefinitionArn"], **request)
    assert not answer["failures"], answer["failures"]
    task: dict[str, Any] = answer["tasks"][0]
    return task


def run_in(
    engine: RunningEngine, image: str, script: str, *, subnet: str, group: str, public: bool
) -> dict[str, Any]:
    return run_on(
        engine,
        image,
        {"entryPoint": ["sh", "-c"], "command": [script]},
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": [subnet],
                "securityGroups": [group],
                "assignPublicIp": "ENABLED" if public else "DISABLED",
            }
        },
    )


def public_address_of(engine: RunningEngine, task: dict[str, Any]) -> str:
    """As a client of Fargate finds it: by the task's network interface."""
    ecs, ec2 = engine.client("ecs"), engine.client("ec2")
    (shown,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    details = {d["name"]: d["value"] for d in shown["attachments"][0]["details"]}
    (interface,) = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"]
    return str(interface["Association"]["PublicIp"])


def awslogs(group: str = LOGS) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": group,
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "t",
        },
    }


def log_lines(engine: RunningEngine, task: dict[str, Any], container: str = "c0") -> list[str]:
    """Everything a container of a stopped task wrote, by the stock client.

    A task that was stopped before its containers were made has no stream.
    """
    stream = f"t/{container}/{task['taskArn'].rsplit('/', 1)[-1]}"
    logs = engine.client("logs")
    pages = logs.get_paginator("filter_log_events")
    try:
        return [
            event["message"]
            for page in pages.paginate(logGroupName=LOGS, logStreamNames=[stream])
            for event in page["events"]
        ]
    except logs.exceptions.ResourceNotFoundException:
        return []


def container_of(task: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in task["containers"] if c["name"] == name)
    return found


def page_of(address: str, port: int = 8080) -> bytes:
    """Nothing while nobody listens: a server of one caller at a time is away between two."""
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/", timeout=5) as answer:
            return bytes(answer.read())
    except (OSError, http.client.HTTPException):
        return b""


def address_of(task: dict[str, Any]) -> str:
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    return str(details["privateIPv4Address"])
