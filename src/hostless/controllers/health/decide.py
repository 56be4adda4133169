"""What to do next about the health of one container: facts go in, a plan comes out. No I/O.

The rules of health themselves are the domain's (`hostless.domain.health`).
"""

from dataclasses import dataclass, replace

from hostless.domain.arns import TaskArn, TaskId
from hostless.domain.health import CheckPlan, Course, HealthStatus, begun, check_plan_of
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Container, Task
from hostless.kit.clock import Timestamp

_CHECKED: frozenset[TaskStatus] = frozenset({"PENDING", "ACTIVATING", "RUNNING"})
"""While a task is on its way to running or runs; one that has to stop is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A running container with a health check. recorded: what its record says of its health."""

    task_arn: TaskArn
    task_id: TaskId
    container: str
    started_at: Timestamp
    recorded: HealthStatus
    plan: CheckPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """course: where the container is now. Then the first of these that holds:

    is_news: the record has to be told the course's status. is_due: a check is to be made. Else
    nothing is to be done until the course says.
    """

    course: Course
    is_news: bool
    is_due: bool


def checked_containers(definition: TaskDefinition | None) -> tuple[str, ...]:
    """The names of those that have a check which can be run."""
    containers = () if definition is None else definition.container_definitions
    return tuple(c.name for c in containers if c.name and check_plan_of(c.health_check))


def patient_of(task: Task, definition: TaskDefinition | None, name: str) -> Patient | None:
    """None when there is nothing to check (any more)."""
    if definition is None or task.goal == "STOPPED" or task.status not in _CHECKED:
        return None
    container = _find(task, name)
    plan = _plan_of(definition, name)
    if container is None or plan is None or container.status != "RUNNING":
        return None
    return Patient(
        task_arn=task.arn,
        task_id=task.id,
        container=name,
        started_at=container.started_at or task.created_at,
        recorded=container.health,
        plan=plan,
    )


def _find(task: Task, name: str) -> Container | None:
    return next((c for c in task.containers if c.name == name), None)


def _plan_of(definition: TaskDefinition, name: str) -> CheckPlan | None:
    found = (c for c in definition.container_definitions if c.name == name)
    return next((check_plan_of(c.health_check) for c in found), None)


def decide(patient: Patient, known: Course | None, now: Timestamp) -> Plan:
    """known: the container's course so far; None when this engine has none.

    A container that an earlier engine checked goes on with the status it had; one that was started
    anew begins anew.
    """
    course = _course_of(patient, known, now)
    is_news = course.status != patient.recorded
    return Plan(course=course, is_news=is_news, is_due=not is_news and course.due_at <= now)


def _course_of(patient: Patient, known: Course | None, now: Timestamp) -> Course:
    if known is None:
        course = begun(patient.plan, patient.started_at, patient.recorded, now)
    elif known.started_at != patient.started_at:
        course = begun(patient.plan, patient.started_at, "UNKNOWN", now)
    else:
        course = known
    latest = now + patient.plan.interval_seconds  # later only after the clock stepped back
    return course if course.due_at <= latest else replace(course, due_at=latest)


def with_health(task: Task, patient: Patient, status: HealthStatus) -> Task:
    """The task with its container's health; unchanged when the container is not that any more.

    `version` stays: ECS sends no event for a change of health (containers-roadmap, issue 1019).
    """
    container = _find(task, patient.container)
    if container is None or container.health == status:
        return task
    if (container.started_at or task.created_at) != patient.started_at:
        return task
    containers = tuple(replace(c, health=status) if c is container else c for c in task.containers)
    return replace(task, containers=containers)
