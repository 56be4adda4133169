"""When a task definition that is being deleted is really gone.

DELETE_IN_PROGRESS lasts as long as a task refers to the revision, and an hour at least. Source:
the ECS Developer Guide, "Task definition states".
"""

from collections.abc import Callable, Iterable

from hostless.domain.arns import TaskDefinitionArn
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.clock import Timestamp

KEPT_SECONDS = 3600.0


def definitions_to_drop(
    definitions: Iterable[TaskDefinition],
    is_referred_to: Callable[[TaskDefinitionArn], bool],
    now: Timestamp,
) -> tuple[TaskDefinitionArn, ...]:
    """Those whose deletion was asked for an hour ago and that no task record refers to."""
    return tuple(
        definition.arn
        for definition in definitions
        if definition.status == "DELETE_IN_PROGRESS"
        and definition.delete_requested_at is not None
        and now - definition.delete_requested_at >= KEPT_SECONDS
        and not is_referred_to(definition.arn)
    )
