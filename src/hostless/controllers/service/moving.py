"""Starts and stops tasks, on paper: brings together what may move and what should.

The arithmetic is in `rollout`, what may start in `starting`, who is stopped in `stopping`.
"""

from dataclasses import replace

from hostless.controllers.service import news
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.rollout import Standing, bounds_of, moves_of
from hostless.controllers.service.scene import Scene, scene_of
from hostless.controllers.service.starting import (
    ANY_NUMBER,
    places_for,
    resolve,
    start,
    start_primary,
    startable,
)
from hostless.controllers.service.stopping import stop
from hostless.controllers.service.tally import Tally

MOST_STARTS = 100
"""In one pass, so that it does not hold up the event loop (a record takes about 0.1 ms); the next
one follows soon."""
PLACE_AGAIN_SECONDS = 15.0
"""After a task that could not be placed; room that is freed is noticed earlier."""


def move(draft: Draft, tallied: Tally) -> None:
    """Note the starts and stops that are due now."""
    deployment = draft.primary
    if deployment is None:
        return
    scene = scene_of(draft, tallied, deployment)
    resolve(draft, scene.primary, tallied)
    standing = _with_fallback(draft, scene, _standing(draft, scene))
    wanted = moves_of(standing).start
    places = places_for(draft, scene.primary, wanted, after=draft.starts)
    moves = moves_of(replace(standing, placeable=len(places.providers)))
    stop(draft, scene, moves, standing.bounds.floor)
    start_primary(draft, scene, standing, places.providers[: min(moves.start, MOST_STARTS)])
    if moves.start > MOST_STARTS:
        draft.look_again(draft.facts.now)
    if moves.unplaced:
        draft.tell(news.OVER_QUOTA if places.is_at_quota else news.UNPLACED)
        draft.is_short_of_room = True
        draft.look_again(draft.facts.now + PLACE_AGAIN_SECONDS)
    if moves.is_stuck:
        draft.tell(news.STUCK)


def _with_fallback(draft: Draft, scene: Scene, standing: Standing) -> Standing:
    """Start what the last completed deployment has to make up for, as far as there is room."""
    wanted = min(moves_of(standing).start_fallback, MOST_STARTS)
    if scene.fallback is None or not wanted:
        return standing
    places = places_for(draft, scene.fallback, wanted)
    start(draft, scene.fallback, places.providers)
    return replace(standing, fallback_startable=len(places.providers))


def _standing(draft: Draft, scene: Scene) -> Standing:
    service = draft.facts.service
    primary, others = scene.primary.crew, [crew for _, crew in scene.others]
    fallback = scene.fallback
    retiring = sum(len(crew.retiring) for crew in (primary, *others))
    return Standing(
        bounds=bounds_of(service.desired_count, service.deployment_configuration),
        starting=len(primary.starting),
        waiting=len(primary.waiting),
        healthy=len(primary.healthy),
        unhealthy=len(primary.unhealthy),
        other_starting=sum(len(crew.starting) for crew in others),
        other_waiting=sum(len(crew.waiting) for crew in others),
        other_healthy=retiring + sum(len(crew.healthy) for crew in others),
        other_unhealthy=sum(len(crew.unhealthy) for crew in others),
        stopping=primary.stopping + sum(crew.stopping for crew in others),
        fallback_startable=0 if fallback is None else startable(draft, fallback),
        fallback_starting=0 if fallback is None else len(fallback.crew.starting),
        startable=startable(draft, scene.primary),
        placeable=ANY_NUMBER,
        is_given_up=scene.primary.deployment.is_given_up,
        is_rebalancing=scene.is_rebalancing,
    )
