"""`/_hostless/metrics`: what is measured, as text that Prometheus reads.

Of each metric its finest series, since the coarser ones are theirs added up. Whoever asks from this
machine's loopback address need not sign, for Prometheus cannot; anybody else has to, tasks behind a
VPC endpoint included.
"""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from hostless.domain.errors import ApiError
from hostless.gateway.asgi import AsgiApp, Receive, Scope, Send, request_head, send_response
from hostless.gateway.authentication import Authentication
from hostless.gateway.own_paths import WrongMethod, principal_of
from hostless.gateway.server_faults import server_fault
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.ids import Ids
from hostless.kit.naming import snake_case
from hostless.protocols.bare_errors import render_bare_error
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.services.own.operations import PREFIX
from hostless.telemetry.metrics import catalogue
from hostless.telemetry.metrics.catalogue import METRICS
from hostless.telemetry.metrics.series import Series, Statistics
from hostless.telemetry.metrics.store import MetricStore

PATH = f"{PREFIX}metrics"
FRESH_SECONDS = 1.0
"""A page is shown again for so long: whoever asks need not sign, and a large one takes its time."""
LOOPBACK = "127.0.0.1"
"""Relays from VPCs come from other addresses (`hostless.network.local.relay`)."""
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; times are known to two digits, so each of these divides them."""
_log = logging.getLogger("hostless.gateway")


class MetricsPage:
    """An ASGI application for HTTP requests of PATH."""

    def __init__(
        self, metrics: MetricStore, authentication: Authentication, clock: Clock, ids: Ids
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Samples(metrics))
        self._authentication = authentication
        self._clock = clock
        self._ids = ids
        self._made: dict[str, tuple[Timestamp, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = request_head(scope)
        is_here = (scope.get("client") or ("",))[0] == LOOPBACK
        await send_response(self._answer(head, is_here), send, is_head=head.method == "HEAD")

    def _answer(self, request: WireRequest, is_here: bool) -> WireResponse:
        """Whatever the request is; never raises."""
        request_id = self._ids.uuid()
        try:
            if request.method not in ("GET", "HEAD"):
                raise WrongMethod(f"{request.path} takes GET.")
            if not is_here or "authorization" in request.headers:
                principal_of(request, self._authentication, self._clock.now())
            body, kind = self._page(request.headers.get("accept", ""))
        except ApiError as error:
            return render_bare_error("json", error, request_id)
        except Exception:  # noqa: BLE001 the gateway is where a bug stops
            _log.exception("request %s (%s) failed", request_id, request.path)
            return render_bare_error("json", server_fault(None), request_id)
        return WireResponse(status=200, headers=(("content-type", kind),), body=body)

    def _page(self, accepted: str) -> tuple[bytes, str]:
        """The text and its content type."""
        encode, kind = choose_encoder(accepted)
        now = self._clock.now()
        made_at, body = self._made.get(kind, (-FRESH_SECONDS, b""))
        if not 0 <= now - made_at < FRESH_SECONDS:
            body = encode(self._registry)
            self._made[kind] = (now, body)
        return body, kind


def metrics_page_first(page: MetricsPage, application: AsgiApp) -> AsgiApp:
    """`page` for its path, `application` for everything else."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"] == PATH
        await (page if is_page else application)(scope, receive, send)

    return serve


class _Samples(Collector):
    def __init__(self, metrics: MetricStore) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        series = groupby(self._metrics.series_of(), lambda each: (each.namespace, each.name))
        by_name = {name: list(found) for name, found in series}
        for namespace, metrics in METRICS.items():
            for name, metric in metrics.items():
                found = [
                    each
                    for each in by_name.get((namespace, name), ())
                    if tuple(key for key, _ in each.dimensions) == metric.dimensions
                ]
                if found:
                    yield self._family(metric, found)

    def _family(self, metric: catalogue.Metric, series: Iterable[Series]) -> Metric:
        labels = [snake_case(name) for name in metric.dimensions]
        ending = {"Seconds": "_seconds", "Milliseconds": "_milliseconds"}.get(metric.unit, "")
        told = f"hostless_{metric.exported}{ending}", metric.says
        family: Metric = _FAMILIES[metric.kind](*told, labels=labels)
        for each in series:
            is_now = metric.kind in _NOW
            found = self._metrics.level(each) if is_now else self._metrics.total(each)
            if found is not None:
                _add(family, metric.kind, [value for _, value in each.dimensions], found)
        return family


_FAMILIES = {
    "events": CounterMetricFamily,
    "amount": CounterMetricFamily,
    "times": HistogramMetricFamily,
    "means": SummaryMetricFamily,
    "level": GaugeMetricFamily,
    "view": GaugeMetricFamily,
    "state": GaugeMetricFamily,
    "share": GaugeMetricFamily,
}
_NOW = ("level", "view", "state", "share")


def _add(family: Metric, kind: catalogue.Kind, labels: list[str], found: Statistics) -> None:
    match family:
        case HistogramMetricFamily():
            family.add_metric(labels, buckets=list(_buckets(found)), sum_value=found.sum)
        case SummaryMetricFamily():
            family.add_metric(labels, count_value=int(found.count), sum_value=found.sum)
        case CounterMetricFamily():
            family.add_metric(labels, found.sum)
        case GaugeMetricFamily():
            value = found.sum / found.count if kind in ("view", "share") else found.sum
            family.add_metric(labels, value)


def _buckets(found: Statistics) -> Iterator[tuple[str, float]]:
    spread = found.spread or {}
    for bound in BOUNDS:
        yield str(bound), sum(number for value, number in spread.items() if value <= bound)
    yield "+Inf", found.count
