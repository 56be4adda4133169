"""What `hostless run` registers and runs: pure functions from its flags to AWS's requests."""

import re
from dataclasses import dataclass
from typing import Any

from hostless.domain.isolation import ISOLATION_TAG, IsolationChoice

LOG_GROUP = "/hostless/run"
LOG_PREFIX = "run"
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """cpu_units and memory_mib: a size that Fargate sells. ports: container ports, TCP.

    isolation: None leaves it to cluster and engine.
    """

    image: str
    name: str
    cpu_units: int
    memory_mib: int
    command: tuple[str, ...] = ()
    entry_point: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()
    can_exec: bool = True
    isolation: IsolationChoice | None = None


def name_of_image(image: str) -> str:
    """`nginx` of `docker.io/library/nginx:1.25@sha256:…`, in letters that a family may have."""
    last = image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
    return re.sub(r"[^a-zA-Z0-9_-]", "-", last)[:LONGEST_NAME] or "task"


def definition_of(request: RunRequest, family: str, account_id: str, region: str) -> dict[str, Any]:
    """The members of RegisterTaskDefinition.

    The awslogs driver makes Fargate demand an execution role, and ECS Exec a task role.
    """
    container: dict[str, Any] = {
        "name": request.name,
        "image": request.image,
        "essential": True,
        "environment": [{"name": name, "value": value} for name, value in request.environment],
        "portMappings": [{"containerPort": port} for port in request.ports],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": LOG_GROUP,
                "awslogs-region": region,
                "awslogs-stream-prefix": LOG_PREFIX,
            },
        },
    }
    if request.command:
        container["command"] = list(request.command)
    if request.entry_point:
        container["entryPoint"] = list(request.entry_point)
    role = f"arn:aws:iam::{account_id}:role"
    return {
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": str(request.cpu_units),
        "memory": str(request.memory_mib),
        "executionRoleArn": f"{role}/ecsTaskExecutionRole",
        "taskRoleArn": f"{role}/hostless-run",
        "containerDefinitions": [container],
    }


def run_task_of(
    request: RunRequest, cluster: str, definition_arn: str, subnets: list[str]
) -> dict[str, Any]:
    """The members of RunTask."""
    chosen = request.isolation
    tags = [] if chosen is None else [{"key": ISOLATION_TAG, "value": chosen}]
    return {
        "cluster": cluster,
        "taskDefinition": definition_arn,
        "launchType": "FARGATE",
        "startedBy": "hostless-run",
        "enableExecuteCommand": request.can_exec,
        "networkConfiguration": network_of(subnets),
        "tags": tags,
    }


def network_of(subnets: list[str]) -> dict[str, Any]:
    """A `networkConfiguration` in these subnets, with the VPC's default security group."""
    return {"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}}
