"""What outcomes of health checks make of a container's and a task's health."""

from dataclasses import replace
from itertools import product

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.domain.container_definitions import ContainerDefinition, HealthCheck
from hostless.domain.health import (
    CheckPlan,
    Course,
    HealthStatus,
    begun,
    check_plan_of,
    checked,
    worst_of,
)
from hostless.kit.ids import system_ids

PLAN = CheckPlan(
    command=("true",),
    interval_seconds=10.0,
    timeout_seconds=5.0,
    retries=3,
    start_period_seconds=0.0,
)
STATUSES: tuple[HealthStatus, ...] = ("HEALTHY", "UNHEALTHY", "UNKNOWN")


def after(outcomes: str, plan: CheckPlan = PLAN) -> Course:
    """A course from 0 s on. outcomes: `+` and `-`, one an interval, each taking no time."""
    course = begun(plan, 0.0, "UNKNOWN", 0.0)
    for outcome in outcomes:
        at = course.due_at
        course = checked(plan, course, passed=outcome == "+", began_at=at, now=at)
    return course


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ("", "UNKNOWN"),
        ("+", "HEALTHY"),
        ("--", "UNKNOWN"),
        ("---", "UNHEALTHY"),
        ("--+--", "HEALTHY"),
        ("+--", "HEALTHY"),
        ("+---", "UNHEALTHY"),
        ("---+", "HEALTHY"),
        ("---+--", "HEALTHY"),
    ],
)
def test_as_many_failures_in_a_row_as_retries_make_unhealthy_and_one_success_healthy(
    outcomes: str, status: str
) -> None:
    assert after(outcomes).status == status


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ("--", "UNKNOWN"),  # at 10 and 20 s: within
        ("---", "UNKNOWN"),  # the third, at 30 s, is the first that counts
        ("-----", "UNHEALTHY"),
        ("+--", "HEALTHY"),
        ("+---", "UNHEALTHY"),  # a success ends the grace
    ],
)
def test_failures_within_the_start_period_do_not_count_before_the_first_success(
    outcomes: str, status: str
) -> None:
    plan = replace(PLAN, start_period_seconds=30.0)
    assert after(outcomes, plan).status == status


def test_a_check_that_began_within_the_start_period_belongs_to_it() -> None:
    plan = replace(PLAN, start_period_seconds=12.0, retries=1)
    course = begun(plan, 0.0, "UNKNOWN", 0.0)
    course = checked(plan, course, passed=False, began_at=11.9, now=16.9)
    assert (course.status, course.due_at) == ("UNKNOWN", 26.9)


def test_the_first_check_is_one_interval_after_the_start_and_the_next_one_after_its_end() -> None:
    course = begun(PLAN, 100.0, "UNKNOWN", 100.5)
    assert course.due_at == 110.0
    assert checked(PLAN, course, passed=True, began_at=110.0, now=113.0).due_at == 123.0


@pytest.mark.parametrize(("now", "due_at"), [(1.0, 10.0), (55.0, 60.0), (60.0, 60.0), (-5, 10.0)])
def test_a_course_that_is_taken_up_later_goes_on_in_the_same_beat(
    now: float, due_at: float
) -> None:
    course = begun(PLAN, 0.0, "HEALTHY", now)
    assert (course.due_at, course.status) == (due_at, "HEALTHY")


@pytest.mark.parametrize("statuses", list(product(STATUSES, repeat=3)))
def test_the_worst_status_is_unhealthy_then_unknown_then_healthy(
    statuses: tuple[HealthStatus, ...],
) -> None:
    order = ("UNHEALTHY", "UNKNOWN", "HEALTHY")
    assert worst_of(statuses) == min(statuses, key=order.index)


def test_nothing_to_go_by_is_unknown() -> None:
    assert worst_of(()) == "UNKNOWN"


def test_a_tasks_health_is_that_of_its_essential_containers() -> None:
    definition = definition_of(
        ContainerDefinition(name="web", image="i"),
        ContainerDefinition(name="side", image="i", essential=False),
    )
    task = new_task(definition, system_ids(), 0.0)
    assert task.health == "UNKNOWN"
    web, side = task.containers
    containers = (replace(web, health="HEALTHY"), replace(side, health="UNHEALTHY"))
    assert replace(task, containers=containers).health == "HEALTHY"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("CMD", "test", "-f", "/a b"), ("test", "-f", "/a b")),
        (("CMD-SHELL", "test -f /a || exit 1"), ("/bin/sh", "-c", "test -f /a || exit 1")),
    ],
)
def test_commands_are_run_directly_or_by_the_shell(
    command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    plan = check_plan_of(HealthCheck(command=command))
    assert plan is not None
    assert plan.command == words
    assert (plan.interval_seconds, plan.timeout_seconds, plan.retries) == (30, 5, 3)
    assert plan.start_period_seconds == 0


@pytest.mark.parametrize("command", [("NONE",), ("CMD",), ("CMD-SHELL",), ("/healthcheck",), ()])
def test_what_neither_says_cmd_nor_anything_to_run_is_no_check(command: tuple[str, ...]) -> None:
    assert check_plan_of(HealthCheck(command=command)) is None
    assert check_plan_of(None) is None
