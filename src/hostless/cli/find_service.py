"""Services as people name them: a name, `cluster/name`, or an ARN."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from hostless.cli.api import Api
from hostless.cli.find_task import TaskView
from hostless.cli.outcome import CommandFailed

MOST_AT_ONCE = 10
"""DescribeServices takes no more."""
MOST_TASKS_AT_ONCE = 100

ServiceView: TypeAlias = dict[str, Any]
"""A service as DescribeServices shows it."""


def services_in(api: Api, cluster: str | None) -> list[ServiceView]:
    """All services of the cluster, or of all clusters; the oldest first."""
    found: list[ServiceView] = []
    for each in [cluster] if cluster else list(api.pages("ecs", "list_clusters", "clusterArns")):
        arns = list(api.pages("ecs", "list_services", "serviceArns", cluster=each, maxResults=100))
        for start in range(0, len(arns), MOST_AT_ONCE):
            found += _described(api, each, arns[start : start + MOST_AT_ONCE])
    return sorted(found, key=lambda service: (service["createdAt"], service["serviceArn"]))


def find_service(api: Api, reference: str, cluster: str | None) -> ServiceView:
    """The service that `reference` names. Raises CommandFailed when none or several do."""
    if "/" in reference:
        cluster, reference = reference.split("/")[-2:]
    if cluster is not None:
        matching = [s for s in _described(api, cluster, [reference]) if s["status"] != "INACTIVE"]
    else:
        matching = [s for s in services_in(api, None) if s["serviceName"] == reference]
    if not matching:
        where = f" in cluster {cluster}" if cluster else ""
        raise CommandFailed(f"no service{where} is called {reference!r}", "See: hostless services")
    if len(matching) > 1:
        clusters = ", ".join(cluster_of(each) for each in matching)
        raise CommandFailed(
            f"there is a service {reference!r} in several clusters: {clusters}",
            "Say which with --cluster.",
        )
    return matching[0]


def look_at(api: Api, service: ServiceView) -> ServiceView:
    """The service as it is now. Raises CommandFailed when it is gone."""
    described = _described(api, service["clusterArn"], [service["serviceArn"]])
    if not described:
        raise CommandFailed(f"service {service['serviceName']} is gone")
    return described[0]


def cluster_of(service: ServiceView) -> str:
    return str(service["clusterArn"]).rsplit("/", 1)[-1]


def definition_of_service(service: ServiceView) -> str:
    """`family:revision`."""
    return str(service["taskDefinition"]).rsplit("/", 1)[-1]


def tasks_of(api: Api, service: ServiceView, *, stopped: bool = False) -> list[TaskView]:
    """The service's tasks that are to run, or those that are to stop or have; the oldest first."""
    members = {
        "cluster": service["clusterArn"],
        "serviceName": service["serviceName"],
        "desiredStatus": "STOPPED" if stopped else "RUNNING",
    }
    arns = list(api.pages("ecs", "list_tasks", "taskArns", **members))
    found: list[TaskView] = []
    for start in range(0, len(arns), MOST_TASKS_AT_ONCE):
        some = arns[start : start + MOST_TASKS_AT_ONCE]
        found += api.call("ecs", "describe_tasks", cluster=service["clusterArn"], tasks=some)[
            "tasks"
        ]
    return sorted(found, key=lambda task: (task["createdAt"], task["taskArn"]))


def _described(api: Api, cluster: str, names: Sequence[str]) -> list[ServiceView]:
    answer = api.call("ecs", "describe_services", cluster=cluster, services=list(names))
    return list(answer["services"])
