"""When a task definition that is being deleted is really gone.

DELETE_IN_PROGRESS lasts as long as a task or a deployment of a service refers to the revision, and
an hour at least. Source: the ECS Developer Guide, "Task definition states".
"""

from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.clock import Timestamp

KEPT_SECONDS = 3600.0


def kept_until(definition: TaskDefinition) -> Timestamp | None:
    """The earliest end of a definition whose deletion was asked for; None for any other."""
    if definition.status != "DELETE_IN_PROGRESS" or definition.delete_requested_at is None:
        return None
    return definition.delete_requested_at + KEPT_SECONDS
