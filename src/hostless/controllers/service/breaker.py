"""The deployment circuit breaker: counts failures and says when there were too many.

Counted are tasks that never got to RUNNING, and tasks that were stopped because they were unhealthy
(Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures"). What
becomes of the deployment then is `stages`' business.
"""

import math
from dataclasses import replace

from hostless.domain.deployments import Deployment
from hostless.domain.services import DeploymentCircuitBreaker
from hostless.domain.tasks import Task

LEAST_FAILURES = 3
MOST_FAILURES = 200
"""Bounds of the type BOUNDED_PERCENT (ECS API, ServiceDeploymentCircuitBreaker `threshold`)."""


def threshold_of(breaker: DeploymentCircuitBreaker, desired: int) -> int:
    """So many failures end the deployment; at least 1."""
    rule = breaker.threshold_configuration
    if rule.type == "COUNT":
        return max(1, rule.value)
    share = math.ceil(rule.value * desired / 100)
    if rule.type == "UNBOUNDED_PERCENT":
        return max(1, share)
    return min(MOST_FAILURES, max(LEAST_FAILURES, share))


def with_failure(deployment: Deployment, task: Task) -> Deployment:
    """The deployment after one more task of it failed."""
    return replace(
        deployment,
        failed_tasks=deployment.failed_tasks + 1,
        failures_in_a_row=deployment.failures_in_a_row + 1,
        last_failure_of=max(task.created_at, deployment.last_failure_of or task.created_at),
    )


def with_success(deployment: Deployment) -> Deployment:
    """The deployment after a task of it, no older than the last that failed, became healthy."""
    return replace(deployment, failures_in_a_row=0)


def failures_of(breaker: DeploymentCircuitBreaker, deployment: Deployment) -> int:
    """What is held against the deployment."""
    if breaker.reset_on_healthy_task:
        return deployment.failures_in_a_row
    return deployment.failed_tasks
