"""What is on stage in a decision about tasks: the PRIMARY deployment, the others, the fallback."""

from collections.abc import Sequence
from dataclasses import dataclass

from hostless.controllers.service.attempting import last_completed
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.facts import RevisionFacts
from hostless.controllers.service.spread import is_rebalancing, zone_counts
from hostless.controllers.service.tally import Crew, Tally
from hostless.domain.deployments import Deployment
from hostless.domain.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A deployment whose tasks may be started, with them. revision: None when it is not known."""

    deployment: Deployment
    revision: RevisionFacts | None
    crew: Crew


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """others: all but the PRIMARY deployment, oldest first. fallback: the last completed one of
    them, while the PRIMARY one is failing. zones: how many healthy tasks each has that tasks can
    go to; empty where zones are not kept even.
    """

    primary: Cast
    others: tuple[tuple[str | None, Crew], ...]
    fallback: Cast | None
    zones: dict[str, int]
    is_rebalancing: bool


def scene_of(draft: Draft, tallied: Tally, deployment: Deployment) -> Scene:
    """deployment: the PRIMARY one."""
    primary = _cast(draft, tallied, deployment)
    known: dict[str, float] = {d.id: d.primary_since for d in draft.deployments.values()}
    others = [(id_, crew) for id_, crew in tallied.crews.items() if id_ != deployment.id]
    zones = zones_of(draft, deployment, primary.crew.healthy)
    desired = draft.facts.service.desired_count
    is_quiet = draft.attempt is None and not any(crew.occupying for _, crew in others)
    return Scene(
        primary=primary,
        others=tuple(sorted(others, key=lambda pair: known.get(pair[0] or "", 0.0))),
        fallback=_fallback(draft, tallied, deployment),
        zones=zones,
        is_rebalancing=is_quiet and is_rebalancing(primary.crew, desired, zones),
    )


def _cast(draft: Draft, tallied: Tally, deployment: Deployment) -> Cast:
    revision = draft.facts.revisions.get(deployment.revision_arn)
    return Cast(deployment=deployment, revision=revision, crew=tallied.crew(deployment.id))


def zones_of(draft: Draft, deployment: Deployment, tasks: Sequence[Task]) -> dict[str, int]:
    """How many of the tasks each zone has that tasks can go to; empty where zones are not kept
    even.
    """
    revision = draft.facts.revisions.get(deployment.revision_arn)
    if revision is None or draft.facts.service.availability_zone_rebalancing != "ENABLED":
        return {}
    zones = [zone for zone in revision.zones if zone not in draft.facts.zones_out]
    return dict(zone_counts(tasks, zones))


def _fallback(draft: Draft, tallied: Tally, primary: Deployment) -> Cast | None:
    is_failing = primary.failed_rounds > 0 or primary.failures_in_a_row > 0
    if primary.is_given_up or not is_failing:
        return None
    completed = last_completed(draft)
    if completed is None or completed.id == primary.id:
        return None
    return _cast(draft, tallied, completed)
