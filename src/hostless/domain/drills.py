"""What drills do to a task's record. What becomes of it then is the controllers' business.

Fargate runs every task on a host of its own, so losing a host is losing a task.
"""

from dataclasses import replace

from hostless.domain.lifecycle import TaskStatus
from hostless.domain.stop_requests import asked_to_stop, host_loss, spot_interruption
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

SPOT = "FARGATE_SPOT"
_OFF_ITS_HOST: frozenset[TaskStatus] = frozenset({"DEPROVISIONING", "STOPPED"})


def has_host(task: Task) -> bool:
    """Whether there is a host to lose: none that is lost already, nor one done with."""
    return task.status not in _OFF_ITS_HOST and not task.is_host_lost


def is_interruptible(task: Task) -> bool:
    """Whether a Spot reclaim can hit it: it runs on Spot, and nobody asked it to stop."""
    is_running = (task.status, task.goal) == ("RUNNING", "RUNNING")
    return task.capacity_provider_name == SPOT and is_running


def is_retirable(task: Task) -> bool:
    return task.goal == "RUNNING" and task.status != "STOPPED"


def interrupted(task: Task, now: Timestamp) -> Task:
    """The two-minute warning: its containers get the stop signal, and SIGKILL at stopTimeout."""
    return asked_to_stop(task, spot_interruption(now))


def with_lost_host(task: Task, now: Timestamp) -> Task:
    """It ends at once and abruptly; a reason to stop that it had already stands."""
    return replace(asked_to_stop(task, host_loss(now)), is_host_lost=True)


def retiring(task: Task, at: Timestamp) -> Task:
    """ECS sends no event for it (AWS Health does), so `version` stays."""
    return replace(task, retires_at=at)
