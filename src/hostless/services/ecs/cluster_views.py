"""Clusters and capacity providers as ECS shows them."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.clusters import Cluster
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.services.ecs.lean import lean
from hostless.services.ecs.service_views import strategy_item_view
from hostless.services.ecs.views import View, tags_view

_PENDING: tuple[TaskStatus, ...] = ("PROVISIONING", "PENDING", "ACTIVATING")
_LAUNCH_TYPES = ("EC2", "Fargate", "External", "ManagedInstances")
EVERYTHING = frozenset({"ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What a cluster holds; everything of it runs on Fargate."""

    running_tasks: int
    pending_tasks: int
    active_services: int
    draining_services: int


def census_of(tasks: Iterable[Task], services: Iterable[Service]) -> Census:
    """tasks, services: of one cluster, in any state."""
    tasks_in = Counter(task.status for task in tasks)
    services_in = Counter(service.status for service in services)
    return Census(
        running_tasks=tasks_in["RUNNING"],
        pending_tasks=sum(tasks_in[status] for status in _PENDING),
        active_services=services_in["ACTIVE"],
        draining_services=services_in["DRAINING"],
    )


def cluster_view(cluster: Cluster, census: Census, include: Collection[str]) -> View:
    """include: what DescribeClusters was asked for beyond the basics."""
    view: View = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": census.running_tasks,
        "pendingTasksCount": census.pending_tasks,
        "activeServicesCount": census.active_services,
        "statistics": _statistics(census) if "STATISTICS" in include else [],
        "tags": tags_view(cluster.tags) if "TAGS" in include else [],
        "settings": cluster.settings if "SETTINGS" in include else [],
        "capacityProviders": cluster.capacity_providers,
        "defaultCapacityProviderStrategy": [
            strategy_item_view(item) for item in cluster.default_capacity_provider_strategy
        ],
    }
    if "CONFIGURATIONS" in include and cluster.configuration is not None:
        view["configuration"] = lean(cluster.configuration)
    if "ATTACHMENTS" in include:
        view["attachments"] = []
    if cluster.service_connect_defaults is not None:
        view["serviceConnectDefaults"] = cluster.service_connect_defaults
    return view


def _statistics(census: Census) -> list[View]:
    """AWS's figures, those of other launch types being zero."""
    counts = Counter(
        {
            "runningFargateTasksCount": census.running_tasks,
            "pendingFargateTasksCount": census.pending_tasks,
            "activeFargateServiceCount": census.active_services,
            "drainingFargateServiceCount": census.draining_services,
        }
    )
    names = [f"{state}{kind}TasksCount" for kind in _LAUNCH_TYPES for state in _TASK_STATES]
    names += [f"{state}{kind}ServiceCount" for kind in _LAUNCH_TYPES for state in _SERVICE_STATES]
    return [{"name": name, "value": str(counts[name])} for name in names]


_TASK_STATES = ("running", "pending")
_SERVICE_STATES = ("active", "draining")


def capacity_provider_view(name: str, realm: Realm) -> View:
    return {
        "capacityProviderArn": realm.arn("ecs", f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "tags": [],
    }
