"""What a task's proxy has done, of HAProxy's statistics. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from hostless.balancer.connect_seam import FlowCounters, ProxyCounters, Server
from hostless.balancer.local.counting import CLASSES, Row, mean_seconds, sum_of
from hostless.balancer.local.proxy_configuration import server_named
from hostless.balancer.local.words import egress_name_of, ingress_name_of, open_name_of
from hostless.domain.service_connect import TaskConnect
from hostless.kit.clock import Timestamp

_SIDES = ("FRONTEND", "BACKEND")


def counters_of(connect: TaskConnect, rows: Sequence[Row], now: Timestamp) -> ProxyCounters:
    """rows: of `show stat`. Upstreams with one discovery name are counted as one."""
    upstreams: dict[str, list[str]] = {}
    ingresses: dict[str, list[str]] = {}
    for number, upstream in enumerate(connect.upstreams):
        upstreams.setdefault(upstream.discovery_name, []).append(egress_name_of(number))
    for number, ingress in enumerate(connect.ingresses):
        ingresses.setdefault(ingress.discovery_name, []).append(ingress_name_of(number))
    return ProxyCounters(
        at=now,
        upstreams={name: _flow_of(parts, rows) for name, parts in upstreams.items()},
        ingresses={name: _flow_of(parts, rows) for name, parts in ingresses.items()},
        sent_to={name: _sent_to(parts, rows) for name, parts in upstreams.items()},
    )


def _flow_of(names: Iterable[str], rows: Sequence[Row]) -> FlowCounters:
    """What callers see is counted before, what is under way behind."""
    parts = _with_open(names)
    fronts = [row for row in rows if row["svname"] == "FRONTEND" and row["pxname"] in parts]
    backs = [row for row in rows if row["svname"] == "BACKEND" and row["pxname"] in parts]
    is_tcp = any(row["mode"] == "tcp" for row in fronts)
    connections = sum_of(fronts, "conn_tot")
    return FlowCounters(
        connections=connections,
        active=sum_of(fronts, "scur"),
        under_way=sum_of(backs, "scur"),
        requests=connections if is_tcp else sum_of(fronts, "req_tot"),
        responses_by_class={} if is_tcp else {c: sum_of(fronts, f"hrsp_{c}") for c in CLASSES},
        bytes_in=sum_of(fronts, "bin"),
        bytes_out=sum_of(fronts, "bout"),
        mean_response_seconds=mean_seconds(backs, "ttime" if is_tcp else "rtime"),
    )


def _sent_to(names: Iterable[str], rows: Sequence[Row]) -> Mapping[Server, int]:
    """Servers that nothing is under way to are left out."""
    parts, found = _with_open(names), dict[Server, int]()
    for row in rows:
        count = int(row["scur"] or 0)
        if row["pxname"] in parts and row["svname"] not in _SIDES and count:
            server = server_named(row["svname"])
            found[server] = found.get(server, 0) + count
    return found


def _with_open(names: Iterable[str]) -> frozenset[str]:
    return frozenset(each for name in names for each in (name, open_name_of(name)))
