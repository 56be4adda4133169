"""`hostless events --bus` against a table of answers."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.fake_api import ARN, FakeApi

from hostless.cli.bus_events import MOST_AT_ONCE, Chosen, line_of, show_bus
from hostless.cli.program import program

TASK = {
    "detail-type": "ECS Task State Change",
    "time": "2026-01-31T12:00:00Z",
    "resources": [f"{ARN}:task/default/{'a' * 32}"],
    "detail": {"group": "service:web", "lastStatus": "RUNNING", "desiredStatus": "RUNNING"},
}
STEADY = {
    "detail-type": "ECS Service Action",
    "time": "2026-01-31T12:00:01Z",
    "resources": [f"{ARN}:service/default/api"],
    "detail": {"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE"},
}


def answer(*events: dict[str, Any], first: int = 1, missed: int = 0) -> dict[str, Any]:
    numbered = [{"sequence": n, "event": event} for n, event in enumerate(events, first)]
    return {"events": numbered, "last": first + len(events) - 1, "missed": missed}


def shown(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    api = FakeApi()
    api.answers["GET events"] = answer(TASK, STEADY)
    monkeypatch.setattr("hostless.cli.events.connect", lambda state_dir: api)
    result = CliRunner().invoke(program(None), ["events", "--bus", *arguments])  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_an_event_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    task, steady = shown(monkeypatch)
    assert task.split()[1:] == [*["Task", "State", "Change", "aaaaaaaa", "service:web", "RUNNING"]]
    assert steady.endswith("api  SERVICE_STEADY_STATE")


def test_json_is_one_whole_event_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [json.loads(line) for line in shown(monkeypatch, "--json")] == [TASK, STEADY]


def test_a_service_sees_its_own_and_its_tasks_events(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(shown(monkeypatch, "web")) == 1
    assert len(shown(monkeypatch, f"{ARN}:service/default/api")) == 1
    assert shown(monkeypatch, "other") == []


def test_a_cluster_sees_only_what_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(shown(monkeypatch, "--cluster", "default")) == 2
    assert shown(monkeypatch, "--cluster", "prod") == []
    assert shown(monkeypatch, "web", "--cluster", "prod") == []
    assert shown(monkeypatch, f"{ARN}:service/prod/api") == []


def test_the_newest_of_a_service_are_found_among_those_of_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = FakeApi()
    api.answers["GET events"] = answer(STEADY, STEADY, *[TASK] * 50)
    show_bus(api, Chosen(service="api"), 1, follows=False, is_json=True)
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert api.asked_for("GET events") == [{"limit": MOST_AT_ONCE}]


def test_none_is_shown_when_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, "-n", "0") == []


def test_the_reason_of_an_end_is_told() -> None:
    end = {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted."}
    line = line_of({**TASK, "detail": {**TASK["detail"], **end}})  # type: ignore[dict-item]
    assert line.endswith("SpotInterruption: Your Spot Task was interrupted.")


def test_following_goes_on_where_it_was_and_says_what_it_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [answer(TASK), answer(STEADY, first=9, missed=7)]
    asked = []

    class Coming(FakeApi):
        def own(self, method: str, path: str, **members: Any) -> dict[str, Any]:
            asked.append(members)
            if not answers:
                raise KeyboardInterrupt
            return answers.pop(0)

    monkeypatch.setattr("hostless.cli.bus_events.POLL_SECONDS", 0.0)
    show_bus(Coming(), Chosen(), 100, follows=True, is_json=True)
    out = capsys.readouterr()
    assert [json.loads(line) for line in out.out.splitlines()] == [TASK, STEADY]
    assert out.err == "7 events came too fast and are gone\n"
    assert [members.get("after") for members in asked] == [None, 1, 9]
