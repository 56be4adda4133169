"""What a proxy of Service Connect has counted, as metrics of AWS's. Pure.

Source: "Amazon ECS CloudWatch metrics", ECS Developer Guide. What arrives at a name is counted by
the proxy of the task that serves (`DiscoveryName`), what targets answer by the proxy of the task
that asks (`TargetDiscoveryName`); ServiceName and ClusterName are of the proxy's own task. Of plain
TCP there are neither requests nor answers nor their times.
"""

from collections.abc import Iterator, Mapping

from hostless.balancer.connect_seam import FlowCounters, ProxyCounters
from hostless.controllers.metrics.increases import Reading
from hostless.domain.arns import cluster_name_of, name_of
from hostless.domain.tasks import Task
from hostless.telemetry.metrics.catalogue import ECS, series_of
from hostless.telemetry.metrics.series import Sample, Statistics, of_events, of_value

Risen = Mapping[str, int]


def source_of(task: Task) -> str:
    return f"proxy {task.id}"


def reading_of(task: Task, counters: ProxyCounters) -> Reading:
    totals: dict[str, int] = {}
    for way, flows in (("in", counters.ingresses), ("out", counters.upstreams)):
        for name, flow in flows.items():
            totals |= {f"{way} {name} {counter}": n for counter, n in _of_flow(flow)}
    return Reading(source=source_of(task), totals=totals, is_one_life=False)


def _of_flow(flow: FlowCounters) -> Iterator[tuple[str, int]]:
    yield "requests", flow.requests
    yield "connections", flow.connections
    yield "bytes", flow.bytes_in + flow.bytes_out
    yield from flow.responses_by_class.items()


def proxy_samples(
    task: Task, counters: ProxyCounters, rise: Risen, targets: Mapping[str, int]
) -> Iterator[Sample]:
    """targets: how many serve behind each name that the task asks."""
    for name, flow in counters.ingresses.items():
        yield from _arrived(task, name, flow, rise)
    for name, flow in counters.upstreams.items():
        yield from _asked(task, name, flow, rise, targets.get(name, 0))


def _arrived(task: Task, name: str, flow: FlowCounters, rise: Risen) -> Iterator[Sample]:
    requests = rise.get(f"in {name} requests", 0)
    if requests and flow.responses_by_class:
        yield from _by("DiscoveryName", name, task, "RequestCount", of_events(requests))
    amounts = {
        "NewConnectionCount": rise.get(f"in {name} connections", 0),
        "ProcessedBytes": rise.get(f"in {name} bytes", 0),
        "ActiveConnectionCount": flow.active,
    }
    for metric, number in amounts.items():
        if number:
            yield from _by("DiscoveryName", name, task, metric, of_value(number))


def _asked(
    task: Task, name: str, flow: FlowCounters, rise: Risen, targets: int
) -> Iterator[Sample]:
    for each in "2345":
        if answers := rise.get(f"out {name} {each}xx", 0):
            metric = f"HTTPCode_Target_{each}XX_Count"
            yield from _by("TargetDiscoveryName", name, task, metric, of_events(answers))
    requests = rise.get(f"out {name} requests", 0)
    if requests and flow.responses_by_class:
        share = of_value(requests / max(1, targets))
        yield from _by("TargetDiscoveryName", name, task, "RequestCountPerTarget", share)
        milliseconds = flow.mean_response_seconds * 1000
        took = Statistics(
            count=float(requests),
            sum=milliseconds * requests,
            minimum=milliseconds,
            maximum=milliseconds,
        )
        yield from _by("TargetDiscoveryName", name, task, "TargetResponseTime", took)
    if size := rise.get(f"out {name} bytes", 0):
        yield from _by("TargetDiscoveryName", name, task, "TargetProcessedBytes", of_value(size))


def _by(
    dimension: str, name: str, task: Task, metric: str, statistics: Statistics
) -> Iterator[Sample]:
    """By the name alone, and by the service too."""
    service = {}
    if task.service_arn is not None:
        service = {
            "ServiceName": name_of(task.service_arn),
            "ClusterName": cluster_name_of(task.cluster_arn),
        }
    for more in ({}, service) if service else ({},):
        series = series_of(ECS, metric, **{dimension: name}, **more)
        yield Sample(series=series, statistics=statistics)
