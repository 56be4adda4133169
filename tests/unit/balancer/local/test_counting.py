"""Counters of a node, of what HAProxy says."""

from tests.support.balancing import balancer, forward, group, listener, plan_of

from hostless.balancer.local.counting import counters_of, process_in
from hostless.balancer.local.words import group_name_of
from hostless.balancer.seam import GroupCounters, NodeCounters

BLUE = group("blue")
NAME = group_name_of(BLUE.arn)
PLAN = plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE])
INFO = "Name: HAProxy\nPid: 41\nStopping: 0\nStart_time_sec: 1795449493\n"
COLUMNS = (
    *(
        "pxname",
        "svname",
        "mode",
        "scur",
        "stot",
        "bin",
        "bout",
        "econ",
        "wretr",
        "wredis",
        "status",
    ),
    *("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "connect"),
    *("idle_conn_cur", "used_conn_cur", "-", "ssl_failed_handshake"),
)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def row(pxname: str, svname: str, status: str = "OPEN", **numbers: int) -> str:
    words = {"pxname": pxname, "svname": svname, "mode": "http", "status": status}
    return ",".join(words.get(name, str(numbers.get(name, ""))) for name in COLUMNS) + ","


def said(rows: list[str], tallies: dict[str, int] | None = None) -> str:
    """As HAProxy answers the three questions."""
    lines = [f"0x55: key={key} use=0 exp=0 conn_cnt={n}" for key, n in (tallies or {}).items()]
    table = ["# table: tally, type: string, size:102400, used:1", *lines, "", ""]
    return "\n".join(["# " + ",".join(COLUMNS) + ",", *rows, "", *table, INFO])


def counted(rows: list[str], tallies: dict[str, int] | None = None) -> NodeCounters:
    return counters_of(PLAN, said(rows, tallies), 7.0)


def of_blue(rows: list[str], tallies: dict[str, int] | None = None) -> GroupCounters:
    return counted(rows, tallies).groups[BLUE.arn]


def test_a_node_that_did_nothing_has_counted_nothing() -> None:
    found = counted([])
    assert (found.at, found.process, found.requests) == (7.0, "1795449493-41", 0)
    assert found.groups[BLUE.arn] == GroupCounters(
        requests=0,
        responses_by_class=dict.fromkeys(CLASSES, 0),
        response_times={},
        connections=0,
        failed_connections=0,
        active=0,
        healthy=0,
        unhealthy=0,
    )


def test_an_answer_that_is_broken_off_is_of_no_process() -> None:
    whole = said([row("listener-1", "FRONTEND", stot=4)], {NAME: 9})
    assert process_in(whole) == "1795449493-41"
    assert all(process_in(whole[:end]) is None for end in range(whole.index("Start")))


def test_a_process_that_stops_has_forgotten_what_it_counted() -> None:
    whole = said([], {NAME: 9})
    assert process_in(whole.replace("Stopping: 0", "Stopping: 1")) is None


def test_what_clients_got_is_counted_over_all_listeners() -> None:
    found = counted(
        [
            row("listener-1", "FRONTEND", stot=4, scur=2, bin=5, bout=6, hrsp_2xx=7),
            row("listener-2", "FRONTEND", stot=1, hrsp_5xx=1, ssl_failed_handshake=3),
            row(NAME, "BACKEND", "UP", stot=3, hrsp_2xx=9),
        ]
    )
    assert (found.requests, found.connections, found.active) == (8, 5, 2)
    assert (found.bytes_in, found.bytes_out, found.failed_handshakes) == (5, 6, 3)
    assert found.responses_by_class == {"1xx": 0, "2xx": 7, "3xx": 0, "4xx": 0, "5xx": 1}


def test_what_targets_answered_is_tallied_by_class_and_time() -> None:
    found = of_blue(
        [],
        {
            NAME: 9,
            f"5.12:2:{NAME}": 4,
            f"5.12:5:{NAME}": 1,
            f"1.7:2:{NAME}": 2,
            f"10.1:2:{NAME}": 3,
            f"3.-5:2:{NAME}": 1,
            "5.12:2:group-other": 50,
        },
    )
    assert found.requests == 9
    assert found.responses_by_class == {"1xx": 0, "2xx": 10, "3xx": 0, "4xx": 0, "5xx": 1}
    assert found.response_times == {0.0125: 5, 0.000007: 2, 1500.0: 3, 0.0: 1}


def test_requests_are_those_of_both_ways_to_targets_but_for_those_that_nobody_got() -> None:
    rows = [row(NAME, "BACKEND", "UP", stot=5), row(f"open-{NAME}", "BACKEND", "UP", stot=7)]
    assert of_blue([*rows, row(NAME, "t1", "UP", stot=5)], {NAME: 3}).requests == 8


def test_answers_of_targets_count_even_of_groups_that_are_served_no_more() -> None:
    found = counted([], {f"5.12:2:{NAME}": 4, "5.12:2:group-other": 50, "group-other": 60})
    assert found.target_responses_by_class == {**dict.fromkeys(CLASSES, 0), "2xx": 54}


def test_targets_are_healthy_or_not_and_those_that_drain_are_neither() -> None:
    found = of_blue(
        [
            row(NAME, "t1", "UP"),
            row(NAME, "t2", "DOWN 1/2"),
            row(NAME, "t3", "MAINT"),
            row(f"open-{NAME}", "t1", "no check"),
            row(f"trial-{NAME}", "t4", "UP"),
            row(f"trial-{NAME}", "BACKEND", "UP"),
        ]
    )
    assert (found.healthy, found.unhealthy) == (1, 2)


def test_connections_to_targets_are_those_of_both_ways_to_them() -> None:
    found = of_blue(
        [
            row(NAME, "t1", "UP", used_conn_cur=2, idle_conn_cur=1, connect=9),
            row(NAME, "BACKEND", "UP", connect=9, econ=1, wretr=2, wredis=1),
            row(f"open-{NAME}", "t1", "no check", used_conn_cur=1, connect=1),
            row(f"open-{NAME}", "BACKEND", "UP", connect=1),
        ]
    )
    assert (found.connections, found.failed_connections, found.active) == (10, 4, 4)
