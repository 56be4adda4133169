"""Which services of Cloud Map a task of an ECS service is registered with, and as what: pure.

Source: Amazon ECS Developer Guide, "Use service discovery to connect Amazon ECS services with DNS
names": registered while ACTIVATING, deregistered while DEACTIVATING, taken out of DNS while its
health checks fail.
"""

from collections.abc import Iterable

from hostless.domain.arns import InstanceId, cluster_name_of, name_of
from hostless.domain.service_discovery import (
    INIT_HEALTH,
    IPV4,
    IPV6,
    PORT,
    DiscoveryInstance,
    DiscoveryService,
)
from hostless.domain.services import ServiceRegistry
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

ECS_SERVICE_NAME = "ECS_SERVICE_NAME"
_REGISTERED = frozenset({"ACTIVATING", "RUNNING"})


def registrations_of(
    task: Task, registries: Iterable[tuple[ServiceRegistry, DiscoveryService]], now: Timestamp
) -> tuple[DiscoveryInstance, ...]:
    """What there is to be of the task. now: when those that are not there yet are made."""
    if task.status not in _REGISTERED or task.attachment.address is None:
        return ()
    return tuple(
        DiscoveryInstance(
            id=InstanceId(task.id),
            service_id=service.id,
            attributes=_attributes(task, registry),
            custom_health="UNHEALTHY" if task.health == "UNHEALTHY" else "HEALTHY",
            created_at=now,
        )
        for registry, service in registries
    )


def _attributes(task: Task, registry: ServiceRegistry) -> dict[str, str]:
    port = registry.container_port if registry.port is None else registry.port
    known = {
        IPV4: task.attachment.address,
        IPV6: task.attachment.ipv6_address,
        PORT: None if port is None else str(port),
        "ECS_CLUSTER_NAME": cluster_name_of(task.cluster_arn),
        ECS_SERVICE_NAME: name_of(task.service_arn or ""),
        "ECS_TASK_DEFINITION_FAMILY": name_of(task.definition_arn).rpartition(":")[0],
        "REGION": task.arn.split(":")[3],
        "AVAILABILITY_ZONE": task.zone,
        INIT_HEALTH: "HEALTHY",
    }
    return {key: value for key, value in known.items() if value is not None}
