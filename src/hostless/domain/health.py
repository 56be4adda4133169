"""Container health: from the outcomes of health checks to a status. Rules only.

When and how a check is run is the health controller's business; what becomes of a service's
unhealthy task, the service scheduler's. Sources: ECS API, HealthCheck; where it is silent, what it
maps to, the HEALTHCHECK of `docker run` (moby, `daemon/health.go`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hostless.domain.container_definitions import HealthCheck
from hostless.domain.definition_defaults import health_check_with_defaults
from hostless.kit.clock import Timestamp

HealthStatus: TypeAlias = Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlan:
    """A health check that can be run. command: program and arguments. Times in seconds."""

    command: tuple[str, ...]
    interval_seconds: float
    timeout_seconds: float
    retries: int
    start_period_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one run of a container fares.

    started_at: of that run. failures: in a row, those that count. due_at: of the next check.
    """

    started_at: Timestamp
    status: HealthStatus
    failures: int = 0
    due_at: Timestamp


def worst_of(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """UNHEALTHY before UNKNOWN before HEALTHY (ECS API, HealthCheck); UNKNOWN for none."""
    found = set(statuses)
    if "UNHEALTHY" in found:
        return "UNHEALTHY"
    return "HEALTHY" if found == {"HEALTHY"} else "UNKNOWN"


def check_plan_of(check: HealthCheck | None) -> CheckPlan | None:
    """None when nothing is to be run; the container's health is UNKNOWN then.

    `CMD` runs the words after it, `CMD-SHELL` has /bin/sh run them. A command that begins with
    neither is accepted by ECS and never run.
    """
    command = () if check is None else _words_of(check.command)
    if check is None or not command:
        return None
    full = health_check_with_defaults(check)
    assert full.interval is not None
    assert full.timeout is not None
    assert full.retries is not None
    return CheckPlan(
        command=command,
        interval_seconds=full.interval,
        timeout_seconds=full.timeout,
        retries=full.retries,
        start_period_seconds=full.start_period or 0,
    )


def _words_of(command: tuple[str, ...]) -> tuple[str, ...]:
    match command:
        case ("CMD", *words):
            return tuple(words)
        case ("CMD-SHELL", *words) if words:
            return ("/bin/sh", "-c", *words)
        case _:
            return ()


def begun(plan: CheckPlan, started_at: Timestamp, status: HealthStatus, now: Timestamp) -> Course:
    """The course of a run that is taken up now: at its start, or later by another engine.

    Checks come in the same beat as if they had been made all along, the first of them one interval
    after the start. status: what is known of this run.
    """
    beats = max(1.0, -((started_at - now) // plan.interval_seconds))
    due_at = started_at + beats * plan.interval_seconds
    return Course(started_at=started_at, status=status, due_at=due_at)


def postponed(plan: CheckPlan, course: Course, now: Timestamp) -> Course:
    """The course after a check that told nothing."""
    return replace(course, due_at=now + plan.interval_seconds)


def checked(
    plan: CheckPlan, course: Course, *, passed: bool, began_at: Timestamp, now: Timestamp
) -> Course:
    """The course after a check. The next one is due an interval after the end of this one.

    Failures that began within the start period do not count before the first success.
    """
    after = postponed(plan, course, now)
    if passed:
        return replace(after, status="HEALTHY", failures=0)
    in_grace = began_at - course.started_at < plan.start_period_seconds
    if course.status == "UNKNOWN" and in_grace:
        return after
    failures = course.failures + 1
    status = "UNHEALTHY" if failures >= plan.retries else course.status
    return replace(after, status=status, failures=failures)
