"""What a service tells of itself, in the words and the order of ECS, and what it does not repeat.

Sentences: Amazon ECS Developer Guide, "Amazon ECS service event messages", and events as observed.
A message is not repeated until its cause is gone or six hours have passed (same source); the cause
counts as gone when the service has been steady since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hostless.controllers.service.facts import EventMemory
from hostless.domain.arns import DeploymentId
from hostless.domain.capacity import NO_CAPACITY
from hostless.domain.ecs_events import (
    DeploymentEventName,
    DeploymentStateChange,
    Emitted,
    ServiceAction,
    ServiceActionName,
)
from hostless.domain.quotas import VCPU_LIMIT
from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

REPEATED_AFTER_SECONDS = 6 * 3600.0
MOST_EVENTS = 100
"""The newest that a service keeps (ECS API, Service `events`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """message: the service event, after `(service x) `; None for what only the event bus hears.

    action, deployment_event: what the event bus hears, with `reason`. is_lasting: about a state
    rather than a happening, so that it is not repeated while the state lasts.
    """

    message: str | None = None
    action: ServiceActionName | None = None
    deployment_event: DeploymentEventName | None = None
    deployment_id: DeploymentId | None = None
    reason: str | None = None
    is_lasting: bool = False


STEADY = News(message="has reached a steady state.", action="SERVICE_STEADY_STATE", is_lasting=True)
IMPAIRED = News(
    message=(
        "is unable to consistently start tasks successfully. For more information, see the "
        "Troubleshooting section of the Amazon ECS Developer Guide."
    ),
    action="SERVICE_TASK_START_IMPAIRED",
    is_lasting=True,
)
UNPLACED = News(
    message=f"was unable to place a task. Reason: {NO_CAPACITY}.",
    action="SERVICE_TASK_PLACEMENT_FAILURE",
    reason="RESOURCE:FARGATE",
    is_lasting=True,
)
OVER_QUOTA = News(
    message=f"was unable to place a task. Reason: {VCPU_LIMIT}.",
    action="SERVICE_TASK_PLACEMENT_FAILURE",
    reason="RESOURCE:FARGATE",
    is_lasting=True,
)
STUCK = News(
    message=(
        "was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    ),
    is_lasting=True,
)


def in_full(service_name: str, message: str) -> str:
    return f"(service {service_name}) {message}"


def started(tasks: Sequence[Task], *, replaced: int = 0, zone: str | None = None) -> News:
    """replaced: how many of them stand in for unhealthy ones. zone: for rebalancing."""
    where = "" if zone is None else f" in {zone} to AZ Rebalance"
    message = f"has started {len(tasks)} tasks{where}: {_names(tasks)}."
    if replaced:
        message += f" Amazon ECS replaced {replaced} tasks due to an unhealthy status."
    return News(message=message)


def stopped(tasks: Sequence[Task]) -> tuple[News, ...]:
    """Tasks that run are named, others only counted."""
    running = [task for task in tasks if task.status == "RUNNING"]
    news = []
    if len(running) < len(tasks):
        news.append(News(message=f"stopped {len(tasks) - len(running)} pending tasks."))
    if running:
        news.append(News(message=f"has stopped {len(running)} running tasks: {_names(running)}."))
    return tuple(news)


def unhealthy(task: Task, told: str) -> News:
    """told: what is wrong with it."""
    return News(message=f"(task {task.id}) {told}")


def spared(deployment_id: str, count: int) -> News:
    return News(
        message=(
            f"was unable to reach steady state because (taskSet {deployment_id}) was unable to "
            f"scale in due to (reason {count} tasks under protection)"
        ),
        is_lasting=True,
    )


def unbalanced(zones: str) -> News:
    return News(message=f"is not AZ balanced with {zones}. AZ Rebalancing in progress.")


def balanced(zones: str) -> News:
    return News(message=f"is AZ balanced with {zones}.")


def deployment_begun(deployment_id: DeploymentId, reason: str) -> News:
    return News(
        deployment_event="SERVICE_DEPLOYMENT_IN_PROGRESS",
        deployment_id=deployment_id,
        reason=reason,
    )


def deployment_completed(deployment_id: DeploymentId) -> News:
    return News(
        message=f"(deployment {deployment_id}) deployment completed.",
        deployment_event="SERVICE_DEPLOYMENT_COMPLETED",
        deployment_id=deployment_id,
        reason=f"ECS deployment {deployment_id} completed.",
    )


def deployment_failed(deployment_id: DeploymentId, why: str, reason: str) -> News:
    """why: `tasks failed to start` and the like. reason: the rollout's."""
    return News(
        message=f"(deployment {deployment_id}) deployment failed: {why}.",
        deployment_event="SERVICE_DEPLOYMENT_FAILED",
        deployment_id=deployment_id,
        reason=reason,
    )


def rolling_back(deployment_id: DeploymentId, reason: str) -> News:
    return News(
        message=f"rolling back to deployment {deployment_id}.",
        deployment_event="SERVICE_DEPLOYMENT_IN_PROGRESS",
        deployment_id=deployment_id,
        reason=reason,
    )


def is_new(news: News, service_name: str, memory: EventMemory, now: Timestamp) -> bool:
    """Whether it is to be told: always, unless it is about a state that was told already."""
    if not news.is_lasting or news.message is None:
        return True
    message = in_full(service_name, news.message)
    told_at = memory.told_at.get(message)
    if told_at is None or now - told_at >= REPEATED_AFTER_SECONDS:
        return True
    if news == STEADY:
        return memory.last_message != message
    return memory.steady_at is not None and memory.steady_at > told_at


def emitted(news: News, service: Service) -> Iterator[Emitted]:
    """What the event bus hears of it."""
    if news.action is not None:
        yield ServiceAction(
            service_arn=service.arn,
            cluster_arn=service.cluster_arn,
            event_name=news.action,
            reason=news.reason,
        )
    if news.deployment_event is not None and news.deployment_id is not None:
        yield DeploymentStateChange(
            service_arn=service.arn,
            deployment_id=news.deployment_id,
            event_name=news.deployment_event,
            reason=news.reason or "",
        )


def _names(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
