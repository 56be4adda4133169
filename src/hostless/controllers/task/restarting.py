"""Which containers of a task are to run anew, by their restart policies. Pure.

Until they do, nobody is to take their ends for ends: see `standing`.
"""

from collections.abc import Mapping
from dataclasses import replace

from hostless.compute.seam import ContainerObservation, TaskObservation
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.restart_rules import is_restarted
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task


def due_for_restart(
    task: Task, definition: TaskDefinition | None, seen: TaskObservation
) -> Mapping[str, ContainerObservation]:
    """How containers ended that are to run anew, by name. An end that was written down is final."""
    if definition is None or task.goal == "STOPPED" or seen.is_lost:
        return {}
    final = {c.name for c in task.containers if c.status == "STOPPED"}
    return {
        defined.name: end
        for defined in definition.container_definitions
        if defined.name and defined.name not in final
        if (end := seen.containers.get(defined.name)) is not None and _goes_on(defined, end)
    }


def _goes_on(defined: ContainerDefinition, seen: ContainerObservation) -> bool:
    if seen.started_at is None or seen.finished_at is None:
        return False
    ran = seen.finished_at - seen.started_at
    return is_restarted(defined, exit_code=seen.exit_code, ran_seconds=ran)


def standing(seen: TaskObservation, due: Mapping[str, ContainerObservation]) -> TaskObservation:
    """What is seen, but those that are due to run anew are shown as if they ran on."""
    if not due:
        return seen
    on = {
        name: replace(end, state="running", finished_at=None, exit_code=None, reason=None)
        for name, end in due.items()
    }
    return replace(seen, containers={**seen.containers, **on})
