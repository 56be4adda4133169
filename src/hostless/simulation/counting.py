"""How many tasks of a service are healthy, starting, alive: counted anew, not by the scheduler.

Floor and ceiling: UpdateService, `minimumHealthyPercent` rounds up and `maximumPercent` down.
Health: Amazon ECS Developer Guide, "Amazon ECS service deployment states"; with no check at all a
task counts as healthy once it has run for some time (40 s on AWS).
"""

import math
from collections.abc import Iterable

from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.simulation.ledger import Ledger

ROUNDING_SECONDS = 0.000_1
"""Instants near the present are floats of about so fine a grain after some arithmetic."""


def floor_of(service: Service) -> int:
    """No fewer healthy tasks than this, through the scheduler's own doing."""
    if service.status != "ACTIVE":
        return 0
    percent = service.deployment_configuration.minimum_healthy_percent
    return math.ceil(service.desired_count * percent / 100)


def ceiling_of(service: Service) -> int:
    """No task is started beyond this many."""
    percent = service.deployment_configuration.maximum_percent
    return max(service.desired_count, math.floor(service.desired_count * percent / 100))


def is_live(task: Task) -> bool:
    """It is wanted and there."""
    return task.goal == "RUNNING" and task.status != "STOPPED"


def is_running(task: Task) -> bool:
    return task.goal == "RUNNING" and task.status == "RUNNING"


def is_starting(task: Task) -> bool:
    return is_live(task) and task.status != "RUNNING"


def has_health_check(definition: TaskDefinition | None) -> bool:
    containers = () if definition is None else definition.container_definitions
    return any(
        container.health_check is not None and container.essential is not False
        for container in containers
    )


def is_healthy(
    task: Task, definition: TaskDefinition | None, healthy_after: float, now: Timestamp
) -> bool:
    """healthy_after: seconds of running that make up for the lack of a health check."""
    return _is_well(task, now - healthy_after, is_checked=has_health_check(definition))


def healthy_among(
    tasks: Iterable[Task], ledger: Ledger, healthy_after: float, now: Timestamp
) -> int:
    checked: dict[str, bool] = {}
    count = 0
    for task in tasks:
        arn = task.definition_arn
        if arn not in checked:
            checked[arn] = has_health_check(ledger.definitions.get(arn))
        count += _is_well(task, now - healthy_after, is_checked=checked[arn])
    return count


def _is_well(task: Task, since: Timestamp, *, is_checked: bool) -> bool:
    """since: it has to run for so long if nothing checks it."""
    if task.goal != "RUNNING" or task.status != "RUNNING" or task.is_host_lost:
        return False
    if is_checked:
        return task.health == "HEALTHY"
    return task.started_at is not None and task.started_at <= since + ROUNDING_SECONDS
