"""What a task's container is called by those who look at it from outside the API.

The id by which runtimes and the task metadata endpoint know it, its labels, and the name of its log
stream. Pure: they follow from the records, so that they are the same in every life of the engine.
"""

import hashlib

from hostless.domain.arns import TaskId
from hostless.domain.container_definitions import LogConfiguration
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task

METADATA_ADDRESS = "169.254.170.2"
"""Where tasks ask about themselves, in every VPC (ECS Developer Guide, "task metadata")."""
METADATA_PORT = 80


def runtime_id_of(task_id: TaskId, container: str) -> str:
    """The container's id for runtimes, in Fargate's form: task id, dash, ten digits.

    All ids have one length: runsc takes any prefix of an id for the id.
    """
    digest = hashlib.sha256(f"{task_id}/{container}".encode()).digest()
    return f"{task_id}-{int.from_bytes(digest[:8]) % 10**10:010d}"


def metadata_environment_of(task_id: TaskId, container: str) -> tuple[tuple[str, str], ...]:
    """Where the container finds what is told about it, by version of the endpoint (the guide)."""
    id_ = runtime_id_of(task_id, container)
    return (
        ("ECS_CONTAINER_METADATA_URI", f"http://{METADATA_ADDRESS}/v3/{id_}"),
        ("ECS_CONTAINER_METADATA_URI_V4", f"http://{METADATA_ADDRESS}/v4/{id_}"),
    )


def ecs_labels_of(task: Task, definition: TaskDefinition, container: str) -> dict[str, str]:
    """Those that ECS puts on every container (amazon-ecs-agent, `dockerConfig`)."""
    return {
        "com.amazonaws.ecs.cluster": task.cluster_arn,
        "com.amazonaws.ecs.container-name": container,
        "com.amazonaws.ecs.task-arn": task.arn,
        "com.amazonaws.ecs.task-definition-family": definition.family,
        "com.amazonaws.ecs.task-definition-version": str(definition.revision),
    }


def log_stream_of(task_id: TaskId, container: str, logging: LogConfiguration) -> str:
    """`prefix/container/task-id` (ECS Developer Guide, "awslogs log driver")."""
    prefix = (logging.options or {}).get("awslogs-stream-prefix", "")
    return "/".join(part for part in (prefix, container, task_id) if part)
