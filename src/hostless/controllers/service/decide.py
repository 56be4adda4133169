"""What to do next about one service: everything known goes in, a plan comes out. No I/O.

A decision is about one instant. Made again over the same facts, with what it planned carried out,
it plans nothing: that is what makes a crash between any two passes harmless.
"""

import math
from dataclasses import replace

from hostless.controllers.service import news
from hostless.controllers.service.attempting import advance, end_all, supersede
from hostless.controllers.service.backoff import (
    BARELY_RAN_SECONDS,
    CONSISTENT_ROUNDS,
    after_failed_start,
    is_failed_start,
    relieved,
)
from hostless.controllers.service.breaker import with_failure, with_success
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.forgetting import (
    INACTIVE_KEPT_SECONDS,
    forget,
    forget_everything,
    forget_names,
)
from hostless.controllers.service.moving import move
from hostless.controllers.service.plan import Plan
from hostless.controllers.service.scene import zones_of
from hostless.controllers.service.spread import in_words, is_uneven
from hostless.controllers.service.stages import SERVICE_DELETED
from hostless.controllers.service.stopping import MOST_STOPS, scaled_in
from hostless.controllers.service.tally import Crew, Tally, judge_of, ready_count, tally
from hostless.domain.deployments import Deployment

MOST_COUNTED = 500
"""Ended tasks that one pass takes note of."""


def decide(facts: ServiceFacts) -> Plan:
    """The next step of this service."""
    draft = Draft(facts)
    tallied = tally(facts)
    _count(draft, tallied)
    match facts.service.status:
        case "ACTIVE":
            _relieve(draft, tallied)
            supersede(draft)
            advance(draft, tallied)
            move(draft, tallied)
            _settle(draft, tallied)
            forget(draft, tallied)
        case "DRAINING":
            _drain(draft, tallied)
        case "INACTIVE":
            _keep(draft)
    return draft.plan()


def _count(draft: Draft, tallied: Tally) -> None:
    """Take note of every task that ended, once."""
    now = draft.facts.now
    for task in tallied.ended[:MOST_COUNTED]:
        draft.counted.append(task)
        deployment = draft.deployments.get(task.started_by or "")
        if deployment is not None and is_failed_start(task):
            counted = with_failure(deployment, task)
            draft.put_deployment(after_failed_start(counted, task, now))
    if len(tallied.ended) > MOST_COUNTED:
        draft.look_again(now)
    primary = draft.primary
    if draft.counted and primary is not None and primary.failed_rounds >= CONSISTENT_ROUNDS:
        draft.tell(news.IMPAIRED)


def _relieve(draft: Draft, tallied: Tally) -> None:
    """A task that does well, and is no older than the last that failed, takes back its failures."""
    for deployment in list(draft.deployments.values()):
        failed_at = deployment.last_failure_of
        if failed_at is None:
            continue
        crew = tallied.crew(deployment.id)
        after = deployment
        if deployment.failed_rounds and _has_started(draft, crew, failed_at):
            after = relieved(after)
        if deployment.failures_in_a_row and any(
            task.created_at >= failed_at for task in crew.healthy
        ):
            after = with_success(after)
        draft.put_deployment(after)


def _has_started(draft: Draft, crew: Crew, since: float) -> bool:
    """Whether a task that was asked for since then has been RUNNING for more than a moment."""
    now = draft.facts.now
    for tasks in (crew.healthy, crew.unhealthy, crew.waiting):
        for task in tasks:
            sure_at = (task.started_at or now) + BARELY_RAN_SECONDS
            if task.created_at >= since:
                if sure_at <= now:
                    return True
                draft.look_again(sure_at)
    return False


def _settle(draft: Draft, tallied: Tally) -> None:
    """Say so when all is as it should be; know when time alone may change something."""
    facts, primary = draft.facts, draft.primary
    if primary is None:
        return
    crew = tallied.crew(primary.id)
    others = sum(c.occupying for id_, c in tallied.crews.items() if id_ != primary.id)
    is_strict = judge_of(facts, primary.id).is_strict
    ready = ready_count(facts, primary.id, crew)
    is_awaited = (
        draft.attempt is not None
        or others > 0
        or bool(crew.retiring)
        or is_strict
        or primary.failures_in_a_row > 0
        or crew.good != facts.service.desired_count
        or is_uneven(zones_of(draft, primary, [*crew.waiting, *crew.healthy]))
    )
    if is_awaited and tallied.next_judgement_at != math.inf:
        draft.look_again(tallied.next_judgement_at)
    if tallied.next_retirement_at != math.inf:
        draft.look_again(tallied.next_retirement_at)
    is_steady = (
        draft.attempt is None
        and primary.rollout_state == "COMPLETED"
        and ready == crew.occupying == facts.service.desired_count
        and others == 0
        and not draft.stops
        and not draft.starts
    )
    if is_steady:
        _tell_steady(draft, primary, crew)


def _tell_steady(draft: Draft, primary: Deployment, crew: Crew) -> None:
    facts = draft.facts
    zones = zones_of(draft, primary, [*crew.waiting, *crew.healthy])
    if facts.events.is_unbalanced and zones and not is_uneven(zones):
        draft.tell(news.balanced(in_words(zones)), is_late=True)
    draft.tell(news.STEADY, is_late=True)
    told_at = facts.events.steady_at
    repeated_at = (facts.now if told_at is None else told_at) + news.REPEATED_AFTER_SECONDS
    is_due = repeated_at <= facts.now
    draft.look_again(facts.now + news.REPEATED_AFTER_SECONDS if is_due else repeated_at)


def _drain(draft: Draft, tallied: Tally) -> None:
    """Stop everything; the service is INACTIVE when no task of it runs any more."""
    end_all(draft, SERVICE_DELETED)
    alive = [task for crew in tallied.crews.values() for task in crew.alive()]
    draft.stops += [scaled_in(task) for task in alive[:MOST_STOPS]]
    if len(alive) > MOST_STOPS:
        draft.look_again(draft.facts.now)
    if not any(crew.occupying for crew in tallied.crews.values()):
        now = draft.facts.now
        draft.service = replace(draft.facts.service, status="INACTIVE", inactive_at=now)
        forget_names(draft)


def _keep(draft: Draft) -> None:
    since = draft.facts.service.inactive_at
    until = (draft.facts.now if since is None else since) + INACTIVE_KEPT_SECONDS
    if draft.facts.now < until:
        draft.look_again(until)
    else:
        forget_everything(draft)
