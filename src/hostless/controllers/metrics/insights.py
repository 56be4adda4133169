"""What tasks use as metrics of ECS and of Container Insights. Pure.

Sources: "Amazon ECS CloudWatch metrics" (ECS Developer Guide), "Amazon ECS Container Insights
metrics" and "… with enhanced observability metrics" (CloudWatch User Guide). A task is one value
of a minute in each set of dimensions that it belongs to, so that `SampleCount` counts tasks, as it
does on AWS. With `enhanced` there are those of each task and of its containers, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hostless.controllers.metrics.tallies import Dimensions, Tallies
from hostless.controllers.metrics.usage import Course, Use
from hostless.domain.arns import cluster_name_of, name_of
from hostless.domain.clusters import Cluster
from hostless.domain.services import Service
from hostless.domain.tasks import Container, Task
from hostless.telemetry.metrics.catalogue import ECS, INSIGHTS

Level = Literal["disabled", "enabled", "enhanced"]
Value = tuple[str, float]
_GB = 1e9
RESTARTS = "RestartCount"
_GIB = 1 << 30


def level_of(cluster: Cluster | None) -> Level:
    """The cluster's setting `containerInsights`."""
    settings = () if cluster is None else cluster.settings
    value = next((each.value for each in settings if each.name == "containerInsights"), None)
    match value:
        case "enabled" | "enhanced":
            return value
        case _:
            return "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A task with what it used. checked: the names of its containers that have a health check.

    restarted: of those that are run anew, for which alone AWS tells how often they were.
    """

    task: Task
    course: Course
    level: Level
    checked: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()

    @property
    def restarts(self) -> dict[str, int]:
        """By container."""
        return {c.name: c.restart_count for c in self.task.containers if c.name in self.restarted}


def add_task(tallies: Tallies, measured: Measured) -> None:
    """To the series that it shares with other tasks."""
    task, level = measured.task, measured.level
    shares = dict(_shares(task, measured.course))
    if task.service_arn is not None:
        for name, of_task in _OF_SERVICE:
            if of_task in shares:
                tallies.add(ECS, name, _service(task), shares[of_task])
    if level == "disabled":
        return
    values = dict(_values(task, measured.course))
    if level == "enhanced":
        values |= shares | _restarts(measured)
    for dimensions in _groups(task):
        _add(tallies, dimensions, values)
    if level == "enhanced":
        for container, of_container in _containers(measured):
            named = (("ContainerName", container),)
            in_cluster = {name: n for name, n in of_container.items() if name != RESTARTS}
            _add(tallies, _cluster(task), in_cluster)
            for dimensions in _owners(task):
                _add(tallies, dimensions + named, of_container)


def add_details(tallies: Tallies, measured: Measured) -> None:
    """To series of its own and of its containers, where the cluster wants them."""
    if measured.level != "enhanced":
        return
    task = measured.task
    values = dict(_values(task, measured.course)) | dict(_shares(task, measured.course))
    values |= _restarts(measured)
    for owner in _owners(task):
        dimensions = (*owner, ("TaskId", task.id))
        _add(tallies, dimensions, values)
        for container, of_container in _containers(measured):
            _add(tallies, (*dimensions, ("ContainerName", container)), of_container)


_OF_SERVICE = (
    ("CPUUtilization", "TaskCpuUtilization"),
    ("MemoryUtilization", "TaskMemoryUtilization"),
)


def _add(tallies: Tallies, dimensions: Dimensions, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        tallies.add(INSIGHTS, name, dimensions, value)


def _shares(task: Task, course: Course) -> Iterator[Value]:
    cpu = course.whole.cpu_units
    if cpu is not None:
        yield "TaskCpuUtilization", 100 * cpu / task.cpu
    yield "TaskMemoryUtilization", 100 * course.whole.memory_mib / task.memory_mib
    if course.storage is not None:
        share = course.storage.used_bytes / (task.ephemeral_storage_gib * _GIB)
        yield "TaskEphemeralStorageUtilization", 100 * share


def _values(task: Task, course: Course) -> Iterator[Value]:
    whole = course.whole
    if whole.cpu_units is not None:
        yield "CpuUtilized", whole.cpu_units
    yield "CpuReserved", task.cpu
    yield "MemoryUtilized", whole.memory_mib
    yield "MemoryReserved", task.memory_mib
    flow = course.flow.a_second() if course.flow else None
    if flow is not None:
        yield "NetworkRxBytes", flow[0]
        yield "NetworkTxBytes", flow[1]
    yield "StorageReadBytes", whole.last.storage_read_bytes
    yield "StorageWriteBytes", whole.last.storage_written_bytes
    yield "EphemeralStorageReserved", task.ephemeral_storage_gib * _GIB / _GB
    if course.storage is not None:
        yield "EphemeralStorageUtilized", course.storage.used_bytes / _GB


def _restarts(measured: Measured) -> dict[str, float]:
    """Of a task's containers together."""
    return {RESTARTS: sum(measured.restarts.values())} if measured.restarts else {}


def _containers(measured: Measured) -> Iterator[tuple[str, dict[str, float]]]:
    task = measured.task
    for container in task.containers:
        values = dict(_health(container)) if container.name in measured.checked else {}
        use = measured.course.containers.get(container.name)
        if use is not None:
            values |= dict(_container_values(task, container, use))
        if container.name in measured.restarts:
            values[RESTARTS] = measured.restarts[container.name]
        yield container.name, values


def _container_values(task: Task, container: Container, use: Use) -> Iterator[Value]:
    """What a container has not reserved for itself it may use of its task's."""
    cpu = int(container.cpu) or task.cpu
    memory = int(container.memory_reservation or container.memory or task.memory_mib)
    if use.cpu_units is not None:
        yield "ContainerCpuUtilized", use.cpu_units
        yield "ContainerCpuUtilization", 100 * use.cpu_units / cpu
    yield "ContainerCpuReserved", cpu
    yield "ContainerMemoryUtilized", use.memory_mib
    yield "ContainerMemoryUtilization", 100 * use.memory_mib / memory
    yield "ContainerMemoryReserved", memory
    yield "ContainerStorageReadBytes", use.last.storage_read_bytes
    yield "ContainerStorageWriteBytes", use.last.storage_written_bytes


def _health(container: Container) -> Iterator[Value]:
    if container.health != "UNKNOWN":
        yield "UnHealthyContainerHealthStatus", float(container.health == "UNHEALTHY")


def _groups(task: Task) -> tuple[Dimensions, ...]:
    return _cluster(task), *_owners(task)


def _owners(task: Task) -> tuple[Dimensions, ...]:
    """What tasks of one kind are known by, besides their cluster."""
    family = name_of(task.definition_arn).rpartition(":")[0]
    of_family = (*_cluster(task), ("TaskDefinitionFamily", family))
    return (of_family,) if task.service_arn is None else (of_family, _service(task))


def _service(task: Task) -> Dimensions:
    assert task.service_arn is not None
    return (*_cluster(task), ("ServiceName", name_of(task.service_arn)))


def _cluster(task: Task) -> Dimensions:
    return (("ClusterName", cluster_name_of(task.cluster_arn)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCounts:
    """pending: tasks on their way to RUNNING."""

    service: Service
    running: int
    pending: int
    deployments: int


def add_counts(
    tallies: Tallies, cluster: Cluster, running: int, services: Sequence[ServiceCounts]
) -> None:
    """Of a cluster with insights. running: tasks, of services or not."""
    of_cluster = (("ClusterName", cluster.name),)
    _add(tallies, of_cluster, {"TaskCount": running, "ServiceCount": len(services)})
    for each in services:
        of_service = (*of_cluster, ("ServiceName", each.service.name))
        _add(
            tallies,
            of_service,
            {
                "DesiredTaskCount": each.service.desired_count,
                "RunningTaskCount": each.running,
                "PendingTaskCount": each.pending,
                "DeploymentCount": each.deployments,
            },
        )
