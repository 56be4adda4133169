"""What Cloud Map shows of the tasks that serve through Service Connect: pure.

ECS makes a service of Cloud Map for each name and registers its tasks there (Amazon ECS Developer
Guide, "Service Connect components"), so that DiscoverInstances finds them. `AvailabilityZone` and
`DeploymentId` are what instances of ECS carry besides Cloud Map's own attributes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hostless.domain.arns import InstanceId, TaskArn, cluster_name_of, task_id_of
from hostless.domain.service_connect import Endpoint
from hostless.domain.service_discovery import IPV4, PORT, DiscoveryInstance
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

DEPLOYMENT_ID = "DeploymentId"
"""By it instances of Service Connect are told from those that anybody else registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChanges:
    put: tuple[DiscoveryInstance, ...]
    deleted: tuple[DiscoveryInstance, ...]


def instance_changes(
    endpoints: Iterable[Endpoint],
    tasks: Mapping[TaskArn, Task],
    there: Iterable[DiscoveryInstance],
    now: Timestamp,
) -> InstanceChanges:
    """endpoints: of one name, as they are to be. there: what its service of Cloud Map has."""
    shown = {
        InstanceId(task_id_of(each.task_arn)): each
        for each in endpoints
        if each.drains_since is None and each.task_arn in tasks
    }
    own = {each.id: each for each in there if DEPLOYMENT_ID in each.attributes}
    return InstanceChanges(
        put=tuple(
            _instance(endpoint, tasks[endpoint.task_arn], now)
            for id_, endpoint in shown.items()
            if id_ not in own
        ),
        deleted=tuple(each for id_, each in own.items() if id_ not in shown),
    )


def _instance(endpoint: Endpoint, task: Task, now: Timestamp) -> DiscoveryInstance:
    return DiscoveryInstance(
        id=InstanceId(task.id),
        service_id=endpoint.discovery_service_id,
        attributes={
            IPV4: endpoint.address,
            PORT: str(endpoint.port),
            "AvailabilityZone": task.zone or "",
            "ECS_CLUSTER_NAME": cluster_name_of(task.cluster_arn),
            DEPLOYMENT_ID: task.started_by or "",
        },
        custom_health="HEALTHY",
        created_at=now,
    )
