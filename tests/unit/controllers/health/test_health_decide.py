"""What is decided about one container's health, from plain values."""

from dataclasses import replace

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.controllers.health.decide import (
    Patient,
    checked_containers,
    decide,
    patient_of,
    with_health,
)
from hostless.domain.container_definitions import ContainerDefinition, HealthCheck
from hostless.domain.health import Course
from hostless.domain.lifecycle import MOVES
from hostless.domain.tasks import Task
from hostless.kit.ids import system_ids

DEFINITION = definition_of(
    ContainerDefinition(
        name="web", image="i", health_check=HealthCheck(command=("CMD", "true"), interval=10)
    ),
    ContainerDefinition(name="side", image="i"),
)


def running(**fields: object) -> Task:
    task = new_task(DEFINITION, system_ids(), 90.0)
    containers = tuple(
        replace(c, status="RUNNING", started_at=100.0, **fields)  # type: ignore[arg-type]
        for c in task.containers
    )
    return replace(task, status="RUNNING", containers=containers)


def patient(task: Task) -> Patient:
    found = patient_of(task, DEFINITION, "web")
    assert found is not None
    return found


def test_only_running_containers_with_a_check_are_patients() -> None:
    task = running()
    assert checked_containers(DEFINITION) == ("web",)
    assert patient_of(task, DEFINITION, "web") is not None
    assert patient_of(task, DEFINITION, "side") is None
    assert patient_of(task, DEFINITION, "other") is None
    assert patient_of(task, None, "web") is None
    ended = tuple(replace(c, status="STOPPED") for c in task.containers)
    assert patient_of(replace(task, containers=ended), DEFINITION, "web") is None
    assert patient_of(replace(task, goal="STOPPED"), DEFINITION, "web") is None


@pytest.mark.parametrize("status", list(MOVES))
def test_a_task_is_looked_at_from_its_start_until_it_has_to_stop(status: str) -> None:
    task = replace(running(), status=status)  # type: ignore[arg-type]
    is_looked_at = patient_of(task, DEFINITION, "web") is not None
    assert is_looked_at == (status in ("PENDING", "ACTIVATING", "RUNNING"))


def test_a_course_begins_with_what_is_recorded() -> None:
    plan = decide(patient(running(health="UNHEALTHY")), None, 105.0)
    assert plan.course == Course(started_at=100.0, status="UNHEALTHY", due_at=110.0)
    assert not plan.is_news
    assert not plan.is_due


def test_a_check_is_due_when_its_time_has_come() -> None:
    known = Course(started_at=100.0, status="UNKNOWN", due_at=110.0)
    assert not decide(patient(running()), known, 109.9).is_due
    assert decide(patient(running()), known, 110.0).is_due


def test_what_is_not_recorded_yet_comes_before_the_next_check() -> None:
    known = Course(started_at=100.0, status="HEALTHY", due_at=110.0)
    plan = decide(patient(running()), known, 115.0)
    assert plan.is_news
    assert not plan.is_due


def test_a_container_that_was_started_anew_begins_anew() -> None:
    known = Course(started_at=50.0, status="HEALTHY", failures=2, due_at=101.0)
    plan = decide(patient(running(health="HEALTHY")), known, 102.0)
    assert plan.course == Course(started_at=100.0, status="UNKNOWN", due_at=110.0)
    assert plan.is_news


def test_a_clock_that_steps_back_delays_a_check_by_an_interval_at_most() -> None:
    known = Course(started_at=100.0, status="HEALTHY", due_at=5000.0)
    assert decide(patient(running(health="HEALTHY")), known, 200.0).course.due_at == 210.0


def test_a_change_of_health_touches_nothing_else_and_is_no_event() -> None:
    task = running()
    after = with_health(task, patient(task), "HEALTHY")
    web, side = task.containers
    assert after == replace(task, containers=(replace(web, health="HEALTHY"), side))
    assert with_health(after, patient(task), "HEALTHY") == after


def test_what_was_found_out_about_a_former_run_is_not_recorded() -> None:
    task = running()
    found = replace(patient(task), started_at=50.0)
    assert with_health(task, found, "UNHEALTHY") == task
