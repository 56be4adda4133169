"""Which metrics there are: AWS's names, what kind of value they have, and their names elsewhere.

Sources: "CloudWatch metrics for your Application Load Balancer" and "… Network Load Balancer"
(Elastic Load Balancing user guides), "Amazon ECS CloudWatch metrics" (ECS Developer Guide), "Amazon
ECS Container Insights metrics" and "… with enhanced observability metrics" (CloudWatch User Guide).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from hostless.telemetry.metrics.series import Series, Unit

ALB, NLB, ECS = "AWS/ApplicationELB", "AWS/NetworkELB", "AWS/ECS"
INSIGHTS = "ECS/ContainerInsights"
ENGINE = "hostless"
"""What the engine tells of itself."""
Kind: TypeAlias = Literal["events", "amount", "times", "means", "level", "view", "state", "share"]
"""events: each is a value of one. amount: added up. times: how long each of many took, with the
spread; means: without it. level: how
many there are, each source its own. view: how many each source sees, all of them the same ones.
state: how much there is, of all sources at once, for the minute so far; share: the same, as parts
of a hundred of each source's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """exported: its name for Prometheus, without unit and ending. dimensions: of its finest series;
    coarser ones are theirs added up."""

    kind: Kind
    unit: Unit
    dimensions: tuple[str, ...]
    exported: str
    says: str


_NODE = ("AvailabilityZone", "LoadBalancer")
_GROUP = ("AvailabilityZone", "LoadBalancer", "TargetGroup")
_WHOLE_GROUP = ("LoadBalancer", "TargetGroup")
_NAME = ("ClusterName", "DiscoveryName", "ServiceName")
_TARGET = ("ClusterName", "ServiceName", "TargetDiscoveryName")
_CLUSTER = ("ClusterName",)
_SERVICE = ("ClusterName", "ServiceName")
_FAMILY = ("ClusterName", "TaskDefinitionFamily")
_TASK = ("ClusterName", "TaskDefinitionFamily", "TaskId")
_CONTAINER = ("ClusterName", "ContainerName", "TaskDefinitionFamily", "TaskId")
_OF_ONE = "TaskId"


def _metric(
    kind: Kind, dimensions: tuple[str, ...], exported: str, says: str, unit: Unit = "Count"
) -> Metric:
    return Metric(kind=kind, unit=unit, dimensions=dimensions, exported=exported, says=says)


def _codes(
    name: str, classes: str, dimensions: tuple[str, ...], exported: str, whose: str
) -> dict[str, Metric]:
    return {
        f"HTTPCode_{name}_{each}XX_Count": _metric(
            "events", dimensions, f"{exported}_{each}xx", f"{whose} with a status of {each}xx"
        )
        for each in classes
    }


_ALB = {
    "RequestCount": _metric("events", _GROUP, "alb_request_count", "Requests sent to targets"),
    "RequestCountPerTarget": _metric(
        "amount", _WHOLE_GROUP, "alb_request_count_per_target", "Requests for each healthy target"
    ),
    **_codes("ELB", "345", _NODE, "alb_http_code_elb", "Answers of the load balancer's own"),
    **_codes("Target", "2345", _GROUP, "alb_http_code_target", "Answers of targets"),
    "TargetResponseTime": _metric(
        "times", _GROUP, "alb_target_response_time", "Until targets began to answer", "Seconds"
    ),
    "ActiveConnectionCount": _metric(
        "level", _NODE, "alb_active_connection_count", "Open connections to clients and targets"
    ),
    "NewConnectionCount": _metric(
        "amount", _NODE, "alb_new_connection_count", "New connections to clients and targets"
    ),
    "ProcessedBytes": _metric(
        "amount", _NODE, "alb_processed_bytes", "Bytes from and to clients", "Bytes"
    ),
    "ClientTLSNegotiationErrorCount": _metric(
        "amount", _NODE, "alb_client_tls_negotiation_error_count", "TLS handshakes that failed"
    ),
    "TargetConnectionErrorCount": _metric(
        "amount", _GROUP, "alb_target_connection_error_count", "Connections to targets that failed"
    ),
    "HealthyHostCount": _metric("view", _GROUP, "alb_healthy_host_count", "Healthy targets"),
    "UnHealthyHostCount": _metric("view", _GROUP, "alb_unhealthy_host_count", "Unhealthy targets"),
}
_NLB = {
    "ActiveFlowCount": _metric("view", _NODE, "nlb_active_flow_count", "Open connections"),
    "NewFlowCount": _metric("amount", _NODE, "nlb_new_flow_count", "New connections"),
    "ProcessedBytes": _metric(
        "amount", _NODE, "nlb_processed_bytes", "Bytes from and to clients", "Bytes"
    ),
    "ClientTLSNegotiationErrorCount": _metric(
        "amount", _NODE, "nlb_client_tls_negotiation_error_count", "TLS handshakes that failed"
    ),
    "HealthyHostCount": _metric("view", _GROUP, "nlb_healthy_host_count", "Healthy targets"),
    "UnHealthyHostCount": _metric("view", _GROUP, "nlb_unhealthy_host_count", "Unhealthy targets"),
}
_ECS = {
    "RequestCount": _metric("events", _NAME, "ecs_request_count", "Requests that arrived"),
    "ActiveConnectionCount": _metric(
        "level", _NAME, "ecs_active_connection_count", "Open connections that arrived"
    ),
    "NewConnectionCount": _metric(
        "amount", _NAME, "ecs_new_connection_count", "New connections that arrived"
    ),
    "ProcessedBytes": _metric(
        "amount", _NAME, "ecs_processed_bytes", "Bytes that arrived", "Bytes"
    ),
    "RequestCountPerTarget": _metric(
        "amount", _TARGET, "ecs_request_count_per_target", "Requests for each target"
    ),
    **_codes("Target", "2345", _TARGET, "ecs_http_code_target", "Answers of targets"),
    "TargetProcessedBytes": _metric(
        "amount", _TARGET, "ecs_target_processed_bytes", "Bytes to and from targets", "Bytes"
    ),
    "TargetResponseTime": _metric(
        "means",
        _TARGET,
        "ecs_target_response_time",
        "Until targets began to answer",
        "Milliseconds",
    ),
}
_ECS |= {
    "CPUUtilization": _metric(
        "share", _SERVICE, "ecs_cpu_utilization", "CPU that a service's tasks use", "Percent"
    ),
    "MemoryUtilization": _metric(
        "share", _SERVICE, "ecs_memory_utilization", "Memory that a service's tasks use", "Percent"
    ),
}


def _state(dimensions: tuple[str, ...], name: str, says: str, unit: Unit = "Count") -> Metric:
    return _metric("state", dimensions, f"insights_{name}", says, unit)


def _part(dimensions: tuple[str, ...], name: str, says: str) -> Metric:
    return _metric("share", dimensions, f"insights_{name}", says, "Percent")


_INSIGHTS = {
    "TaskCount": _state(_CLUSTER, "task_count", "Tasks that run"),
    "ServiceCount": _state(_CLUSTER, "service_count", "Services"),
    "DesiredTaskCount": _state(_SERVICE, "desired_task_count", "Tasks that are wanted"),
    "RunningTaskCount": _state(_SERVICE, "running_task_count", "Tasks that run"),
    "PendingTaskCount": _state(_SERVICE, "pending_task_count", "Tasks on their way to run"),
    "DeploymentCount": _state(_SERVICE, "deployment_count", "Deployments"),
    "CpuUtilized": _state(_FAMILY, "cpu_utilized", "CPU units in use", "None"),
    "CpuReserved": _state(_FAMILY, "cpu_reserved", "CPU units reserved", "None"),
    "MemoryUtilized": _state(_FAMILY, "memory_utilized", "MiB in use", "Megabytes"),
    "MemoryReserved": _state(_FAMILY, "memory_reserved", "MiB reserved", "Megabytes"),
    "NetworkRxBytes": _state(
        _FAMILY, "network_rx_bytes", "Bytes received a second", "Bytes/Second"
    ),
    "NetworkTxBytes": _state(_FAMILY, "network_tx_bytes", "Bytes sent a second", "Bytes/Second"),
    "StorageReadBytes": _state(_FAMILY, "storage_read_bytes", "Bytes read so far", "Bytes"),
    "StorageWriteBytes": _state(_FAMILY, "storage_write_bytes", "Bytes written so far", "Bytes"),
    "EphemeralStorageUtilized": _state(
        _FAMILY, "ephemeral_storage_utilized", "GB of ephemeral storage in use", "Gigabytes"
    ),
    "EphemeralStorageReserved": _state(
        _FAMILY, "ephemeral_storage_reserved", "GB of ephemeral storage reserved", "Gigabytes"
    ),
    "TaskCpuUtilization": _part(_TASK, "task_cpu_utilization", "CPU in use"),
    "TaskMemoryUtilization": _part(_TASK, "task_memory_utilization", "Memory in use"),
    "TaskEphemeralStorageUtilization": _part(
        _TASK, "task_ephemeral_storage_utilization", "Ephemeral storage in use"
    ),
    "ContainerCpuUtilized": _state(_CONTAINER, "container_cpu_utilized", "CPU units", "None"),
    "ContainerCpuReserved": _state(_CONTAINER, "container_cpu_reserved", "CPU units", "None"),
    "ContainerCpuUtilization": _part(_CONTAINER, "container_cpu_utilization", "CPU in use"),
    "ContainerMemoryUtilized": _state(
        _CONTAINER, "container_memory_utilized", "MiB in use", "Megabytes"
    ),
    "ContainerMemoryReserved": _state(
        _CONTAINER, "container_memory_reserved", "MiB reserved", "Megabytes"
    ),
    "ContainerMemoryUtilization": _part(
        _CONTAINER, "container_memory_utilization", "Memory in use"
    ),
    "ContainerStorageReadBytes": _state(
        _CONTAINER, "container_storage_read_bytes", "Bytes read so far", "Bytes"
    ),
    "ContainerStorageWriteBytes": _state(
        _CONTAINER, "container_storage_write_bytes", "Bytes written so far", "Bytes"
    ),
    "RestartCount": _state(_CONTAINER, "restart_count", "Restarts so far"),
    "UnHealthyContainerHealthStatus": _state(
        _CONTAINER, "unhealthy_container_health_status", "Unhealthy containers"
    ),
}
_ENGINE = {
    "TaskCount": _metric("level", ("Status",), "tasks", "Tasks that are kept, by status"),
    "RecordCount": _metric("level", ("Kind",), "records", "Records in the store, by kind"),
    "EventLoopLag": _metric("view", (), "event_loop_lag", "How late a timer is", "Seconds"),
}
METRICS: Mapping[str, Mapping[str, Metric]] = MappingProxyType(
    {ALB: _ALB, NLB: _NLB, ECS: _ECS, INSIGHTS: _INSIGHTS, ENGINE: _ENGINE}
)
"""By namespace and AWS's name."""


def kind_of(series: Series) -> Kind:
    """Of a metric that is not listed: an amount."""
    metric = METRICS.get(series.namespace, {}).get(series.name)
    return "amount" if metric is None else metric.kind


def is_whole(series: Series) -> bool:
    """Whether a sample of it tells all there is of its minute so far, and replaces those before."""
    return kind_of(series) in ("state", "share")


def is_detail(series: Series) -> bool:
    """Whether it is of one task alone: there are many, and they come and go."""
    return any(name == _OF_ONE for name, _ in series.dimensions)


def series_of(namespace: str, name: str, **dimensions: str) -> Series:
    """Of a listed metric. Raises KeyError."""
    return Series(
        namespace=namespace,
        name=name,
        dimensions=tuple(sorted(dimensions.items())),
        unit=METRICS[namespace][name].unit,
    )
