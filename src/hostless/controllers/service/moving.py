"""Starts and stops tasks, on paper: the numbers of `rollout` become tasks by name.

How many tasks may start at all is gathered here from back-off, version consistency, launch rate and
room on the machine.
"""

from dataclasses import dataclass, replace
from itertools import chain

from hostless.controllers.service import news
from hostless.controllers.service.backoff import tries_of
from hostless.controllers.service.breaker import with_failure
from hostless.controllers.service.capacity import places_of, rate_of
from hostless.controllers.service.digests import resolved, unresolved
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.facts import RevisionFacts
from hostless.controllers.service.plan import Starts, Stop
from hostless.controllers.service.rollout import (
    Moves,
    Standing,
    bounds_of,
    moves_of,
    standing_of,
)
from hostless.controllers.service.spread import emptiest, in_words, is_rebalancing, zone_counts
from hostless.controllers.service.tally import FAILED_CHECKS, Crew, Tally, judge_of
from hostless.controllers.service.victims import chosen, is_protected
from hostless.domain.deployments import Deployment, ServiceRevision
from hostless.domain.tasks import Task

MOST_STARTS = 250
MOST_STOPS = 500
"""In one pass, so that it does not hold up the event loop; the next one follows at once."""
PLACE_AGAIN_SECONDS = 15.0
"""After a task that could not be placed; room that is freed is noticed earlier."""
_ANY_NUMBER = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """The PRIMARY deployment with its tasks, and all others, oldest first."""

    primary: Deployment
    revision: RevisionFacts | None
    crew: Crew
    others: tuple[tuple[str | None, Crew], ...]
    is_rebalancing: bool
    zones: dict[str, int]


def move(draft: Draft, tallied: Tally) -> None:
    """Note the starts and stops that are due now."""
    primary = draft.primary
    if primary is None:
        return
    scene = _scene(draft, tallied, primary)
    _resolve(draft, scene, tallied)
    startable = _startable(draft, scene)
    standing = _standing(draft, scene, startable)
    placed = _placed(draft, scene, standing)
    moves = moves_of(replace(standing, placeable=len(placed)))
    _stop(draft, scene, moves, standing.bounds.floor)
    _start(draft, scene, standing, placed[: min(moves.start, MOST_STARTS)])
    if moves.start > MOST_STARTS:
        draft.look_again(draft.facts.now)
    if moves.unplaced:
        draft.tell(news.UNPLACED)
        draft.is_short_of_room = True
        draft.look_again(draft.facts.now + PLACE_AGAIN_SECONDS)
    if moves.is_stuck:
        draft.tell(news.STUCK)


def _scene(draft: Draft, tallied: Tally, primary: Deployment) -> _Scene:
    facts = draft.facts
    crew = tallied.crew(primary.id)
    revision = facts.revisions.get(primary.revision_arn)
    known: dict[str, float] = {d.id: d.primary_since for d in draft.deployments.values()}
    others = [(id_, c) for id_, c in tallied.crews.items() if id_ != primary.id]
    zones: dict[str, int] = {}
    is_under_way = False
    if facts.service.availability_zone_rebalancing == "ENABLED" and revision is not None:
        open_zones = [zone for zone in revision.zones if zone not in facts.zones_out]
        zones = dict(zone_counts(crew.healthy, open_zones))
        is_quiet = draft.attempt is None and not any(c.occupying for _, c in others)
        is_under_way = is_quiet and is_rebalancing(crew, facts.service.desired_count, zones)
    return _Scene(
        primary=primary,
        revision=revision,
        crew=crew,
        others=tuple(sorted(others, key=lambda pair: known.get(pair[0] or "", 0.0))),
        is_rebalancing=is_under_way,
        zones=zones,
    )


def _resolve(draft: Draft, scene: _Scene, tallied: Tally) -> None:
    """Note the digests that the deployment's tasks have found out, also those that ended."""
    if scene.revision is None:
        return
    ended = (task for task in tallied.ended if task.started_by == scene.primary.id)
    found = resolved(scene.revision, chain(scene.crew.alive(), ended))
    if found != scene.revision.revision:
        draft.revisions.append(found)


def _revision(draft: Draft, facts: RevisionFacts) -> ServiceRevision:
    """As it is becoming."""
    return draft.revisions[-1] if draft.revisions else facts.revision


def _startable(draft: Draft, scene: _Scene) -> int:
    """How many tasks may be started as far as their past goes."""
    facts, primary = draft.facts, scene.primary
    if scene.revision is None or primary.is_given_up:
        return 0
    is_resolved = not unresolved(replace(scene.revision, revision=_revision(draft, scene.revision)))
    if primary.next_start_at is not None and facts.now < primary.next_start_at:
        draft.look_again(primary.next_start_at)
        return 0
    tries = tries_of(primary, is_resolved=is_resolved)
    startable = _ANY_NUMBER if tries is None else max(0, tries - len(scene.crew.starting))
    rate = rate_of(facts)
    if rate.allowed is not None and rate.allowed < startable:
        startable = rate.allowed
        draft.look_again(rate.again_at)
    return startable


def _standing(draft: Draft, scene: _Scene, startable: int) -> Standing:
    service = draft.facts.service
    return standing_of(
        bounds_of(service.desired_count, service.deployment_configuration),
        scene.crew,
        [crew for _, crew in scene.others],
        startable=startable,
        placeable=_ANY_NUMBER,
        is_given_up=scene.primary.is_given_up,
        is_rebalancing=scene.is_rebalancing,
    )


def _placed(draft: Draft, scene: _Scene, standing: Standing) -> tuple[str | None, ...]:
    """The providers of the tasks that find room, of those that would start if there were any."""
    wanted = moves_of(standing).start
    if not wanted or scene.revision is None:
        return ()
    staying = [*scene.crew.starting, *scene.crew.waiting, *scene.crew.healthy]
    return places_of(draft.facts, scene.revision, staying, wanted)


def _start(draft: Draft, scene: _Scene, standing: Standing, placed: tuple[str | None, ...]) -> None:
    if not placed or scene.revision is None or scene.revision.definition is None:
        return
    missing = standing.bounds.desired - standing.good - standing.unhealthy
    zone = emptiest(scene.zones) if scene.is_rebalancing else None
    if zone is not None:
        draft.tell(news.unbalanced(in_words(scene.zones)))
    draft.starts.append(
        Starts(
            deployment=scene.primary,
            revision=_revision(draft, scene.revision),
            definition=scene.revision.definition,
            providers=placed,
            replaced=min(standing.unhealthy, max(0, len(placed) - max(0, missing))),
            rebalanced_zone=zone,
        )
    )


def _stop(draft: Draft, scene: _Scene, moves: Moves, floor: int) -> None:
    """floor: so many healthy tasks stay, whatever the moves say."""
    room = MOST_STOPS
    for task in scene.crew.unhealthy[: min(moves.stop_unhealthy, room)]:
        stop_unhealthy(draft, task)
    if moves.stop_idle_others:
        for _, crew in scene.others:
            for task in crew.unhealthy[:room]:
                stop_unhealthy(draft, task)
            free = [task for task in crew.starting if not is_protected(task, draft.facts.now)]
            draft.stops += [_scaled_in(task) for task in free[:room]]
    healthy = len(scene.crew.healthy) + sum(len(crew.healthy) for _, crew in scene.others)
    spare = max(0, healthy - floor)
    picked = _scale_in(draft, [(scene.primary.id, scene.crew)], min(moves.stop_good, room), spare)
    if picked:
        own = {task.arn for task in scene.crew.healthy}
        spare -= sum(task.arn in own for task in picked)
    _scale_in(draft, list(scene.others), min(moves.stop_others, room), spare, are_old=True)
    if moves.stop_good > room or moves.stop_others > room:
        draft.look_again(draft.facts.now)


def stop_unhealthy(draft: Draft, task: Task) -> None:
    """It counts as a failure of its deployment."""
    reason = judge_of(draft.facts, task.started_by).complaint(task) or FAILED_CHECKS
    draft.stops.append(Stop(task=task, reason=reason))
    draft.tell(news.failed_check(task, reason))
    deployment = draft.deployments.get(task.started_by or "")
    if deployment is not None:
        draft.put_deployment(with_failure(deployment, task))


def _scale_in(
    draft: Draft,
    crews: list[tuple[str | None, Crew]],
    count: int,
    spare_healthy: int,
    *,
    are_old: bool = False,
) -> list[Task]:
    """The tasks that go. are_old: what is starting among them is stopped anyway."""
    if not count:
        return []
    now = draft.facts.now
    picked, spared = chosen(
        [crew for _, crew in crews],
        count,
        now,
        spare_healthy=spare_healthy,
        only_running=are_old,
    )
    draft.stops += [_scaled_in(task) for task in picked]
    for id_, crew in crews if spared else ():
        protected = [t.protected_until for t in crew.alive() if (t.protected_until or 0) > now]
        if protected:
            draft.tell(news.spared(id_ or "", len(protected)))
            draft.look_again(min(until for until in protected if until is not None))
    return picked


def _scaled_in(task: Task) -> Stop:
    """In the words of ECS, with the deployment that is scaled in."""
    return Stop(task=task, reason=f"Scaling activity initiated by (deployment {task.started_by})")
