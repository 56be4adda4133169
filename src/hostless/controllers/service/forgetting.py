"""What a service no longer has to keep: replaced deployments, old attempts, revisions of neither.

Service deployments are shown for 90 days (Amazon ECS Developer Guide, "View service history using
Amazon ECS service deployments"); here the newest hundred of them at most.
"""

from hostless.controllers.service.attempting import last_completed
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.plan import Forgotten
from hostless.controllers.service.tally import Tally
from hostless.domain.arns import DiscoveryServiceId
from hostless.domain.deployments import ENDED

MOST_ATTEMPTS = 100
ATTEMPT_KEPT_SECONDS = 90 * 86400.0
INACTIVE_KEPT_SECONDS = 3600.0


def forget(draft: Draft, tallied: Tally) -> None:
    """Note what can go."""
    deployments = _replaced(draft, tallied)
    attempts = _outlived(draft)
    former = draft.facts.former
    draft.forgotten = Forgotten(
        deployments=(*deployments, *former.deployments),
        attempts=(*attempts, *former.attempts),
        revisions=_unused(draft, set(deployments), set(attempts)),
        events=former.events,
        discovery_services=_nameless(draft, set(deployments)),
    )


def forget_names(draft: Draft) -> None:
    """Of a service that has ended: nobody is found by them any more."""
    draft.forgotten = Forgotten(discovery_services=draft.facts.discovery_services)


def forget_everything(draft: Draft) -> None:
    """Of a service that has been INACTIVE for long enough."""
    facts = draft.facts
    draft.forgotten = Forgotten(
        deployments=(*draft.deployments, *facts.former.deployments),
        attempts=(*draft.attempts, *facts.former.attempts),
        revisions=tuple(facts.revision_keys),
        has_service=True,
    )


def _replaced(draft: Draft, tallied: Tally) -> tuple[str, ...]:
    """Deployments without tasks that nobody can go back to."""
    primary, completed = draft.primary, last_completed(draft)
    attempt = draft.attempt
    kept = {d.id for d in (primary, completed) if d is not None}
    if attempt is not None:
        kept.add(attempt.deployment_id)
    return tuple(
        id_
        for id_ in draft.deployments
        if id_ not in kept
        and ((crew := tallied.crews.get(id_)) is None or crew.occupying + crew.leaving == 0)
    )


def _nameless(draft: Draft, forgotten: set[str]) -> tuple[DiscoveryServiceId, ...]:
    """Services of Cloud Map whose names no deployment has that is kept."""
    named = set()
    for deployment in draft.deployments.values():
        facts = draft.facts.revisions.get(deployment.revision_arn)
        connect = None if facts is None else facts.revision.service_connect
        if connect is not None and deployment.id not in forgotten:
            named |= {each.discovery_service_id for each in connect.resources}
    return tuple(each for each in draft.facts.discovery_services if each not in named)


def _outlived(draft: Draft) -> tuple[str, ...]:
    ended = [a for a in draft.attempts.values() if a.status in ENDED]
    since = draft.facts.now - ATTEMPT_KEPT_SECONDS
    surplus = max(0, len(draft.attempts) - MOST_ATTEMPTS)
    old = [a.arn for a in ended[:surplus]]
    return tuple(dict.fromkeys([*old, *(a.arn for a in ended if a.created_at < since)]))


def _unused(draft: Draft, deployments: set[str], attempts: set[str]) -> tuple[str, ...]:
    if len(draft.facts.revision_keys) <= 1:
        return ()
    used: set[str] = {draft.facts.service.revision_arn}
    used |= {d.revision_arn for d in draft.deployments.values() if d.id not in deployments}
    for attempt in draft.attempts.values():
        if attempt.arn not in attempts:
            used |= {attempt.target_revision_arn, *attempt.source_revisions}
            if attempt.rollback is not None:
                used.add(attempt.rollback.revision_arn)
    return tuple(key for key in draft.facts.revision_keys if key not in used)
