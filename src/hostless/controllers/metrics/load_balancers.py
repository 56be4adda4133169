"""What a load balancer's node has counted, as metrics of AWS's. Pure.

A metric is reported when there is something to report, as on AWS: counts that are not zero, health
of groups that have targets; of network load balancers the flows always.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from hostless.balancer.seam import GroupCounters, NodeCounters
from hostless.controllers.metrics.increases import Reading, unwrapped
from hostless.domain.arns import NetworkInterfaceId, TargetGroupArn
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.telemetry.metrics.catalogue import ALB, NLB, series_of
from hostless.telemetry.metrics.series import (
    Sample,
    Statistics,
    of_events,
    of_spread,
    of_value,
)

_TIME = "time "
Risen = Mapping[str, int]
Marks = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose counters they are."""

    load_balancer: str
    zone: str


def place_of(balancer: LoadBalancer, node: LoadBalancerNode) -> Place:
    """The balancer as dimensions name it: the end of its ARN."""
    return Place(load_balancer=_end_of(balancer.arn, "loadbalancer/"), zone=node.zone)


def source_of(interface_id: NetworkInterfaceId, process: str) -> str:
    return f"{interface_id} {process}"


def interface_in(source: str) -> str:
    return source.partition(" ")[0]


def sources_of(interface_id: NetworkInterfaceId, sources: Iterable[str]) -> set[str]:
    """Those of one node."""
    return {each for each in sources if interface_in(each) == interface_id}


def reading_of(interface_id: NetworkInterfaceId, counters: NodeCounters, marks: Marks) -> Reading:
    """marks: of its source. Tallies have 32 bits.

    Answers of the balancer's own are those that are from no target. What targets answer counts when
    it begins, what clients get when it ends: so for a moment they may seem fewer.
    """
    told = {name: unwrapped(number, marks.get(name, 0)) for name, number in _told(counters)}
    for each in counters.responses_by_class:
        told[f"own {each}"] = max(0, told[f"clients {each}"] - told.get(f"targets {each}", 0))
    source = source_of(interface_id, counters.process)
    return Reading(source=source, totals=told, is_one_life=True)


def _told(counters: NodeCounters) -> Iterator[tuple[str, int]]:
    yield "connections", counters.connections
    yield "bytes", counters.bytes_in + counters.bytes_out
    yield "handshakes", counters.failed_handshakes
    yield from ((f"clients {each}", n) for each, n in counters.responses_by_class.items())
    yield from ((f"targets {each}", n) for each, n in counters.target_responses_by_class.items())
    for arn, group in counters.groups.items():
        yield from ((f"{arn} {name}", number) for name, number in _of_group(group))


def _of_group(group: GroupCounters) -> Iterator[tuple[str, int]]:
    yield "requests", group.requests
    yield "connections", group.connections
    yield "failures", group.failed_connections
    yield from ((f"class {each}", number) for each, number in group.responses_by_class.items())
    yield from ((f"{_TIME}{time!r}", number) for time, number in group.response_times.items())


def application_samples(
    place: Place, processes: Sequence[tuple[NodeCounters, Risen]]
) -> Iterator[Sample]:
    """processes: of one node, the present one last, and how much their counters have risen."""
    active = 0
    for counters, rise in processes:
        active += counters.active + sum(group.active for group in counters.groups.values())
        connections = rise.get("connections", 0)
        for arn in counters.groups:
            connections += rise.get(f"{arn} connections", 0)
            yield from _group_samples(place, arn, rise, counters.groups[arn])
        for each in "345":
            yield from _events(place, f"HTTPCode_ELB_{each}XX_Count", rise.get(f"own {each}xx", 0))
        yield from _amount(ALB, place, "NewConnectionCount", connections)
        yield from _amount(ALB, place, "ProcessedBytes", rise.get("bytes", 0))
        handshakes = rise.get("handshakes", 0)
        yield from _amount(ALB, place, "ClientTLSNegotiationErrorCount", handshakes)
    yield from _amount(ALB, place, "ActiveConnectionCount", active)
    yield from _health(ALB, place, processes)


def network_samples(
    place: Place, processes: Sequence[tuple[NodeCounters, Risen]]
) -> Iterator[Sample]:
    """processes: see `application_samples`."""
    for _, rise in processes:
        yield from _whole(NLB, place, "NewFlowCount", of_value(rise.get("connections", 0)))
        yield from _whole(NLB, place, "ProcessedBytes", of_value(rise.get("bytes", 0)))
        handshakes = rise.get("handshakes", 0)
        yield from _amount(NLB, place, "ClientTLSNegotiationErrorCount", handshakes)
    active = sum(counters.active for counters, _ in processes)
    yield from _whole(NLB, place, "ActiveFlowCount", of_value(active))
    yield from _health(NLB, place, processes)


def _group_samples(
    place: Place, arn: TargetGroupArn, rise: Risen, group: GroupCounters
) -> Iterator[Sample]:
    requests = rise.get(f"{arn} requests", 0)
    yield from _events(place, "RequestCount", requests, arn)
    if requests:
        share = of_value(requests / max(1, group.healthy or group.unhealthy))
        for dimensions in ({}, {"LoadBalancer": place.load_balancer}):
            series = series_of(ALB, "RequestCountPerTarget", **dimensions, **_of(arn))
            yield Sample(series=series, statistics=share)
    for each in "2345":
        answers = rise.get(f"{arn} class {each}xx", 0)
        yield from _events(place, f"HTTPCode_Target_{each}XX_Count", answers, arn)
    begin = f"{arn} {_TIME}"
    times = {float(k.removeprefix(begin)): n for k, n in rise.items() if k.startswith(begin)}
    if times:
        yield from _whole(ALB, place, "TargetResponseTime", of_spread(times), arn)
    failures = rise.get(f"{arn} failures", 0)
    if failures:
        yield from _whole(ALB, place, "TargetConnectionErrorCount", of_value(failures), arn)


def _health(
    namespace: str, place: Place, processes: Sequence[tuple[NodeCounters, Risen]]
) -> Iterator[Sample]:
    """As the present process sees it. Only with their group, as on AWS."""
    for arn, group in processes[-1][0].groups.items() if processes else ():
        if not group.healthy + group.unhealthy:
            continue
        counts = {"HealthyHostCount": group.healthy, "UnHealthyHostCount": group.unhealthy}
        for name, number in counts.items():
            for zone in _zones(place):
                balancer = {"LoadBalancer": place.load_balancer}
                series = series_of(namespace, name, **balancer, **zone, **_of(arn))
                yield Sample(series=series, statistics=of_value(number))


def _events(
    place: Place, name: str, number: int, arn: TargetGroupArn | None = None
) -> Iterator[Sample]:
    return _whole(ALB, place, name, of_events(number), arn) if number else iter(())


def _amount(namespace: str, place: Place, name: str, number: int) -> Iterator[Sample]:
    return _whole(namespace, place, name, of_value(number)) if number else iter(())


def _whole(
    namespace: str,
    place: Place,
    name: str,
    statistics: Statistics,
    arn: TargetGroupArn | None = None,
) -> Iterator[Sample]:
    """For the balancer and for its zone; with a group, for that of both too."""
    groups: tuple[dict[str, str], ...] = ({},) if arn is None else ({}, _of(arn))
    for zone, group in product(_zones(place), groups):
        dimensions = {"LoadBalancer": place.load_balancer, **zone, **group}
        yield Sample(series=series_of(namespace, name, **dimensions), statistics=statistics)


def _zones(place: Place) -> tuple[dict[str, str], dict[str, str]]:
    return {}, {"AvailabilityZone": place.zone}


def _of(arn: TargetGroupArn) -> dict[str, str]:
    return {"TargetGroup": f"targetgroup/{_end_of(arn, 'targetgroup/')}"}


def _end_of(arn: str, beginning: str) -> str:
    return arn.partition(beginning)[2]
