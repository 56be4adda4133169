"""How `hostless top` makes rates of counters, and what it shows of them."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from hostless.cli import top as module
from hostless.cli.rates import Rates, rates_of
from hostless.cli.top import top

MIB = 1 << 20
COUNTERS = {
    "cpuNanoseconds": 5_000_000_000,
    "cpuPeriods": 100,
    "throttledPeriods": 10,
    "memory": 64 * MIB,
    "memoryLimit": 512 * MIB,
    "processes": 3,
    "storageRead": 0,
    "storageWritten": 0,
}


def view(number: int, second: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:000000000000:task/default/{number:032x}",
        "taskDefinition": "web:3",
        "lastStatus": "RUNNING",
        "healthStatus": "HEALTHY",
        "at": f"2026-01-31T12:00:{second:02}.000Z",
        "cpuReserved": 256,
        "memoryReserved": 512 * MIB,
        **COUNTERS,
        "network": {"receivedBytes": 1000, "sentBytes": 0},
        "storageReserved": 20 << 30,
        "storageUsed": 3 << 30,
        "containers": [
            {"name": "main", "lastStatus": "RUNNING", "healthStatus": "HEALTHY", **COUNTERS},
            {"name": "side", "lastStatus": "STOPPED", "healthStatus": "UNKNOWN"},
        ],
        **changes,
    }


LATER = {
    "cpuNanoseconds": 5_250_000_000,
    "cpuPeriods": 120,
    "throttledPeriods": 15,
    "network": {"receivedBytes": 5096, "sentBytes": 2 * MIB},
    "storageWritten": 2048,
}


class Engine:
    """Answers look after look."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)
        self.asked: list[dict[str, Any]] = []

    def own(self, method: str, path: str, **members: Any) -> dict[str, Any]:
        assert (method, path) == ("GET", "usage")
        self.asked.append(members)
        return {"tasks": self.looks.pop(0)}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    quiet, busy = view(2, 2), view(1, 2, **LATER)
    made = Engine([view(1), view(2)], [quiet, busy])
    monkeypatch.setattr(module, "connect", lambda folder: made)
    return made


def shown(*words: str) -> list[list[str]]:
    found = CliRunner().invoke(top, ["--every", "0.2", *words])
    assert found.exit_code == 0, found.output
    return [line.split() for line in found.stdout.splitlines()]


def whole(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> Rates:
    (found,) = rates_of(before, now)
    return found.whole


def test_who_uses_most_is_first(engine: Engine) -> None:
    heading, busy, quiet = shown("--service", "front")
    assert heading[:5] == ["TASK", "OF", "STATUS", "HEALTH", "CPU"]
    used = ["50.0%", "256", "25.0%", "64M", "12.5%", "3"]
    assert busy[:10] == ["00000000", "web:3", "RUNNING", "HEALTHY", *used]
    assert busy[10:] == ["2.0K", "1.0M", "0", "1.0K", "3.0G/20G", "-"]
    assert quiet[4:7] == ["0.0%", "256", "-"]
    assert engine.asked[0] == {"cluster": None, "service": "front"}


def test_containers_are_shown_when_they_are_asked_for(engine: Engine) -> None:
    lines = shown("--containers", "--sort", "memory")
    assert [line[0] for line in lines[1:]] == [
        "00000000",
        "main",
        "side",
        "00000000",
        "main",
        "side",
    ]
    assert lines[3][:5] == ["side", "STOPPED", "-", "-", "256"]


def test_json_has_the_rates_and_the_counters(engine: Engine) -> None:
    found = json.loads(CliRunner().invoke(top, ["--every", "0.2", "--json"]).stdout)
    assert found[0]["whole"]["cpu_units"] == 128
    assert found[0]["task"]["cpuNanoseconds"] == 5_250_000_000
    assert [each["name"] for each in found[0]["containers"]] == ["main", "side"]


def test_of_a_task_that_has_just_come_no_rates_are_known() -> None:
    found = whole([], [view(1)])
    assert (found.cpu_units, found.received, found.throttled) == (None, None, None)
    assert found.memory == 64 * MIB


def test_a_counter_that_fell_began_anew() -> None:
    found = whole([view(1)], [view(1, 1, cpuNanoseconds=500_000_000)])
    assert found.cpu_units == 512
