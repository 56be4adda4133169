"""Who serves behind a name of Service Connect, of its tasks and what is recorded. Pure.

Who runs and is not unhealthy serves; with container health checks a task is not sent to before
they have succeeded (aws/containers-roadmap issue 2334, which AWS closed as done). When no task of a
name is healthy, the unhealthy ones are sent to, as by Cloud Map's `HEALTHY_OR_ELSE_ALL`. Who is to
stop drains: it is sent no new requests, and its containers are told to stop when what is under way
is done. How long that may take is written here, too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hostless.domain.arns import DiscoveryServiceId, TaskArn
from hostless.domain.service_connect import Endpoint, Ingress
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

Standing: TypeAlias = Literal["begins", "serves", "fails", "ends", "ended"]
"""fails: its containers run and are unhealthy. ends: it is to stop and may still answer.

ended: nothing answers there any more, and its address may be another's soon.
"""
SHORTEST_LIMIT_SECONDS = 30.0
"""What is under way is waited for at least so long: as long as a container without `stopTimeout`
has to stop. A connection of tcp, which may stay for ever, and a stream without a time-out end then.
"""
TELLING_SECONDS = 5.0
"""In addition to a request's time-out: until every caller is told, requests still begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingTask:
    """A task of a name, and where its proxy is called for it. port: `Ingress.called_port`."""

    task: Task
    standing: Standing
    address: str | None
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanges:
    """put: added or changed. deleted: as they were."""

    put: tuple[Endpoint, ...]
    deleted: tuple[Endpoint, ...]


def checked_containers(definition: TaskDefinition | None) -> frozenset[str]:
    """The names of containers that have a health check."""
    if definition is None:
        return frozenset()
    return frozenset(
        each.name for each in definition.container_definitions if each.health_check and each.name
    )


def standing_of(task: Task, checked: Collection[str]) -> Standing:
    if task.status in ("STOPPING", "DEPROVISIONING", "STOPPED") or task.is_host_lost:
        return "ended"
    if task.goal == "STOPPED" or task.status == "DEACTIVATING":
        return "ends"
    if task.status != "RUNNING":
        return "begins"
    healths = {c.health for c in task.containers if c.essential and c.name in checked}
    if "UNHEALTHY" in healths:
        return "fails"
    return "begins" if "UNKNOWN" in healths else "serves"


def sent_to_of(tasks: Iterable[ServingTask]) -> list[ServingTask]:
    """Those that new requests go to."""
    there = [each for each in tasks if each.address is not None]
    serving = [each for each in there if each.standing == "serves"]
    return serving or [each for each in there if each.standing == "fails"]


def changes_of(
    name: DiscoveryServiceId,
    tasks: Collection[ServingTask],
    there: Iterable[Endpoint],
    now: Timestamp,
) -> EndpointChanges:
    """tasks: all of the name. there: what is recorded of it. Made again, nothing changes."""
    wanted = {each.task.arn: each for each in sent_to_of(tasks)}
    standings: dict[TaskArn, Standing] = {each.task.arn: each.standing for each in tasks}
    recorded = {each.task_arn: each for each in there}
    put = [
        Endpoint(
            discovery_service_id=name,
            task_arn=arn,
            address=each.address or "",
            port=each.port,
            since=now,
        )
        for arn, each in wanted.items()
        if arn not in recorded
    ]
    deleted = []
    for arn, endpoint in recorded.items():
        if arn in wanted:
            if endpoint.drains_since is not None:
                put.append(replace(endpoint, since=now, drains_since=None))
        elif standings.get(arn, "ended") == "ended":
            deleted.append(endpoint)
        elif endpoint.drains_since is None:
            put.append(replace(endpoint, drains_since=now))
    return EndpointChanges(put=tuple(put), deleted=tuple(deleted))


def drains_until(since: Timestamp, ingress: Ingress | None) -> Timestamp:
    """When what is under way is waited for no longer. ingress: of the task; None: unknown."""
    timeout = 0 if ingress is None else ingress.request_timeout_seconds
    return since + max(SHORTEST_LIMIT_SECONDS, timeout + TELLING_SECONDS)
