"""`hostless drill` against a table of answers."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.fake_api import ARN, FakeApi, fake_api, task_view

from hostless.cli.api import Refusal
from hostless.cli.durations import duration
from hostless.cli.program import program

A, B = "a" * 32, "b" * 32


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program(None), ["drill", *arguments])  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def hit(task_id: str, **members: Any) -> dict[str, Any]:
    return {
        "taskArn": f"{ARN}:task/default/{task_id}",
        "group": "service:web",
        "lastStatus": "RUNNING",
        "availabilityZone": "us-east-1a",
        **members,
    }


def answering(monkeypatch: pytest.MonkeyPatch, operation: str, **answer: Any) -> FakeApi:
    api = fake_api(monkeypatch, task_view(A), task_view(B))
    api.answers[operation] = answer
    return api


def test_what_was_hit_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    spot = [hit(A, capacityProviderName="FARGATE_SPOT")]
    api = answering(monkeypatch, "POST drills/spot", tasks=spot)
    lines = call("spot").stdout.splitlines()
    assert lines[0] == "1 task interrupted"
    assert lines[1].split() == ["TASK", "GROUP", "ZONE", "CAPACITY"]
    assert lines[2].split() == ["aaaaaaaa", "service:web", "us-east-1a", "FARGATE_SPOT"]
    assert api.asked_for("POST drills/spot") == [{}]


def test_flags_become_members(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(monkeypatch, "POST drills/spot", tasks=[])
    flags = ("--share", "25", "--for", "10m", "--service", "web", "--cluster", "prod")
    assert call("spot", *flags).stdout == "No FARGATE_SPOT task runs.\n"
    assert api.asked_for("POST drills/spot") == [
        {"share": 0.25, "durationSeconds": 600, "service": "web", "cluster": "prod"}
    ]


def test_many_tasks_are_counted_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [hit(f"{number:032x}") for number in range(500)]
    outage = {"kind": "zone", "name": "us-east-1a", "beganAt": "2026-01-31T12:00:00.000Z"}
    answering(monkeypatch, "POST drills/zone-loss", tasks=many, outage=outage)
    lines = call("zone-loss", "us-east-1a").stdout.splitlines()
    assert lines[0] == "500 tasks lost"
    assert lines[-2:] == [
        "and 480 more",
        "Zone us-east-1a is out until: hostless drill zone-loss us-east-1a --end",
    ]


def test_an_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(
        monkeypatch, "DELETE drills/zone-loss", ended={"kind": "zone", "name": "us-east-1a"}
    )
    assert call("zone-loss", "us-east-1a", "--end").stdout == "Zone us-east-1a is back.\n"
    assert api.asked_for("DELETE drills/zone-loss") == [{"zone": "us-east-1a"}]
    api.answers["DELETE drills/spot"] = {"ended": {"kind": "spot", "name": "spot"}}
    assert call("spot", "--end").stdout == "Spot capacity is back.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("spot", "--count", "3"),
        ("spot", "--for", "1m"),
        ("spot", "--service", "web"),
        ("zone-loss", "us-east-1a", "--for", "1m"),
    ],
)
def test_an_end_with_anything_that_it_would_ignore_is_refused(words: tuple[str, ...]) -> None:
    assert call(*words, "--end").exit_code == 2


def test_tasks_are_named_by_their_first_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(monkeypatch, "POST drills/host-loss", tasks=[hit(A)])
    assert call("host-loss", "aa").stdout.startswith("1 task lost\n")
    assert api.asked_for("POST drills/host-loss") == [{"tasks": [f"{ARN}:task/default/{A}"]}]


def test_retirement_is_of_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(monkeypatch, "POST drills/retire", tasks=[hit(A), hit(B)])
    assert call("retire").exit_code == 2
    assert call("retire", "--all", "--after", "7d").stdout.startswith("2 tasks to be retired\n")
    assert api.asked_for("POST drills/retire") == [{"all": True, "afterSeconds": 604_800}]


def test_status_says_what_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(monkeypatch, "GET drills", outages=[], retiring=[])
    assert call("status").stdout == "No drill is on.\n"
    outage = {"kind": "spot", "name": "spot", "endsAt": "2199-01-01T00:00:00.000Z"}
    api.answers["GET drills"] = {"outages": [outage], "retiring": [hit(A)]}
    said = call("status").stdout
    assert said.startswith("There is no Spot capacity for ")
    assert "1 task to be retired" in said


def test_json_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"tasks": [hit(A)], "drill": "host-loss"}
    answering(monkeypatch, "POST drills/host-loss", **answer)
    assert json.loads(call("host-loss", "--json").stdout) == answer


def test_a_refusal_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch)
    api.answers["POST drills/host-loss"] = Refusal(
        "ResourceNotFoundException", "There is no task that runs."
    )
    result = call("host-loss")
    assert (result.exit_code, "There is no task that runs." in result.stderr) == (1, True)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200)])
def test_durations_are_read(text: str, seconds: int) -> None:
    assert duration(text) == seconds


def test_other_lengths_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch)
    result = call("spot", "--for", "ten minutes")
    assert (result.exit_code, "no length of time" in result.stderr) == (2, True)
