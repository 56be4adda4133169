"""Under what tasks and revisions are found in the store, and what a task's story tells."""

from collections.abc import Iterable

from hostless.domain.capacity_strategy import ON_DEMAND, SPOT
from hostless.domain.deployments import ServiceRevision
from hostless.domain.tasks import Task


def spread_key(task: Task, zone: str | None = None) -> str:
    """Under which the tasks of one group in one zone are counted, to spread a group over zones."""
    return f"{task.cluster_arn} {task.group} {zone or task.zone}"


def size_key(task: Task) -> str:
    """Under which the tasks of one size that have not stopped are counted, Spot apart."""
    market = SPOT if task.capacity_provider_name == SPOT else ON_DEMAND
    return f"{task.cpu} {task.memory_mib} {market}"


def task_state(task: Task) -> str:
    health = "" if task.health == "UNKNOWN" else f"/{task.health}"
    return f"{task.status}/{task.goal}{health}"


def service_of(task: Task) -> tuple[str, ...]:
    """Under its service while that has to do with it: it has not stopped, or is not counted yet."""
    if task.service_arn is None or (task.status == "STOPPED" and task.is_counted):
        return ()
    return (task.service_arn,)


def deployment_key(deployment_id: str | None, status: str) -> str:
    """Under which the tasks of one deployment that are in one state are counted."""
    return f"{deployment_id} {status}"


def deployment_status(task: Task) -> tuple[str, ...]:
    if task.service_arn is None or task.status == "STOPPED":
        return ()
    return (deployment_key(task.started_by, task.status),)


def served_names(task: Task) -> tuple[str, ...]:
    """Services of Cloud Map that the task serves, or is to serve, through Service Connect."""
    if task.connect is None or task.status == "STOPPED":
        return ()
    return tuple({each.discovery_service_id for each in task.connect.ingresses})


def called_names(task: Task) -> tuple[str, ...]:
    """Services of Cloud Map whose names the task's proxy knows."""
    if task.connect is None or task.status == "STOPPED":
        return ()
    return tuple({each.discovery_service_id for each in task.connect.upstreams})


def connected_namespace(revision: ServiceRevision) -> Iterable[str]:
    connect = revision.service_connect
    return () if connect is None or connect.namespace_id is None else (connect.namespace_id,)
