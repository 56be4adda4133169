"""HAProxy's lines, read: those that are whole, and what positions they have."""

from tests.support.access_logs import entry_of
from tests.support.balancing import balancer, forward, group, listener, plan_of, rule

from hostless.balancer.local.configuration import configuration_of
from hostless.balancer.local.log_entries import RAW_FIELDS
from hostless.balancer.local.log_lines import MARK, begin_lines
from hostless.balancer.local.log_reading import requests_of
from hostless.balancer.local.servers import sorted_targets
from hostless.balancer.seam import NodePlan
from hostless.domain.listeners import Condition

BLUE, GREEN = group("blue"), group("green")
LOGGED = balancer(access_logs__s3__enabled="true", access_logs__s3__bucket="logs")
LINE = (
    f"{MARK} http 1500000000123456 app/web/1 10.0.0.4 80 192.0.2.1:5555 1500000000.001 "
    "10.0.0.9:8080 t1 1 2 3 40 50 -- 200 200 77 339 GET HTTP/1.1 1500000000100000 - - - - "
    'arn:group,HTTP1 - - "shop.example" "/a" "curl" "Root=1" "" ""\n'
).encode()


def text_of(*changes: tuple[bytes, bytes]) -> dict[str, str]:
    line = LINE
    for old, new in changes:
        assert old in line
        line = line.replace(old, new)
    (found,) = requests_of(line, 0)
    return entry_of(found.text)


def test_times_are_seconds_and_an_entry_knows_when_it_was_asked() -> None:
    entry = text_of()
    assert entry["time"] == "2017-07-14T02:40:00.123456Z"
    assert entry["created"] == "2017-07-14T02:40:00.099000Z"
    times = (entry["request_seconds"], entry["target_seconds"], entry["response_seconds"])
    assert times == ("0.006", "0.040", "0.000")


def test_a_target_that_did_not_answer_has_no_times_and_one_out_of_reach_is_502() -> None:
    late = text_of((b"1 2 3 40 50 -- 200 200", b"1 2 3 -1 50 sH 504 -"))
    assert (late["elb_status"], late["request_seconds"]) == ("504", "-1")
    assert late["target"] == "10.0.0.9:8080"
    refused = text_of((b"1 2 3 40 50 -- 200 200", b"1 2 -1 -1 50 SC 503 -"))
    assert (refused["elb_status"], refused["target_status"]) == ("502", "-")
    own = text_of((b"-- 200 200", b"-- 503 503"))
    assert (own["elb_status"], own["target_status"]) == ("503", "503")


def test_a_client_that_left_before_there_was_an_answer_is_460() -> None:
    assert text_of((b"1 2 3 40 50 -- 200 200", b"1 2 3 -1 9 CH -1 -"))["elb_status"] == "460"


def test_a_session_that_was_resumed_shows_no_certificate() -> None:
    resumed = text_of((b"- - - - arn", b"AES TLSv1.2 arn:cert 1 arn"))
    assert resumed["certificate"] == "session-reused"
    assert (resumed["cipher"], resumed["tls"]) == ("AES", "TLSv1.2")


def test_a_long_agent_is_cut_but_not_within_an_escape() -> None:
    for length in range(8188, 8194):
        agent = b"x" * length + b'\\"' + b"y" * 10
        entry = text_of((b'"curl"', b'"' + agent + b'"'))
        assert 8186 <= len(entry["user_agent"]) <= 8192, length


def test_torn_and_strange_lines_are_left_out_and_positions_stay_right() -> None:
    torn, strange = LINE[:50], b"Proxy listener-1 stopped (FE: 1).\n"
    piece = LINE + strange + torn + LINE + torn + b"\n" + LINE
    found = list(requests_of(piece, 1000))
    assert len(found) == 3
    for line in (LINE, LINE.replace(b'"/a"', b'"/\\]"')):
        for end in range(1, 40):
            assert not list(requests_of(line[: -1 - end] + b"\n", 0)), end
    assert found[0].until == 1000 + len(LINE)
    assert found[-1].until == 1000 + len(piece)
    assert len({each.text for each in found}) == 1


def test_odd_letters_are_read_as_plain_ones_are() -> None:
    """Lines with and without them are read by different means."""
    plain, odd = text_of(), text_of((b'"/a"', b'"/\\]"'))
    assert odd["request"] == "GET http://shop.example:80/] HTTP/1.1"
    assert {**odd, "request": ""} == {**plain, "request": ""}


def lines_of(plan: NodePlan) -> list[str]:
    made = configuration_of(plan, sorted_targets(plan, ()))
    return [line.strip() for line in made.text.splitlines()]


def test_nothing_is_said_of_logs_when_they_are_off() -> None:
    here = listener(forward(BLUE))
    rules = [rule(here, 1, forward(BLUE), Condition(field="path-pattern", values=("/a",)))]
    quiet = plan_of(balancer(), [here], rules=rules, groups=[BLUE])
    spoken = " ".join(lines_of(quiet))
    assert not any(word in spoken for word in ("log", "txn.began", "txn.trace"))
    assert not set(configuration_of(quiet, sorted_targets(quiet, ())).files) & {"groups.map"}


def test_a_log_has_one_writer_and_as_many_fields_as_are_read() -> None:
    here = listener(forward(BLUE, GREEN))
    plan = plan_of(LOGGED, [here], groups=[BLUE, GREEN])
    assert "  nbthread 1\n" in configuration_of(plan, sorted_targets(plan, ()), 4).text
    quiet = plan_of(balancer(), [here], groups=[BLUE, GREEN])
    assert "  nbthread 4\n" in configuration_of(quiet, sorted_targets(quiet, ()), 4).text
    (form,) = (line for line in begin_lines(plan, here) if line.startswith("log-format"))
    assert len(form.removeprefix("log-format '").split()) == len(RAW_FIELDS)
    files = configuration_of(plan, sorted_targets(plan, ())).files
    assert [line.split()[1] for line in files["groups.map"].splitlines()] == [
        f"{BLUE.arn},HTTP1",
        f"{GREEN.arn},HTTP1",
    ]
