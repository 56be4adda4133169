"""Counters of a node, of HAProxy's statistics."""

from tests.support.balancing import balancer, forward, group, listener, plan_of

from hostless.balancer.local.counting import Row, counters_of
from hostless.balancer.local.words import group_name_of

BLUE = group("blue")
NAME = group_name_of(BLUE.arn)
_NUMBERS = ("req_tot", "stot", "scur", "bin", "bout", "rtime")
COLUMNS = (*_NUMBERS, *(f"hrsp_{n}xx" for n in range(1, 6)))


def row(pxname: str, svname: str, status: str = "OPEN", **numbers: int) -> Row:
    found = {column: str(numbers.get(column, "")) for column in COLUMNS}
    return {"pxname": pxname, "svname": svname, "status": status, **found}


def test_a_node_that_did_nothing_has_counted_nothing() -> None:
    plan = plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE])
    found = counters_of(plan, [], 7.0)
    assert (found.at, found.requests, found.mean_response_seconds) == (7.0, 0, 0.0)
    assert found.healthy == found.unhealthy == {BLUE.arn: 0}


def test_what_clients_got_and_what_targets_said_are_counted_apart() -> None:
    plan = plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE])
    rows = [
        row("listener-1", "FRONTEND", req_tot=10, stot=4, scur=2, bin=5, bout=6, hrsp_2xx=7),
        row("listener-2", "FRONTEND", req_tot=1, hrsp_5xx=1),
        row(NAME, "BACKEND", stot=3, rtime=10, hrsp_2xx=3),
        row(f"open-{NAME}", "BACKEND", stot=1, rtime=50, hrsp_4xx=1),
        row(f"trial-{NAME}", "BACKEND", stot=9, rtime=9, hrsp_2xx=9),
        row(NAME, "t1", "UP"),
        row(NAME, "t2", "DOWN 1/2"),
        row(f"trial-{NAME}", "t3", "DOWN"),
    ]
    found = counters_of(plan, rows, 7.0)
    assert (found.requests, found.connections, found.active) == (11, 4, 2)
    assert (found.bytes_in, found.bytes_out) == (5, 6)
    assert found.responses_by_class == {"1xx": 0, "2xx": 7, "3xx": 0, "4xx": 0, "5xx": 1}
    assert found.target_responses_by_class == {"1xx": 0, "2xx": 3, "3xx": 0, "4xx": 1, "5xx": 0}
    assert found.mean_response_seconds == 0.02
    assert found.healthy == {BLUE.arn: 1}
    assert found.unhealthy == {BLUE.arn: 2}
