"""What a proxy of Service Connect counted, under AWS's names."""

from dataclasses import replace
from typing import Any

from tests.support.counted import CLASSES
from tests.support.service_facts import task_of

from hostless.balancer.connect_seam import FlowCounters, ProxyCounters
from hostless.controllers.metrics.connect import proxy_samples, reading_of
from hostless.controllers.metrics.increases import risen
from hostless.domain.arns import Realm
from hostless.domain.tasks import Task
from hostless.telemetry.metrics.series import Statistics, merged, of_events, of_value

REALM = Realm(region="us-east-1", account_id="000000000000")
Found = dict[tuple[str, tuple[tuple[str, str], ...]], Statistics]
SERVICE = (("ClusterName", "default"), ("ServiceName", "front"))


def flow(**changes: Any) -> FlowCounters:
    members: dict[str, Any] = {
        "connections": 0,
        "active": 0,
        "under_way": 0,
        "requests": 0,
        "responses_by_class": dict.fromkeys(CLASSES, 0),
        "bytes_in": 0,
        "bytes_out": 0,
        "mean_response_seconds": 0.0,
    }
    return FlowCounters(**{**members, **changes})


def proxy(ingress: FlowCounters | None = None, upstream: FlowCounters | None = None) -> Any:
    return ProxyCounters(
        at=0.0,
        ingresses={"front": ingress} if ingress else {},
        upstreams={"api": upstream} if upstream else {},
        sent_to={},
    )


def a_task() -> Task:
    task = task_of("ecs-svc/1", "RUNNING")
    return replace(task, service_arn=REALM.service_arn("default", "front"))


def told(counters: ProxyCounters, targets: int = 1, marks: Any = None) -> Found:
    task = a_task()
    rise = risen(reading_of(task, counters), marks or {})
    samples = proxy_samples(task, counters, rise, {"api": targets})
    return {(s.name, s.dimensions): each for s, each in merged(samples).items()}


def test_what_arrives_at_a_name_is_told_by_name_and_by_service() -> None:
    found = told(proxy(flow(requests=5, connections=2, active=1, bytes_in=30, bytes_out=70)))
    by_name, whole = (
        (("DiscoveryName", "front"),),
        tuple(sorted([("DiscoveryName", "front"), *SERVICE])),
    )
    for dimensions in (by_name, whole):
        assert found["RequestCount", dimensions] == of_events(5)
        assert found["NewConnectionCount", dimensions] == of_value(2)
        assert found["ActiveConnectionCount", dimensions] == of_value(1)
        assert found["ProcessedBytes", dimensions] == of_value(100)
    assert {dimensions for _, dimensions in found} == {by_name, whole}


def test_what_targets_answer_is_told_by_the_one_who_asked() -> None:
    answers = {**dict.fromkeys(CLASSES, 0), "2xx": 6, "5xx": 2}
    asking = flow(requests=8, responses_by_class=answers, mean_response_seconds=0.02, bytes_in=9)
    found = told(proxy(upstream=asking), targets=4)
    by_name = (("TargetDiscoveryName", "api"),)
    sums = {name: each.sum for (name, dimensions), each in found.items() if dimensions == by_name}
    assert sums == {
        "HTTPCode_Target_2XX_Count": 6,
        "HTTPCode_Target_5XX_Count": 2,
        "RequestCountPerTarget": 2,
        "TargetResponseTime": 160,
        "TargetProcessedBytes": 9,
    }
    times = found["TargetResponseTime", by_name]
    assert (times.count, times.minimum, times.maximum) == (8, 20, 20)
    assert ("TargetResponseTime", (*SERVICE, *by_name)) in found


def test_plain_tcp_has_no_requests() -> None:
    plain = flow(requests=4, connections=4, responses_by_class={}, bytes_in=1)
    found = told(proxy(plain, plain))
    assert {name for name, _ in found} == {
        "NewConnectionCount",
        "ProcessedBytes",
        "TargetProcessedBytes",
    }


def test_an_idle_proxy_tells_nothing() -> None:
    assert told(proxy(flow(), flow())) == {}


def test_a_proxy_that_was_started_again_counts_anew() -> None:
    found = told(proxy(flow(requests=3)), marks={"in front requests": 50})
    assert found["RequestCount", (("DiscoveryName", "front"),)] == of_events(3)
