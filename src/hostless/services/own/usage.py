"""Reading what tasks and their containers have used so far: counters, of which two make a rate."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hostless.compute.seam import ComputeBackend
from hostless.compute.stats import ContainerStats, TaskStats
from hostless.domain.arns import NetworkInterfaceId, name_of
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.tasks import Container, Task
from hostless.kit.ids import Ids
from hostless.network.seam import InterfaceCounters, NetworkFabric, NetworkFailed
from hostless.services.instants import iso_milliseconds
from hostless.services.operation import Answer, Call
from hostless.services.own.choosing import Choosing
from hostless.store.store import Store

_MAY_RUN: tuple[TaskStatus, ...] = ("PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING")
SLICE = 50
"""Tasks that are read at one time; others have the event loop in between."""
_GIB = 1 << 30
Counters = Mapping[NetworkInterfaceId, InterfaceCounters]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUsage:
    """cluster: a name; absent: all. service: in `cluster`, or an ARN."""

    cluster: str | None = None
    service: str | None = None


class Usage:
    def __init__(
        self, store: Store, ids: Ids, compute: ComputeBackend, fabric: NetworkFabric
    ) -> None:
        self._choosing = Choosing(store, ids)
        self._compute = compute
        self._fabric = fabric

    async def read(self, request: ReadUsage, call: Call) -> Answer:
        """Of tasks that run, the oldest first. Raises ApiError."""
        found = self._choosing.among(request.cluster, request.service, call.realm)
        tasks = sorted(
            (task for task in found if task.status in _MAY_RUN),
            key=lambda task: (task.created_at, task.arn),
        )
        counters = await self._counters() if tasks else {}
        views: list[dict[str, object]] = []
        for begin in range(0, len(tasks), SLICE):
            some = tasks[begin : begin + SLICE]
            names = {task.id: [each.name for each in task.containers] for task in some}
            stats = await self._compute.stats(names)
            views += [
                _task_view(task, stats[task.id], counters) for task in some if task.id in stats
            ]
        return {"tasks": views}

    async def _counters(self) -> Counters:
        """Nothing while the network cannot be asked: the rest is known even so."""
        try:
            return await self._fabric.counters()
        except NetworkFailed as failure:
            log.warning("what tasks send and receive is not known now: %s", failure)
            return {}


def _task_view(task: Task, stats: TaskStats, counters: Counters) -> dict[str, object]:
    """Sizes in bytes, CPU in nanoseconds and units."""
    interface = counters.get(task.attachment.interface_id or NetworkInterfaceId(""))
    return {
        "taskArn": task.arn,
        "clusterName": name_of(task.cluster_arn),
        "serviceName": None if task.service_arn is None else name_of(task.service_arn),
        "taskDefinition": name_of(task.definition_arn),
        "lastStatus": task.status,
        "healthStatus": task.health,
        "at": iso_milliseconds(stats.at),
        "restartCount": sum(each.restart_count for each in task.containers),
        "cpuReserved": task.cpu,
        "memoryReserved": task.memory_mib << 20,
        **_used(stats.whole),
        "network": None if interface is None else _carried(interface),
        "storageReserved": task.ephemeral_storage_gib * _GIB,
        "storageUsed": None if stats.storage is None else stats.storage.used_bytes,
        "containers": [
            _container_view(each, stats.containers.get(each.name)) for each in task.containers
        ],
    }


def _container_view(container: Container, stats: ContainerStats | None) -> dict[str, object]:
    """Without counters where they cannot be told."""
    return {
        "name": container.name,
        "lastStatus": container.status,
        "healthStatus": container.health,
        "cpuReserved": int(container.cpu) or None,
        "restartCount": container.restart_count,
        **({} if stats is None else _used(stats)),
    }


def _used(stats: ContainerStats) -> dict[str, object]:
    return {
        "cpuNanoseconds": stats.cpu_nanoseconds,
        "cpuUserNanoseconds": stats.cpu_user_nanoseconds,
        "cpuPeriods": stats.cpu_periods,
        "throttledPeriods": stats.throttled_periods,
        "throttledNanoseconds": stats.throttled_nanoseconds,
        "memory": stats.memory_bytes,
        "memoryUsage": stats.memory_usage_bytes,
        "memoryLimit": stats.memory_limit_bytes,
        "memoryPeak": stats.memory_peak_bytes,
        "processes": stats.processes,
        "storageRead": stats.storage_read_bytes,
        "storageWritten": stats.storage_written_bytes,
    }


def _carried(counters: InterfaceCounters) -> dict[str, object]:
    return {
        "receivedBytes": counters.received_bytes,
        "receivedPackets": counters.received_packets,
        "receivedErrors": counters.received_errors,
        "receivedDropped": counters.received_dropped,
        "sentBytes": counters.sent_bytes,
        "sentPackets": counters.sent_packets,
        "sentErrors": counters.sent_errors,
        "sentDropped": counters.sent_dropped,
    }
