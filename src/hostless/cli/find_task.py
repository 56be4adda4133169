"""Tasks as people name them: the first characters of an id, an id, or an ARN."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from hostless.cli.api import Api
from hostless.cli.outcome import CommandFailed
from hostless.domain.service_connect import PROXY_NAME_PREFIX

SHORT = 8
"""Characters of an id that are shown."""
MOST_AT_ONCE = 100
"""DescribeTasks takes no more."""

TaskView: TypeAlias = dict[str, Any]
"""A task as DescribeTasks shows it."""


def id_of(task: TaskView) -> str:
    return str(task["taskArn"]).rsplit("/", 1)[-1]


def short_id_of(task: TaskView) -> str:
    return id_of(task)[:SHORT]


def own_containers(task: TaskView) -> list[dict[str, Any]]:
    """Those of its definition: without the proxy that Service Connect adds."""
    containers: list[dict[str, Any]] = task.get("containers", [])
    return [each for each in containers if not each["name"].startswith(PROXY_NAME_PREFIX)]


def tasks_in(api: Api, cluster: str | None, *, with_ended: bool) -> list[TaskView]:
    """All tasks of the cluster, or of all clusters; the oldest first.

    Those that are on their way out are shown too, those that have STOPPED with `with_ended` only.
    """
    found: list[TaskView] = []
    for each in [cluster] if cluster else list(api.pages("ecs", "list_clusters", "clusterArns")):
        arns = list(_arns(api, each))
        for start in range(0, len(arns), MOST_AT_ONCE):
            found += _described(api, each, arns[start : start + MOST_AT_ONCE])
    found.sort(key=lambda task: (task["createdAt"], task["taskArn"]))
    return [task for task in found if with_ended or task["lastStatus"] != "STOPPED"]


def find_task(api: Api, reference: str, cluster: str | None) -> TaskView:
    """The one task that `reference` names. Raises CommandFailed when none or several do."""
    if reference.startswith("arn:") and "/" in reference:
        described = _described(api, cluster or reference.split("/")[1], [reference])
        if described:
            return described[0]
    matching = [
        task
        for task in tasks_in(api, cluster, with_ended=True)
        if id_of(task).startswith(reference)
    ]
    if not matching:
        where = f" in cluster {cluster}" if cluster else ""
        raise CommandFailed(
            f"no task{where} has an id that starts with {reference!r}", "See: hostless ps --all"
        )
    if len(matching) > 1:
        ids = ", ".join(id_of(task)[: len(reference) + 4] for task in matching[:5])
        raise CommandFailed(
            f"{len(matching)} tasks have ids that start with {reference!r}: {ids}",
            "Give a few more characters.",
        )
    return matching[0]


def look_again(api: Api, task: TaskView) -> TaskView:
    """The task as it is now. Raises CommandFailed when it is gone."""
    described = _described(api, task["clusterArn"], [task["taskArn"]])
    if not described:
        raise CommandFailed(f"task {short_id_of(task)} is gone: stopped tasks are kept an hour")
    return described[0]


def address_of_task(task: TaskView) -> str:
    """The task's IPv4 address, "" while it has none."""
    for attachment in task.get("attachments", ()):
        for detail in attachment.get("details", ()):
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"])
    return ""


def _arns(api: Api, cluster: str) -> Iterator[str]:
    for status in ("RUNNING", "STOPPED"):
        yield from api.pages("ecs", "list_tasks", "taskArns", cluster=cluster, desiredStatus=status)


def _described(api: Api, cluster: str, arns: Sequence[str]) -> list[TaskView]:
    answer = api.call("ecs", "describe_tasks", cluster=cluster, tasks=list(arns), include=["TAGS"])
    return list(answer["tasks"])
