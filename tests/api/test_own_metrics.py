"""Metrics as Prometheus reads them and as `hostless metrics` asks for them, in process."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as older
from tests.support.api_world import World
from tests.support.client import ENDPOINT, TEST_KEY
from tests.support.world_application import own_paths_of

from hostless.gateway.asgi import AsgiApp
from hostless.telemetry.metrics.catalogue import ALB, ECS, ENGINE, series_of
from hostless.telemetry.metrics.series import (
    Sample,
    Statistics,
    of_events,
    of_spread,
    of_value,
)
from hostless.telemetry.metrics.store import MetricStore

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PLACE = {"LoadBalancer": "app/web/1", "AvailabilityZone": "us-east-1a"}
GROUP = {**PLACE, "TargetGroup": 'targetgroup/a"b/2'}
CALLER = {"TargetDiscoveryName": "api", "ServiceName": "front", "ClusterName": "default"}


@pytest.fixture
def metrics(tmp_path: Path) -> MetricStore:
    store = MetricStore(tmp_path)
    took = Statistics(count=4.0, sum=80.0, minimum=20.0, maximum=20.0)
    samples = {
        series_of(ALB, "RequestCount", **GROUP): of_events(5),
        series_of(ALB, "RequestCount", LoadBalancer="app/web/1"): of_events(5),
        series_of(ALB, "ActiveConnectionCount", **PLACE): of_value(3),
        series_of(ALB, "ProcessedBytes", **PLACE): of_value(1234),
        series_of(ALB, "TargetResponseTime", **GROUP): of_spread({0.00255: 3, 0.0455: 1}),
        series_of(ECS, "TargetResponseTime", **CALLER): took,
        series_of(ENGINE, "EventLoopLag"): of_value(0.25),
    }
    found = [Sample(series=series, statistics=each) for series, each in samples.items()]
    store.put(time.time(), found, {})
    return store


@pytest.fixture
def app(world: World, metrics: MetricStore) -> AsgiApp:
    return own_paths_of(world, metrics=metrics)


class SetClock:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time


def asked(
    app: AsgiApp,
    path: str = "metrics",
    client: str = "127.0.0.1",
    method: str = "GET",
    query: str = "",
    **headers: str,
) -> tuple[int, str, str]:
    """Status, content type and body; from an address."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": f"/_hostless/{path}",
        "raw_path": f"/_hostless/{path}".encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": (client, 40000),
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    told = dict(sent[0]["headers"])
    return sent[0]["status"], told[b"content-type"].decode(), sent[1]["body"].decode()


def signed(path: str, query: str = "") -> dict[str, str]:
    url = f"{ENDPOINT}/_hostless/{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method="GET", url=url)
    keys = Credentials(TEST_KEY.access_key_id, TEST_KEY.secret_access_key)
    SigV4Auth(keys, "hostless", "us-east-1").add_auth(request)
    return {**dict(request.headers), "host": ENDPOINT.partition("//")[2]}


def samples_in(families: Any) -> dict[tuple[str, str], float]:
    """By name, and the value of the label `le`."""
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_page_is_openmetrics_for_who_accepts_it(app: AsgiApp) -> None:
    status, kind, text = asked(app, accept="application/openmetrics-text; version=1.0.0")
    assert (status, kind[: len(OPENMETRICS)]) == (200, OPENMETRICS)
    found = samples_in(openmetrics(text))
    assert found["hostless_alb_request_count_total", ""] == 5
    assert found["hostless_alb_active_connection_count", ""] == 3
    assert found["hostless_alb_processed_bytes_total", ""] == 1234
    assert found["hostless_alb_target_response_time_seconds_bucket", "0.0025"] == 0
    assert found["hostless_alb_target_response_time_seconds_bucket", "0.005"] == 3
    assert found["hostless_alb_target_response_time_seconds_bucket", "+Inf"] == 4
    assert found["hostless_alb_target_response_time_seconds_count", ""] == 4
    assert found["hostless_ecs_target_response_time_milliseconds_sum", ""] == 80
    assert found["hostless_event_loop_lag_seconds", ""] == 0.25


def test_the_page_is_the_older_text_for_others(app: AsgiApp) -> None:
    status, kind, text = asked(app)
    assert status == 200
    assert kind.startswith("text/plain")
    assert samples_in(older(text))["hostless_alb_request_count_total", ""] == 5


def test_labels_are_the_dimensions_of_the_finest_series(app: AsgiApp) -> None:
    (family,) = (each for each in older(asked(app)[2]) if each.name == "hostless_alb_request_count")
    (sample,) = family.samples
    assert sample.labels == {
        "availability_zone": "us-east-1a",
        "load_balancer": "app/web/1",
        "target_group": 'targetgroup/a"b/2',
    }


def test_who_asks_from_elsewhere_has_to_sign(app: AsgiApp) -> None:
    for client in ("127.0.0.2", "10.1.2.3", "::1"):
        status, kind, text = asked(app, client=client)
        assert (status, kind) == (400, "application/json")
        assert "hostless_" not in text
        assert asked(app, client=client, **signed("metrics"))[0] == 200


def test_a_signature_that_is_wrong_is_refused_even_here(app: AsgiApp) -> None:
    headers = signed("metrics")
    name = next(each for each in headers if each.lower() == "authorization")
    headers[name] = headers[name][:-4] + "0000"
    status, _, text = asked(app, **headers)
    assert (status, json.loads(text)["__type"]) == (400, "InvalidSignatureException")


def test_the_page_takes_get_only(app: AsgiApp) -> None:
    status, _, text = asked(app, method="POST")
    assert (status, json.loads(text)["__type"]) == (405, "UnknownOperationException")
    assert asked(app, method="HEAD") == (200, asked(app)[1], "")


def test_a_page_is_made_once_a_second_of_each_kind(world: World, metrics: MetricStore) -> None:
    """Whoever asks need not sign."""
    clock = SetClock()
    app = own_paths_of(world, metrics=metrics, clock=clock)

    def requests(accept: str) -> float:
        parse = openmetrics if accept else older
        return samples_in(parse(asked(app, accept=accept)[2]))[
            "hostless_alb_request_count_total", ""
        ]

    assert (requests(""), requests(OPENMETRICS)) == (5, 5)
    count = Sample(series=series_of(ALB, "RequestCount", **GROUP), statistics=of_events(2))
    metrics.put(time.time() + 60, [count], {})
    clock.time += 0.9
    assert (requests(""), requests(OPENMETRICS)) == (5, 5)
    clock.time += 0.2
    assert (requests(""), requests(OPENMETRICS)) == (7, 7)


def test_samples_are_told_with_awss_statistics(app: AsgiApp) -> None:
    query = f"namespace={ALB.replace('/', '%2F')}&minutes=2"
    status, _, text = asked(app, "samples", query=query, **signed("samples", query))
    assert status == 200
    series = json.loads(text)["series"]
    assert {each["namespace"] for each in series} == {ALB}
    (times,) = (each for each in series if each["name"] == "TargetResponseTime")
    assert (times["count"], times["p50"], times["p99"], times["unit"]) == (
        *(4, 0.00255, 0.0455),
        "Seconds",
    )
    assert times["dimensions"] == GROUP


def test_samples_are_for_who_signs(app: AsgiApp) -> None:
    assert asked(app, "samples")[0] == 400


@pytest.mark.parametrize("minutes", [0, 181])
def test_so_many_minutes_are_not_kept(app: AsgiApp, minutes: int) -> None:
    query = f"minutes={minutes}"
    status, _, text = asked(app, "samples", query=query, **signed("samples", query))
    assert status == 400
    assert json.loads(text)["message"] == "minutes must be between 1 and 180."
