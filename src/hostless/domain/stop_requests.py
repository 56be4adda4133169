"""Asking a task to stop: the one rule for everybody who may (a caller, a scheduler, a drill).

And the requests that the platform makes, in AWS's words. How a task is stopped is the task
controller's business.
"""

from dataclasses import replace

from hostless.domain.arns import name_of
from hostless.domain.tasks import StopRequest, Task
from hostless.kit.clock import Timestamp

SPOT_INTERRUPTED = "Your Spot Task was interrupted."
MAINTENANCE = "ECS is performing maintenance on the underlying infrastructure hosting the task"
"""What ECS says when a host is retired; it knows no separate sentence for a lost one."""


def asked_to_stop(task: Task, request: StopRequest) -> Task:
    """The task with goal STOPPED, its `version` one higher; unchanged when it was asked before."""
    if "STOPPED" in (task.goal, task.status):
        return task
    return replace(
        task,
        goal="STOPPED",
        stop_request=task.stop_request or request,
        version=task.version + 1,
    )


def spot_interruption(now: Timestamp) -> StopRequest:
    """Current outputs say SpotInterruption; the 2023 Developer Guide's sample TerminationNotice."""
    return StopRequest(code="SpotInterruption", reason=SPOT_INTERRUPTED, at=now)


def host_loss(now: Timestamp) -> StopRequest:
    return StopRequest(code="InfrastructureHealth", reason=MAINTENANCE, at=now)


def retirement(task: Task, now: Timestamp) -> StopRequest:
    """As in DescribeTasks outputs since 2023: the service is named where there is one."""
    service = "" if task.service_arn is None else f"Service {name_of(task.service_arn)}: "
    return StopRequest(code="ServiceSchedulerInitiated", reason=f"{service}{MAINTENANCE}", at=now)
