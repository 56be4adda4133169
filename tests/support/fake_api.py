"""An `Api` that answers from a table, and remembers what it was asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hostless.cli.api import Address, Api, Refusal

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:000000000000"
COMMANDS_THAT_CONNECT = ("ps", "logs", "stop", "describe", "run", "exec", "drill")


def task_view(task_id: str = "a" * 32, cluster: str = "default", **members: Any) -> dict[str, Any]:
    """A running task as DescribeTasks shows it."""
    return {
        "taskArn": f"{ARN}:task/{cluster}/{task_id}",
        "clusterArn": f"{ARN}:cluster/{cluster}",
        "taskDefinitionArn": f"{ARN}:task-definition/web:3",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "cpu": "256",
        "memory": "512",
        "createdAt": START,
        "connectivityAt": START + timedelta(seconds=0.1),
        "startedAt": START + timedelta(seconds=1),
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "attachments": [
            {"details": [{"name": "privateIPv4Address", "value": "172.31.0.10"}]},
        ],
        "containers": [{"name": "web", "lastStatus": "RUNNING", "image": "busybox:1"}],
        **members,
    }


class FakeApi(Api):
    """`answers` by operation: a value, or a function of the members; a list is used up in order."""

    def __init__(self, tasks: list[dict[str, Any]] | None = None) -> None:
        super().__init__(Address(endpoint="http://127.0.0.1:4566", region="us-east-1"))
        self.tasks = tasks or []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {
            "list_clusters": lambda **_: {
                "clusterArns": sorted({t["clusterArn"] for t in self.tasks})
            },
            "list_tasks": self._list_tasks,
            "describe_tasks": lambda tasks, **_: {
                "tasks": [task for task in self.tasks if task["taskArn"] in tasks]
            },
        }

    def call(self, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        self.asked.append((operation, members))
        answer = self.answers[operation]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Refusal):
            raise answer
        return dict(answer(**members) if isinstance(answer, Callable) else answer)

    def own(self, method: str, path: str, **members: Any) -> dict[str, Any]:
        """Answered under `POST drills/spot` and the like."""
        operation = f"{method} {path}"
        self.asked.append((operation, {n: v for n, v in members.items() if v is not None}))
        answer = self.answers[operation]
        if isinstance(answer, Refusal):
            raise answer
        return dict(answer)

    def asked_for(self, operation: str) -> list[dict[str, Any]]:
        return [members for name, members in self.asked if name == operation]

    def _list_tasks(self, cluster: str, desiredStatus: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        matching = [
            task["taskArn"]
            for task in self.tasks
            if cluster in (task["clusterArn"], task["clusterArn"].rsplit("/", 1)[-1])
            and task["desiredStatus"] == desiredStatus
        ]
        return {"taskArns": matching}


def fake_api(monkeypatch: pytest.MonkeyPatch, *tasks: dict[str, Any]) -> FakeApi:
    """Every command that connects gets this one."""
    api = FakeApi(list(tasks))
    for command in COMMANDS_THAT_CONNECT:
        monkeypatch.setattr(f"hostless.cli.{command}.connect", lambda state_dir: api)
    return api
