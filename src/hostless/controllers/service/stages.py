"""The course of a service deployment: from PENDING through its stages to one of its ends.

A rolling update has the stages SCALE_UP (new tasks come, old ones go) and BAKE_TIME; strategies
that shift traffic will have more of them between these. What a stage does to tasks is `rollout`'s
business; here is when one ends and what comes then. Statuses: ECS API, ServiceDeployment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hostless.domain.deployments import (
    AlarmWatch,
    CircuitBreakerWatch,
    ServiceDeployment,
    ServiceDeploymentStatus,
)
from hostless.domain.signals import Alarm
from hostless.kit.clock import Timestamp

MOVES: Mapping[ServiceDeploymentStatus, frozenset[ServiceDeploymentStatus]] = {
    "PENDING": frozenset({"IN_PROGRESS", "STOPPED"}),
    "IN_PROGRESS": frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"}),
    "ROLLBACK_IN_PROGRESS": frozenset({"ROLLBACK_SUCCESSFUL", "STOPPED"}),
    "SUCCESSFUL": frozenset(),
    "STOPPED": frozenset(),
    "ROLLBACK_SUCCESSFUL": frozenset(),
    "ROLLBACK_FAILED": frozenset(),
}
"""What a service deployment may become next. STOP_REQUESTED and ROLLBACK_REQUESTED are not among
them: they are how one is shown whose `stop_request` is not acted on yet."""
SUPERSEDED = "Service deployment stopped because a newer service deployment was started."
"""Ours: AWS's sentence is not public."""
SERVICE_DELETED = "Service deployment stopped because the service was deleted."
NO_CANDIDATE = "No rollback candidate was found to run the rollback."

Cause: TypeAlias = Literal["circuit breaker", "alarm", "rollback requested", "stop requested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """why: in the service event. failed, rolling_back: rollout state reasons, the latter followed
    by the deployment's id. rolled_back, stopped: status reasons of the service deployment.
    """

    why: str
    failed: str
    rolling_back: str
    rolled_back: str
    stopped: str


WORDS: Mapping[Cause, Words] = {
    "circuit breaker": Words(
        why="tasks failed to start",
        failed="ECS deployment circuit breaker: tasks failed to start.",
        rolling_back="ECS deployment circuit breaker: rolling back to deploymentId",
        rolled_back=(
            "Service deployment rolled back because the circuit breaker threshold was exceeded."
        ),
        stopped="Service deployment stopped because the circuit breaker threshold was exceeded.",
    ),
    "alarm": Words(
        why="alarm detected",
        failed="ECS deployment failed: alarm detected.",
        rolling_back="ECS deployment alarm: rolling back to deploymentId",
        rolled_back="Service deployment rolled back because a CloudWatch alarm was detected.",
        stopped="Service deployment stopped because a CloudWatch alarm was detected.",
    ),
    "rollback requested": Words(
        why="deployment stopped",
        failed="ECS deployment failed: deployment stopped.",
        rolling_back="ECS deployment stopped: rolling back to deploymentId",
        rolled_back="Service deployment rolled back because it was stopped by a user.",
        stopped="Service deployment stopped by a user.",
    ),
    "stop requested": Words(
        why="deployment stopped",
        failed="ECS deployment failed: deployment stopped.",
        rolling_back="ECS deployment stopped: rolling back to deploymentId",
        rolled_back="Service deployment rolled back because it was stopped by a user.",
        stopped="Service deployment stopped by a user.",
    ),
}
"""`tasks failed to start`, `alarm detected` and the sentences about the circuit breaker are AWS's
own, as observed; the others are made after their pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How an attempt fares. is_there: what it brings about has come true.

    failures, threshold: of the circuit breaker. alarms: those that exist, by name.
    """

    now: Timestamp
    is_there: bool = False
    failures: int = 0
    threshold: int = 0
    alarms: Mapping[str, Alarm]


def began(attempt: ServiceDeployment, seen: Progress) -> ServiceDeployment:
    """A pending attempt is under way; what watches over it is set up.

    An alarm that is in ALARM already makes all alarms be ignored for this deployment (Amazon ECS
    Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures").
    """
    configuration = attempt.deployment_configuration
    breaker = configuration.deployment_circuit_breaker
    watch = CircuitBreakerWatch(
        status="MONITORING" if breaker.enable else "DISABLED", threshold=seen.threshold
    )
    is_watched = bool(watched_alarms(attempt)) and not alarming(attempt, seen.alarms)
    return replace(
        moved(attempt, "IN_PROGRESS", seen.now),
        lifecycle_stage="SCALE_UP",
        circuit_breaker=watch,
        alarms=AlarmWatch(status="MONITORING" if is_watched else "DISABLED"),
        started_at=seen.now,
    )


def watched_alarms(attempt: ServiceDeployment) -> tuple[str, ...]:
    alarms = attempt.deployment_configuration.alarms
    return alarms.alarm_names if alarms is not None and alarms.enable else ()


def alarming(attempt: ServiceDeployment, alarms: Mapping[str, Alarm]) -> tuple[str, ...]:
    """The attempt's alarms that are in ALARM."""
    return tuple(
        name for name in watched_alarms(attempt) if name in alarms and alarms[name].state == "ALARM"
    )


def failure_of(attempt: ServiceDeployment, seen: Progress) -> Cause | None:
    """Why a way forward that is under way ends here; None while it may go on."""
    if attempt.stop_request == "ABORT":
        return "stop requested"
    if attempt.stop_request == "ROLLBACK":
        return "rollback requested"
    if attempt.alarms.status == "MONITORING" and alarming(attempt, seen.alarms):
        return "alarm"
    if attempt.circuit_breaker.status == "MONITORING" and seen.failures >= seen.threshold:
        return "circuit breaker"
    return None


def rolls_back(attempt: ServiceDeployment, cause: Cause) -> bool:
    """Whether a failure with this cause is followed by a rollback, as configured."""
    configuration = attempt.deployment_configuration
    match cause:
        case "circuit breaker":
            return configuration.deployment_circuit_breaker.rollback
        case "alarm":
            return configuration.alarms is not None and configuration.alarms.rollback
        case "rollback requested":
            return True
        case "stop requested":
            return False


def watched(attempt: ServiceDeployment, seen: Progress) -> ServiceDeployment:
    """What the circuit breaker shows."""
    breaker = attempt.circuit_breaker
    if breaker.status != "MONITORING":
        return attempt
    after = replace(breaker, failure_count=seen.failures, threshold=seen.threshold)
    return attempt if after == breaker else replace(attempt, circuit_breaker=after)


def triggered(attempt: ServiceDeployment, cause: Cause, seen: Progress) -> ServiceDeployment:
    """What watched over the attempt, after it failed."""
    breaker, alarms = attempt.circuit_breaker, attempt.alarms
    if cause == "circuit breaker":
        breaker = replace(breaker, status="TRIGGERED")
    if cause == "alarm":
        triggering = alarming(attempt, seen.alarms)
        alarms = replace(alarms, status="TRIGGERED", triggered=triggering)
    return _watching_ended(replace(attempt, circuit_breaker=breaker, alarms=alarms))


def baked(attempt: ServiceDeployment, seen: Progress) -> ServiceDeployment:
    """A way forward that is there: it ends well, or its bake time begins, or goes on.

    Whoever watches alarms waits at least until they would have told of trouble.
    """
    if attempt.bakes_until is None:
        seconds = 60.0 * attempt.deployment_configuration.bake_time_in_minutes
        if attempt.alarms.status == "MONITORING":
            watched_ones = (seen.alarms.get(name) for name in watched_alarms(attempt))
            told_after = (alarm.evaluation_seconds for alarm in watched_ones if alarm is not None)
            seconds = max(seconds, *told_after, 0.0)
        attempt = replace(attempt, bakes_until=seen.now + seconds, updated_at=seen.now)
        if seconds > 0:
            return replace(attempt, lifecycle_stage="BAKE_TIME")
    assert attempt.bakes_until is not None
    if seen.now < attempt.bakes_until:
        return attempt
    return finished(attempt, "SUCCESSFUL", None, seen.now)


def finished(
    attempt: ServiceDeployment,
    status: ServiceDeploymentStatus,
    reason: str | None,
    now: Timestamp,
) -> ServiceDeployment:
    """An attempt at its end. reason: None keeps the one it has."""
    return replace(
        _watching_ended(moved(attempt, status, now)),
        status_reason=reason or attempt.status_reason,
        lifecycle_stage=None,
        finished_at=now,
        stopped_at=now if status == "STOPPED" else None,
    )


def moved(
    attempt: ServiceDeployment, status: ServiceDeploymentStatus, now: Timestamp
) -> ServiceDeployment:
    """Only moves of the table are made."""
    assert status in MOVES[attempt.status], f"{attempt.status} may not become {status}"
    return replace(attempt, status=status, updated_at=now)


def drawing() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> PENDING"]
    order = list(MOVES)
    for before, afters in MOVES.items():
        lines += [f"    {before} --> {after}" for after in sorted(afters, key=order.index)]
    lines += [f"    {status} --> [*]" for status, afters in MOVES.items() if not afters]
    return "\n".join(lines)


def _watching_ended(attempt: ServiceDeployment) -> ServiceDeployment:
    breaker, alarms = attempt.circuit_breaker, attempt.alarms
    if breaker.status == "MONITORING":
        breaker = replace(breaker, status="MONITORING_COMPLETE")
    if alarms.status == "MONITORING":
        alarms = replace(alarms, status="MONITORING_COMPLETE")
    return replace(attempt, circuit_breaker=breaker, alarms=alarms)
