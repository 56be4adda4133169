"""What may become of one task from one commit to the next. Pure; says what is broken, if anything.

Of services and their floor and ceiling, `invariants` speaks.
"""

from collections.abc import Iterator

from hostless.domain.lifecycle import is_allowed
from hostless.domain.tasks import Container, Task

_ORDER = ("PENDING", "RUNNING", "STOPPED")


def broken_rules(before: Task | None, after: Task | None) -> Iterator[str]:
    """A sentence for every rule that the change of one task's record breaks."""
    if after is None:
        if before is None or before.status != "STOPPED":
            yield "a task was forgotten before it had stopped"
        return
    yield from _of_times(after)
    yield from _of_state(after)
    if before is not None:
        yield from _of_change(before, after)


def _of_state(task: Task) -> Iterator[str]:
    containers = task.containers
    if task.status == "STOPPED":
        if task.stop_request is None or not task.stop_request.reason or task.stopped_at is None:
            yield "a task stopped without saying why or when"
        if any(container.status != "STOPPED" for container in containers):
            yield "a container outlives its task"
    if task.is_counted and task.goal == "RUNNING":
        yield "a task that is wanted is counted as ended"
    if task.status == "RUNNING" and any(c.started_at is None for c in containers):
        yield "a task is RUNNING by half"
    if task.goal == "STOPPED" and task.stop_request is None:
        yield "nobody asked for this stop"


def _of_change(before: Task, after: Task) -> Iterator[str]:
    if not is_allowed(before.status, after.status):
        yield f"{before.status} became {after.status}"
    if before.goal == "STOPPED" and after.goal == "RUNNING":
        yield "a task that was to stop is wanted again"
    if after.version <= before.version and _shown(before) != _shown(after):
        yield "a change that shows did not raise the version"
    if before.stop_request not in (None, after.stop_request):
        yield "the first reason to stop did not stand"
    if (before.service_arn, before.started_by) != (after.service_arn, after.started_by):
        yield "a task changed its owner"
    if before.is_counted and not after.is_counted:
        yield "an end that was counted is not counted any more"
    for old, new in zip(before.containers, after.containers, strict=True):
        yield from _of_container(old, new)


def _shown(task: Task) -> tuple[str, str]:
    return task.status, task.goal


def _of_container(before: Container, after: Container) -> Iterator[str]:
    if _ORDER.index(before.status) > _ORDER.index(after.status):
        yield f"a container that was {before.status} is {after.status}"
    if before.runtime_id not in (None, after.runtime_id):
        yield "a container was made twice"
    if before.status == "STOPPED" and (before.exit_code, before.finished_at) != (
        after.exit_code,
        after.finished_at,
    ):
        yield "a container ended twice"


def _of_times(task: Task) -> Iterator[str]:
    begun = [
        at
        for at in (
            task.created_at,
            task.connectivity_at,
            task.pull_started_at,
            task.pull_stopped_at,
            task.started_at,
        )
        if at is not None
    ]
    ends = [at for at in (task.stopping_at, task.execution_stopped_at) if at is not None]
    if begun != sorted(begun) or any(at < begun[-1] for at in ends):
        yield "times are out of order"
    if task.stopped_at is not None and task.stopped_at < max([*begun, *ends]):
        yield "a task stopped before its end"
