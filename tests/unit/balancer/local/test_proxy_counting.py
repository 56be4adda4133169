"""Unit tests of what a proxy has done, of HAProxy's statistics."""

from tests.support.mesh import ingress, upstream

from hostless.balancer.connect_seam import Server
from hostless.balancer.local.proxy_counting import counters_of
from hostless.domain.arns import NamespaceId
from hostless.domain.service_connect import TaskConnect

COLUMNS = ("scur", "stot", "bin", "bout", "conn_tot", "req_tot", "rtime", "ttime")
CLASSES = tuple(f"hrsp_{number}xx" for number in (1, 2, 3, 4, 5))
CONNECT = TaskConnect(
    container_name="ecs-service-connect-abcde",
    namespace_id=NamespaceId("ns-1"),
    namespace="test",
    upstreams=(upstream(), upstream(address="127.255.0.2", dns_name="other")),
    ingresses=(ingress("tcp"),),
)


def row(name: str, side: str, mode: str = "http", **counted: int) -> dict[str, str]:
    """Columns that are not said are empty, as HAProxy leaves them."""
    empty = dict.fromkeys((*COLUMNS, *CLASSES), "")
    said = {column: str(number) for column, number in counted.items()}
    return {**empty, **said, "pxname": name, "svname": side, "mode": mode}


def test_aliases_of_a_name_are_counted_as_one_and_servers_of_both_backends() -> None:
    rows = [
        row("upstream-0", "FRONTEND", req_tot=3, conn_tot=2, scur=1, hrsp_2xx=3, bin=10, bout=20),
        row("upstream-1", "FRONTEND", req_tot=2, conn_tot=2, hrsp_5xx=2, bin=1, bout=2),
        row("upstream-0", "10.0.0.5_80", scur=1),
        row("upstream-0", "10.0.0.6_80", scur=0),
        row("upstream-0", "BACKEND", scur=1, stot=3, rtime=40),
        row("open-upstream-1", "10.0.0.5_80", scur=2),
        row("open-upstream-1", "BACKEND", scur=2, stot=1, rtime=80),
        row("ingress-0", "FRONTEND", "tcp", conn_tot=4),
        row("ingress-0", "app", "tcp", scur=1),
        row("ingress-0", "BACKEND", "tcp", scur=1, stot=4, ttime=2000),
    ]
    counted = counters_of(CONNECT, rows, 5.0)
    flow = counted.upstreams["shop"]
    assert counted.at == 5.0
    assert (flow.connections, flow.active, flow.under_way, flow.requests) == (4, 1, 3, 5)
    assert (flow.bytes_in, flow.bytes_out) == (11, 22)
    assert flow.responses_by_class == {"1xx": 0, "2xx": 3, "3xx": 0, "4xx": 0, "5xx": 2}
    assert flow.mean_response_seconds == 0.05
    assert counted.sent_to == {"shop": {Server(address="10.0.0.5", port=80): 3}}
    raw = counted.ingresses["shop"]
    assert (raw.requests, raw.under_way, raw.responses_by_class) == (4, 1, {})
    assert raw.mean_response_seconds == 2.0
