"""Asking a task to stop: the one rule for everybody who may (a caller, a scheduler, a drill).

How a task is stopped is the task controller's business.
"""

from dataclasses import replace

from hostless.domain.tasks import StopRequest, Task


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
