"""How many tasks of a deployment may start now, and where they find room.

Gathers what back-off, version consistency, the launch rate and the machine's room say; how many
*should* start is `rollout`'s business.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from hostless.controllers.service import news
from hostless.controllers.service.backoff import tries_of
from hostless.controllers.service.capacity import Places, places_of, rate_of
from hostless.controllers.service.digests import resolved, unresolved
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.plan import Starts
from hostless.controllers.service.rollout import Standing
from hostless.controllers.service.scene import Cast, Scene
from hostless.controllers.service.spread import emptiest, in_words
from hostless.controllers.service.tally import Tally
from hostless.domain.capacity import Room
from hostless.domain.deployments import ServiceRevision

ANY_NUMBER = 20_000
"""Of tasks that one pass thinks about starting: more than it starts, and few enough to list each,
whatever number somebody wishes for."""
Providers = tuple[str | None, ...]


def resolve(draft: Draft, cast: Cast, tallied: Tally) -> None:
    """Note the digests that the deployment's tasks have found out, also those that ended."""
    if cast.revision is None:
        return
    ended = (task for task in tallied.ended if task.started_by == cast.deployment.id)
    found = resolved(cast.revision, chain(cast.crew.alive(), ended))
    if found != cast.revision.revision:
        draft.revisions[found.arn] = found


def startable(draft: Draft, cast: Cast) -> int:
    """As far as the deployment's past and the launch rate go."""
    facts, deployment = draft.facts, cast.deployment
    if cast.revision is None or deployment.is_given_up:
        return 0
    if deployment.next_start_at is not None and facts.now < deployment.next_start_at:
        draft.look_again(deployment.next_start_at)
        return 0
    revision = replace(cast.revision, revision=_revision(draft, cast))
    tries = tries_of(deployment, is_resolved=not unresolved(revision))
    count = ANY_NUMBER
    if tries is not None:
        count = min(count, max(0, tries - len(cast.crew.starting)))
    rate = rate_of(facts, cast.revision)
    if rate.allowed is not None and rate.allowed < count:
        count = rate.allowed
        draft.look_again(rate.again_at)
    return count


def places_for(draft: Draft, cast: Cast, wanted: int, *, after: Sequence[Starts] = ()) -> Places:
    """For those of the wanted tasks that find room. after: what has begun already."""
    if cast.revision is None or not wanted:
        return Places()
    facts = draft.facts
    for starts in after:
        facts = replace(facts, room=_room_after(facts.room, starts))
    crew = cast.crew
    return places_of(facts, cast.revision, [*crew.starting, *crew.waiting, *crew.healthy], wanted)


def _room_after(room: Room, starts: Starts) -> Room:
    count = len(starts.providers)
    return room.minus(count * starts.cpu_units, count * starts.memory_mib)


def start(draft: Draft, cast: Cast, providers: Providers) -> None:
    """Note that so many tasks start."""
    if not providers or cast.revision is None or cast.revision.definition is None:
        return
    draft.starts.append(
        Starts(
            deployment=cast.deployment,
            revision=_revision(draft, cast),
            definition=cast.revision.definition,
            providers=providers,
        )
    )


def start_primary(draft: Draft, scene: Scene, standing: Standing, providers: Providers) -> None:
    """Together with what ECS says of replaced tasks and of zones."""
    count = len(draft.starts)
    start(draft, scene.primary, providers)
    if len(draft.starts) == count:
        return
    missing = max(0, standing.bounds.desired - standing.good - standing.unhealthy)
    zone = emptiest(scene.zones) if scene.is_rebalancing else None
    if zone is not None:
        draft.tell(news.unbalanced(in_words(scene.zones)))
    draft.starts[-1] = replace(
        draft.starts[-1],
        replaced=min(standing.unhealthy, max(0, len(providers) - missing)),
        rebalanced_zone=zone,
    )


def _revision(draft: Draft, cast: Cast) -> ServiceRevision:
    """As it is becoming."""
    assert cast.revision is not None
    return draft.revisions.get(cast.revision.revision.arn, cast.revision.revision)
