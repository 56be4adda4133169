"""Takes the service deployment that is under way one step on: begins, fails, rolls back, ends it.

When that is due is said by `stages` and `breaker`; here it is written into the draft, together with
what it means for the deployments.
"""

from dataclasses import replace

from hostless.controllers.service import news
from hostless.controllers.service.breaker import failures_of, threshold_of
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.stages import (
    NO_CANDIDATE,
    SUPERSEDED,
    WORDS,
    Cause,
    Progress,
    baked,
    began,
    failure_of,
    finished,
    rolls_back,
    triggered,
    watched,
)
from hostless.controllers.service.tally import Tally, ready_count
from hostless.domain.deployments import ENDED, Deployment, ServiceDeployment
from hostless.domain.new_service import begin_rollback


def supersede(draft: Draft) -> None:
    """A newer service deployment ends those that are still under way."""
    current = draft.attempt
    for attempt in list(draft.attempts.values()):
        if attempt.status not in ENDED and attempt is not current:
            draft.put_attempt(finished(attempt, "STOPPED", SUPERSEDED, draft.facts.now))


def end_all(draft: Draft, reason: str) -> None:
    for attempt in list(draft.attempts.values()):
        if attempt.status not in ENDED:
            draft.put_attempt(finished(attempt, "STOPPED", reason, draft.facts.now))


def advance(draft: Draft, tallied: Tally) -> None:
    """One step of the current attempt."""
    attempt, primary = draft.attempt, draft.primary
    if attempt is None or primary is None:
        return
    seen = _progress(draft, tallied, attempt, primary)
    if attempt.status == "PENDING":
        attempt = began(attempt, seen)
        reason = primary.rollout_state_reason or ""
        draft.tell(news.deployment_begun(primary.id, reason))
    if attempt.status == "ROLLBACK_IN_PROGRESS":
        if seen.is_there:
            attempt = finished(attempt, "ROLLBACK_SUCCESSFUL", None, seen.now)
            _complete(draft, primary)
        draft.put_attempt(attempt)
        return
    cause = failure_of(attempt, seen)
    attempt = watched(attempt, seen)
    if cause is not None:
        _fail(draft, attempt, cause, seen)
        return
    if seen.is_there:
        attempt = baked(attempt, seen)
        draft.look_again(attempt.bakes_until)
    if attempt.status == "SUCCESSFUL":
        _complete(draft, primary)
    draft.put_attempt(attempt)


def _progress(
    draft: Draft, tallied: Tally, attempt: ServiceDeployment, primary: Deployment
) -> Progress:
    breaker = attempt.deployment_configuration.deployment_circuit_breaker
    return Progress(
        now=draft.facts.now,
        is_there=_is_there(draft, tallied, attempt, primary),
        failures=failures_of(breaker, primary),
        threshold=threshold_of(breaker, draft.facts.service.desired_count),
        alarms=draft.facts.alarms,
    )


def _is_there(
    draft: Draft, tallied: Tally, attempt: ServiceDeployment, primary: Deployment
) -> bool:
    """All desired tasks run (and are healthy, where that is checked) and no old one is left.

    With early success criteria a share of them is enough (ECS API,
    DeploymentEarlySuccessCriteria).
    """
    desired = draft.facts.service.desired_count
    crew = tallied.crew(primary.id)
    others = sum(c.occupying for id_, c in tallied.crews.items() if id_ != primary.id)
    early = attempt.deployment_configuration.early_success_criteria
    if early is not None and early.enable and attempt.rollback is None:
        percent = 100 if early.healthy_percent is None else early.healthy_percent
        is_enough = len(crew.healthy) * 100 >= percent * desired
        return is_enough and (others == 0 or early.source_service_revision_cleanup == "DEFERRED")
    return ready_count(draft.facts, primary.id, crew) >= desired and others == 0


def _complete(draft: Draft, primary: Deployment) -> None:
    done = news.deployment_completed(primary.id)
    draft.put_deployment(
        replace(
            primary,
            rollout_state="COMPLETED",
            rollout_state_reason=done.reason,
        )
    )
    draft.tell(done)


def _fail(draft: Draft, attempt: ServiceDeployment, cause: Cause, seen: Progress) -> None:
    words = WORDS[cause]
    failing = draft.deployments[attempt.deployment_id]
    draft.put_deployment(
        replace(
            failing,
            rollout_state="FAILED",
            rollout_state_reason=words.failed,
            is_given_up=True,
        )
    )
    draft.tell(news.deployment_failed(failing.id, words.why, words.failed))
    attempt = triggered(attempt, cause, seen)
    if not rolls_back(attempt, cause):
        draft.put_attempt(finished(attempt, "STOPPED", words.stopped, seen.now))
        return
    candidate = last_completed(draft)
    if candidate is None:
        draft.put_attempt(finished(attempt, "ROLLBACK_FAILED", NO_CANDIDATE, seen.now))
        return
    _roll_back(draft, attempt, cause, candidate)


def _roll_back(
    draft: Draft, attempt: ServiceDeployment, cause: Cause, candidate: Deployment
) -> None:
    words = WORDS[cause]
    deployment, attempt = begin_rollback(
        attempt, candidate, words.rolled_back, draft.deployments.values(), draft.facts.now
    )
    reason = f"{words.rolling_back} {candidate.id}."
    draft.put_deployment(replace(deployment, rollout_state_reason=reason))
    draft.put_attempt(replace(attempt, status_reason=words.rolled_back, lifecycle_stage="SCALE_UP"))
    draft.tell(news.rolling_back(candidate.id, reason))


def last_completed(draft: Draft) -> Deployment | None:
    """What a rollback would go back to."""
    completed = [d for d in draft.deployments.values() if d.rollout_state == "COMPLETED"]
    return max(completed, key=lambda d: d.primary_since, default=None)
