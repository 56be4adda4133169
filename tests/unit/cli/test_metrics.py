"""How `hostless metrics` shows numbers and picks series."""

from typing import Any, get_args

import pytest
from click.testing import CliRunner

from hostless.cli import metrics as module
from hostless.cli.metrics import metrics
from hostless.telemetry.metrics.series import Unit

FRONT, WEB = "app/front/1", "targetgroup/web/2"
NUMBERS = {"count": 4.0, "sum": 6.0, "minimum": 1.0, "maximum": 3.0}


def series(name: str, unit: str = "Count", **dimensions: str) -> dict[str, Any]:
    space = {"namespace": "AWS/ApplicationELB", "name": name, "unit": unit}
    return {**space, "dimensions": dimensions, **NUMBERS}


SERIES = [
    series("RequestCount", LoadBalancer=FRONT),
    series("RequestCount", LoadBalancer=FRONT, AvailabilityZone="us-east-1a"),
    {**series("TargetResponseTime", "Seconds", LoadBalancer=FRONT, TargetGroup=WEB), "p50": 0.0125},
]


class Engine:
    def own(self, method: str, path: str, **members: Any) -> dict[str, Any]:
        assert (method, path, members) == ("GET", "samples", {"minutes": 5})
        return {"series": SERIES}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "connect", lambda folder: Engine())


def shown(*words: str) -> list[list[str]]:
    return [line.split() for line in CliRunner().invoke(metrics, words).stdout.splitlines()]


def test_zones_are_left_out_unless_they_are_asked_for() -> None:
    assert [line[:2] for line in shown("RequestCount")[1:]] == [["RequestCount", "front"]]
    assert len(shown("RequestCount", "--zones")) == 3


def test_a_name_is_that_of_a_metric_or_of_a_dimension() -> None:
    assert [line[0] for line in shown("web")[1:]] == ["TargetResponseTime"]
    assert [line[0] for line in shown("responsetime")[1:]] == ["TargetResponseTime"]
    assert shown("nobody") == []


def test_numbers_are_short_and_have_their_unit() -> None:
    (line,) = shown("web")[1:]
    assert line == ["TargetResponseTime", "front", "web", "6", "1.5", "1", "3", "0.0125", "s"]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_every_unit_that_there_is_can_be_shown(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SERIES", [series("Something", unit, ServiceName="web")])
    (line,) = shown("something")[1:]
    assert line[:2] == ["Something", "web"]
