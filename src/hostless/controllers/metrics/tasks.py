"""Looks at what tasks use, and has the store of samples keep it under CloudWatch's names.

A look reads a slice of tasks at a time, in threads, and lets others have the event loop in between.
What a task used in its minute is told anew with each look until the minute has ended; series of
single tasks are told once, when it has. Tasks are looked at while they are RUNNING, as on AWS.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from hostless.compute.seam import ComputeBackend
from hostless.compute.stats import TaskStats
from hostless.controllers.health.decide import checked_containers
from hostless.controllers.metrics.insights import (
    Measured,
    ServiceCounts,
    add_counts,
    add_details,
    add_task,
    level_of,
)
from hostless.controllers.metrics.tallies import Tallies
from hostless.controllers.metrics.usage import Starts, observed
from hostless.domain.arns import ClusterArn, NetworkInterfaceId, TaskId
from hostless.domain.clusters import Cluster
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.network.seam import InterfaceCounters, NetworkFabric, NetworkFailed
from hostless.store.kinds import CLUSTERS, DEPLOYMENTS, SERVICES, TASK_DEFINITIONS, TASKS
from hostless.store.store import Store
from hostless.store.task_keys import deployment_key
from hostless.telemetry.metrics.store import PERIOD_SECONDS, MetricStore

SLICE = 50
"""Tasks that are read at one time."""
DETAILED_SLICE = 10
"""Tasks whose own series are told at one time: there are some 40 of each."""
_PENDING: tuple[TaskStatus, ...] = ("PROVISIONING", "PENDING", "ACTIVATING")
T = TypeVar("T")
Counters = Mapping[NetworkInterfaceId, InterfaceCounters]
log = logging.getLogger(__name__)


class TaskMeter:
    """Keeps, of each task that ran in the present minute, what it used in it."""

    def __init__(
        self, store: Store, compute: ComputeBackend, fabric: NetworkFabric, metrics: MetricStore
    ) -> None:
        self._store = store
        self._compute = compute
        self._fabric = fabric
        self._metrics = metrics
        self._measured: dict[TaskId, Measured] = {}
        self._minute: int | None = None

    async def look(self, at: Timestamp) -> None:
        """at: an instant of the minute that the look belongs to."""
        minute = int(at // PERIOD_SECONDS) * PERIOD_SECONDS
        if self._minute is not None and self._minute != minute:
            await self._tell_details(self._minute)
        self._minute = minute
        clusters = {cluster.arn: cluster for cluster in self._store.all(CLUSTERS)}
        tasks = self._store.find(TASKS, "status", "RUNNING")
        counters = await self._counters(tasks, clusters)
        running = {task.id: task for task in tasks}
        for some in _slices(list(running.values()), SLICE):
            names = {task.id: _told_apart(task, clusters) for task in some}
            for task_id, stats in (await self._compute.stats(names)).items():
                task = running[task_id]
                self._measure(task, minute, stats, counters, clusters.get(task.cluster_arn))
        self._measured = {
            id_: each for id_, each in self._measured.items() if each.course.minute == minute
        }
        await self._tell(at, clusters, tasks)

    async def _counters(
        self, tasks: Sequence[Task], clusters: Mapping[ClusterArn, Cluster]
    ) -> Counters:
        """Only where somebody wants to know."""
        if all(level_of(clusters.get(task.cluster_arn)) == "disabled" for task in tasks):
            return {}
        try:
            return await self._fabric.counters()
        except NetworkFailed as failure:
            log.warning("what tasks send and receive is not known now: %s", failure)
            return {}

    def _measure(
        self,
        task: Task,
        minute: int,
        stats: TaskStats,
        counters: Counters,
        cluster: Cluster | None,
    ) -> None:
        before = self._measured.get(task.id)
        interface_id = task.attachment.interface_id
        interface = None if interface_id is None else counters.get(interface_id)
        known = before.course if before else None
        definition = self._store.get(TASK_DEFINITIONS, task.definition_arn)
        self._measured[task.id] = Measured(
            task=task,
            course=observed(known, minute, stats, interface, _starts_of(task, stats.at)),
            level=level_of(cluster),
            checked=checked_containers(definition),
            restarted=_restarted(definition),
        )

    async def _tell(
        self,
        at: Timestamp,
        clusters: Mapping[ClusterArn, Cluster],
        tasks: Sequence[Task],
    ) -> None:
        """Of all tasks of the minute, those that have ended in it too."""
        tallies = Tallies()
        for some in _slices(list(self._measured.values()), SLICE):
            for measured in some:
                add_task(tallies, measured)
            await asyncio.sleep(0)
        running = Counter(task.cluster_arn for task in tasks)
        for cluster in clusters.values():
            if level_of(cluster) != "disabled" and cluster.status == "ACTIVE":
                services = tuple(self._services_of(cluster))
                add_counts(tallies, cluster, running[cluster.arn], services)
        self._metrics.put(at, tallies.samples(), {})

    def _services_of(self, cluster: Cluster) -> Iterator[ServiceCounts]:
        for service in self._store.find(SERVICES, "cluster", cluster.arn):
            if service.status != "INACTIVE":
                yield self._counted(service)

    def _counted(self, service: Service) -> ServiceCounts:
        """A deployment counts as long as it is the PRIMARY one or has tasks."""
        deployments = self._store.find(DEPLOYMENTS, "service", service.arn)
        primary, tasks = newest_of(deployments), self._store.table(TASKS)
        running = pending = living = 0
        for each in deployments:
            runs = tasks.count("deployment", deployment_key(each.id, "RUNNING"))
            comes = sum(tasks.count("deployment", deployment_key(each.id, s)) for s in _PENDING)
            running, pending = running + runs, pending + comes
            living += bool(runs or comes or each is primary)
        return ServiceCounts(service=service, running=running, pending=pending, deployments=living)

    async def _tell_details(self, minute: int) -> None:
        """Of the minute that has ended."""
        detailed = [each for each in self._measured.values() if each.level == "enhanced"]
        for some in _slices(detailed, DETAILED_SLICE):
            tallies = Tallies()
            for measured in some:
                add_details(tallies, measured)
            self._metrics.put(minute, tallies.samples(), {})
            await asyncio.sleep(0)


def _told_apart(task: Task, clusters: Mapping[ClusterArn, Cluster]) -> list[str]:
    """The containers that somebody wants to know of; reading them is half of the work."""
    is_wanted = level_of(clusters.get(task.cluster_arn)) == "enhanced"
    return [each.name for each in task.containers] if is_wanted else []


def _starts_of(task: Task, now: Timestamp) -> Starts:
    """The task's CPU is counted from its first container on: others may have ended since."""
    containers = {c.name: c.started_at for c in task.containers if c.started_at is not None}
    begun = now if task.started_at is None else task.started_at
    return Starts(whole=min(begun, *containers.values(), now), containers=containers)


def _restarted(definition: TaskDefinition | None) -> tuple[str, ...]:
    containers = () if definition is None else definition.container_definitions
    return tuple(
        c.name for c in containers if c.name and c.restart_policy and c.restart_policy.enabled
    )


def _slices(items: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
