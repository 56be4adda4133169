"""hostless under measurement: a real engine with the busybox image cached, and a small client."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.engine import RunningEngine, wait_for
from tests.support.images import build_busybox_image, push
from tests.support.registry import running_registry


@contextlib.contextmanager
def workplace() -> Iterator[tuple[Path, str]]:
    """A folder on disk and a registry with `busybox:1`."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hostless-bench-") as name:
        folder = Path(name)
        with running_registry(folder) as registry:
            push(registry, "busybox:1", build_busybox_image())
            yield folder, registry


class Hosted:
    """One small task definition at a time, on one engine."""

    def __init__(self, engine: RunningEngine, image: str) -> None:
        self.engine = engine
        self.ecs = engine.client("ecs")
        self.ecs.create_cluster()
        self.network = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
        self.image = image
        self.definition = ""
        self.define({})

    def define(self, *containers: dict[str, Any], **fields: Any) -> None:
        """What tasks are made of from now on: containers that sleep, and what is said of each."""
        self.definition = self.ecs.register_task_definition(
            family="bench",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": f"c{number}",
                    "image": self.image,
                    "command": ["sleep", "1000000"],
                    "stopTimeout": 2,
                    **container,
                }
                for number, container in enumerate(containers)
            ],
            **fields,
        )["taskDefinition"]["taskDefinitionArn"]

    def run(self, count: int = 1) -> list[str]:
        answer = self.ecs.run_task(
            taskDefinition=self.definition,
            count=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
        )
        assert not answer["failures"], answer["failures"]
        return [task["taskArn"] for task in answer["tasks"]]

    def tasks(self, arns: list[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for at in range(0, len(arns), 100):
            found += self.ecs.describe_tasks(tasks=arns[at : at + 100])["tasks"]
        return found

    def wait(self, arns: list[str], status: str, every: float = 0.05, limit: float = 300) -> None:
        waiting = list(arns)
        deadline = time.monotonic() + limit
        while waiting:
            time.sleep(every)
            for task in self.tasks(waiting):
                if task["lastStatus"] == status:
                    waiting.remove(task["taskArn"])
                elif task["lastStatus"] == "STOPPED":
                    raise RuntimeError(task["stoppedReason"])
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(waiting)} tasks are not {status}")

    def stop(self, arns: list[str]) -> None:
        for arn in arns:
            self.ecs.stop_task(task=arn)
        self.wait(arns, "STOPPED")


@contextlib.contextmanager
def hosted(folder: Path, image: str, *flags: str) -> Iterator[Hosted]:
    engine = RunningEngine(folder / "state", "--over-commit", "1000", *flags)
    engine.start()
    try:
        yield Hosted(engine, image)
    finally:
        engine.start() if engine.process and engine.process.poll() is not None else None
        client = engine.client("ecs")
        arns = [a for p in client.get_paginator("list_tasks").paginate() for a in p["taskArns"]]
        for arn in arns:
            client.stop_task(task=arn)
        wait_for(lambda: not client.list_tasks(desiredStatus="RUNNING")["taskArns"], 300)
        engine.purge()
