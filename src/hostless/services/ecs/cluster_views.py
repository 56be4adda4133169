"""Clusters and capacity providers as ECS shows them."""

from collections import Counter
from collections.abc import Collection

from hostless.domain.arns import Realm
from hostless.domain.clusters import CapacityProviderStrategyItem, Cluster
from hostless.domain.tasks import Task
from hostless.services.ecs.lean import lean
from hostless.services.ecs.views import View, tags_view

_PENDING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
_RUNNING = frozenset({"RUNNING"})
_LAUNCH_TYPES = ("EC2", "Fargate", "External", "ManagedInstances")
EVERYTHING = frozenset({"ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"})


def cluster_view(cluster: Cluster, tasks: list[Task], include: Collection[str]) -> View:
    """tasks: of this cluster. include: what DescribeClusters was asked for beyond the basics."""
    running = sum(task.status in _RUNNING for task in tasks)
    pending = sum(task.status in _PENDING for task in tasks)
    view: View = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": 0,
        "statistics": _statistics(running, pending) if "STATISTICS" in include else [],
        "tags": tags_view(cluster.tags) if "TAGS" in include else [],
        "settings": cluster.settings if "SETTINGS" in include else [],
        "capacityProviders": cluster.capacity_providers,
        "defaultCapacityProviderStrategy": [
            _item_view(item) for item in cluster.default_capacity_provider_strategy
        ],
    }
    if "CONFIGURATIONS" in include and cluster.configuration is not None:
        view["configuration"] = lean(cluster.configuration)
    if "ATTACHMENTS" in include:
        view["attachments"] = []
    if cluster.service_connect_defaults is not None:
        view["serviceConnectDefaults"] = cluster.service_connect_defaults
    return view


def _item_view(item: CapacityProviderStrategyItem) -> View:
    return {
        "capacityProvider": item.capacity_provider,
        "weight": item.weight or 0,
        "base": item.base or 0,
    }


def _statistics(running: int, pending: int) -> list[View]:
    """AWS's figures, those of other launch types being zero."""
    counts = Counter({"runningFargateTasksCount": running, "pendingFargateTasksCount": pending})
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
