"""Where tasks are and may yet be put: what keeps groups and subnets from being deleted."""

from collections.abc import Iterator

from hostless.domain.tasks import Placement
from hostless.store.kinds import DEPLOYMENTS, SERVICE_REVISIONS, SERVICES, TASKS
from hostless.store.store import Store


def placements_in_use(store: Store) -> Iterator[Placement]:
    """Of tasks that have not stopped, and of what services make tasks from or were asked to."""
    for task in store.all(TASKS):
        if task.status != "STOPPED":
            yield task.placement
    for service in store.all(SERVICES):
        if service.status != "INACTIVE":
            deployments = store.find(DEPLOYMENTS, "service", service.arn)
            for arn in {service.revision_arn, *(d.revision_arn for d in deployments)}:
                revision = store.get(SERVICE_REVISIONS, arn)
                if revision is not None:
                    yield revision.placement
