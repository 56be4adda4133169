"""Stopping every task, for an engine that is told to take its tasks with it when it stops."""

import functools
from dataclasses import replace

from hostless.domain.tasks import StopRequest, Task
from hostless.kit.clock import Clock
from hostless.store.kinds import TASKS
from hostless.store.store import Store

REASON = "The engine was stopped together with its tasks"


async def stop_every_task(store: Store, clock: Clock) -> None:
    """Ask every task to stop and return when all have; the task controller must be running.

    It takes as long as the longest stop time-out (120 s at most); the caller may give up earlier.
    """
    request = StopRequest(code="UserInitiated", reason=REASON, at=clock.now())
    change = functools.partial(_asked_to_stop, request=request)
    watch = store.watch(TASKS)
    try:
        while alive := [task for task in store.all(TASKS) if task.status != "STOPPED"]:
            for task in alive:
                if task.goal != "STOPPED":
                    await store.update(TASKS, task.arn, change, REASON)
            await watch.changed()
    finally:
        store.unwatch(TASKS, watch)


def _asked_to_stop(task: Task, request: StopRequest) -> Task:
    if task.goal == "STOPPED":
        return task
    return replace(task, goal="STOPPED", stop_request=request, version=task.version + 1)
