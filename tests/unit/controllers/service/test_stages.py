"""The course of a service deployment, step by step."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.service_facts import NOW, rollout_of

from hostless.controllers.service.stages import (
    MOVES,
    Progress,
    baked,
    began,
    drawing,
    failure_of,
    finished,
    moved,
    rolls_back,
    triggered,
    watched,
)
from hostless.domain.deployments import ENDED, ServiceDeployment
from hostless.domain.services import (
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
)
from hostless.domain.signals import Alarm

DOCUMENT = Path(__file__).parents[4] / "docs" / "service-life-cycle.md"
BREAKER = DeploymentCircuitBreaker(enable=True, rollback=True)
ALARMS = DeploymentAlarms(alarm_names=("a", "b"), enable=True, rollback=False)


def attempt(**configuration: Any) -> ServiceDeployment:
    return replace(
        rollout_of().service_deployment,
        deployment_configuration=DeploymentConfiguration(**configuration),
    )


def alarm(name: str, state: Any = "OK") -> Alarm:
    return Alarm(name=name, state=state, updated_at=NOW, evaluation_seconds=90)


def seen(at: float = NOW, *alarms: Alarm, **more: Any) -> Progress:
    return Progress(now=at, alarms={each.name: each for each in alarms}, **more)


def test_only_ends_have_no_way_on() -> None:
    assert {status for status, ways in MOVES.items() if not ways} == ENDED


def test_the_drawing_in_the_documentation_is_the_table() -> None:
    assert f"```mermaid\n{drawing()}\n```" in DOCUMENT.read_text(), (
        "docs/service-life-cycle.md is stale: put `drawing()` of the service stages there"
    )


def test_a_move_that_is_not_in_the_table_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        moved(attempt(), "SUCCESSFUL", NOW)


def test_what_is_configured_watches_from_the_start() -> None:
    begun = began(attempt(deployment_circuit_breaker=BREAKER, alarms=ALARMS), seen(threshold=3))
    assert (begun.status, begun.started_at) == ("IN_PROGRESS", NOW)
    assert (begun.circuit_breaker.status, begun.circuit_breaker.threshold) == ("MONITORING", 3)
    assert begun.alarms.status == "MONITORING"
    quiet = began(attempt(), seen())
    assert (quiet.circuit_breaker.status, quiet.alarms.status) == ("DISABLED", "DISABLED")


def test_an_alarm_that_rings_at_the_start_silences_all() -> None:
    begun = began(attempt(alarms=ALARMS), seen(NOW, alarm("a", "ALARM"), alarm("b")))
    assert begun.alarms.status == "DISABLED"
    assert failure_of(begun, seen(NOW, alarm("b", "ALARM"))) is None


def test_too_many_failures_trip_the_breaker() -> None:
    begun = began(attempt(deployment_circuit_breaker=BREAKER), seen(threshold=3))
    assert failure_of(begun, seen(failures=2, threshold=3)) is None
    tripped = seen(failures=3, threshold=3)
    assert failure_of(begun, tripped) == "circuit breaker"
    after = triggered(watched(begun, tripped), "circuit breaker", tripped)
    assert (after.circuit_breaker.status, after.circuit_breaker.failure_count) == ("TRIGGERED", 3)
    assert rolls_back(after, "circuit breaker")


def test_an_alarm_fails_it_and_rolls_back_only_as_configured() -> None:
    begun = began(attempt(alarms=ALARMS), seen(NOW, alarm("a"), alarm("b")))
    ringing = seen(NOW, alarm("a"), alarm("b", "ALARM"))
    assert failure_of(begun, ringing) == "alarm"
    assert not rolls_back(begun, "alarm")
    assert triggered(begun, "alarm", ringing).alarms.triggered == ("b",)


def test_it_ends_at_once_without_a_bake_time() -> None:
    ended = baked(began(attempt(), seen()), seen(NOW + 5, is_there=True))
    assert (ended.status, ended.finished_at) == ("SUCCESSFUL", NOW + 5)


def test_it_bakes_for_as_long_as_its_alarms_need() -> None:
    begun = began(attempt(alarms=ALARMS, bake_time_in_minutes=1), seen(NOW, alarm("a")))
    baking = baked(begun, seen(NOW, alarm("a"), is_there=True))
    assert (baking.status, baking.lifecycle_stage) == ("IN_PROGRESS", "BAKE_TIME")
    assert baking.bakes_until == NOW + 90
    assert baked(baking, seen(NOW + 89, is_there=True)) == baking
    ended = baked(baking, seen(NOW + 90, is_there=True))
    assert ended.status == "SUCCESSFUL"
    assert ended.alarms.status == "MONITORING_COMPLETE"


def test_stopping_is_asked_for_in_two_ways() -> None:
    begun = began(attempt(), seen())
    back, away = (replace(begun, stop_request=kind) for kind in ("ROLLBACK", "ABORT"))
    assert failure_of(back, seen()) == "rollback requested"
    assert rolls_back(back, "rollback requested")
    assert failure_of(away, seen()) == "stop requested"
    assert not rolls_back(away, "stop requested")
    ended = finished(away, "STOPPED", "why", NOW)
    assert (ended.status_reason, ended.stopped_at, ended.finished_at) == ("why", NOW, NOW)
