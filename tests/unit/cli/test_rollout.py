"""What is made of DescribeServices while a rollout goes on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hostless.cli.rollout import Side, bar, lines_of, news_since, rollout_of

NEW, OLD = "ecs-svc/2", "ecs-svc/1"


def deployment(id_: str, status: str, state: str, **members: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "status": status,
        "rolloutState": state,
        "rolloutStateReason": members.pop("reason", ""),
        "taskDefinition": f"arn:aws:ecs:us-east-1:0:task-definition/web:{id_[-1]}",
        "desiredCount": 4,
        "runningCount": 2,
        "pendingCount": 1,
        "failedTasks": 0,
        **members,
    }


def service(*deployments: dict[str, Any], events: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"serviceName": "web", "deployments": list(deployments), "events": list(events)}


def attempt(status: str, reason: str | None = None) -> dict[str, Any]:
    return {"status": status, "statusReason": reason}


@pytest.mark.parametrize(
    ("status", "deployments", "verdict"),
    [
        ("PENDING", [deployment(NEW, "PRIMARY", "IN_PROGRESS")], None),
        ("IN_PROGRESS", [deployment(NEW, "PRIMARY", "IN_PROGRESS")], None),
        ("ROLLBACK_IN_PROGRESS", [deployment(NEW, "ACTIVE", "FAILED")], None),
        ("SUCCESSFUL", [deployment(NEW, "PRIMARY", "COMPLETED")], "done"),
        ("ROLLBACK_SUCCESSFUL", [deployment(OLD, "PRIMARY", "COMPLETED")], "rolled back"),
        ("ROLLBACK_FAILED", [deployment(NEW, "PRIMARY", "FAILED")], "failed"),
        ("STOPPED", [deployment(NEW, "PRIMARY", "FAILED")], "failed"),
        ("STOPPED", [deployment("ecs-svc/3", "PRIMARY", "IN_PROGRESS")], "superseded"),
    ],
)
def test_a_rollout_ends_when_its_service_deployment_does(
    status: str, deployments: list[dict[str, Any]], verdict: str | None
) -> None:
    assert rollout_of(service(*deployments), NEW, attempt(status)).verdict == verdict


def test_the_reason_is_that_of_the_attempt_or_else_of_the_deployment() -> None:
    shown = service(deployment(NEW, "PRIMARY", "FAILED", reason="tasks failed to start."))
    assert rollout_of(shown, NEW, attempt("STOPPED")).reason == "tasks failed to start."
    assert rollout_of(shown, NEW, attempt("STOPPED", "enough")).reason == "enough"


def test_new_and_old_tasks_are_told_apart() -> None:
    shown = rollout_of(
        service(
            deployment(NEW, "PRIMARY", "IN_PROGRESS", failedTasks=3),
            deployment(OLD, "ACTIVE", "COMPLETED", pendingCount=0),
        ),
        NEW,
        attempt("IN_PROGRESS"),
    )
    new, old = lines_of(shown)
    assert "web:2  2/4 running, 1 starting, 3 failed" in new
    assert old.endswith("web:1  2 left")


def test_a_bar_shows_what_runs_what_starts_and_what_is_missing() -> None:
    side = Side(definition="web:1", desired=4, running=2, starting=1, failed=0)
    assert bar(side, 8) == "████░░··"


def test_a_bar_of_a_service_that_wants_nothing_is_empty() -> None:
    side = Side(definition="web:1", desired=0, running=0, starting=0, failed=0)
    assert bar(side, 4) == "····"


def test_news_come_oldest_first_and_once() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    events = tuple(
        {"id": str(number), "createdAt": at, "message": f"(service web) said {number}."}
        for number in (3, 2, 1)
    )
    found = news_since(service(events=events), {"1"})
    assert found == [("2", at, "said 2."), ("3", at, "said 3.")]
