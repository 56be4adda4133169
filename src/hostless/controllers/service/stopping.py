"""Which tasks are stopped, and what is said of them: the numbers of `rollout` become tasks by name.

How a task is stopped is the task controller's business.
"""

from collections.abc import Sequence

from hostless.controllers.service import news
from hostless.controllers.service.breaker import with_failure
from hostless.controllers.service.draft import Draft
from hostless.controllers.service.plan import Stop
from hostless.controllers.service.rollout import Moves
from hostless.controllers.service.scene import Scene
from hostless.controllers.service.tally import FAILED_CHECKS, Crew, judge_of
from hostless.controllers.service.victims import chosen, is_protected
from hostless.domain.stop_requests import retirement
from hostless.domain.tasks import Task

MOST_STOPS = 200
"""Of a kind and in one pass, so that it does not hold up the event loop; the next follows soon."""


def stop(draft: Draft, scene: Scene, moves: Moves, floor: int) -> None:
    """Note the stops that are due. floor: so many healthy tasks stay, whatever the moves say."""
    crew, primary = scene.primary.crew, scene.primary.deployment
    crews = [crew, *(other for _, other in scene.others)]
    _stop_unhealthy(draft, crew.unhealthy[: min(moves.stop_unhealthy, MOST_STOPS)])
    if moves.stop_idle_others:
        _stop_idle(draft, scene)
    spare = max(0, sum(len(each.healthy) + len(each.retiring) for each in crews) - floor)
    picked = _scale_in(draft, [(primary.id, crew)], moves.stop_good, spare)
    spare -= _healthy_among(picked, crews)
    picked = _scale_in(draft, scene.others, moves.stop_others, spare, are_old=True)
    spare -= _healthy_among(picked, crews)
    _retire(draft, crews, min(moves.stop_others - len(picked), spare, MOST_STOPS))
    if max(moves.stop_unhealthy, moves.stop_good, moves.stop_others) > MOST_STOPS:
        draft.look_again(draft.facts.now)


def scaled_in(task: Task) -> Stop:
    """In the words of ECS, with the deployment that is scaled in."""
    return Stop(task=task, reason=f"Scaling activity initiated by (deployment {task.started_by})")


def _stop_idle(draft: Draft, scene: Scene) -> None:
    """Old tasks that are of no use any more."""
    now = draft.facts.now
    fallback = None if scene.fallback is None else scene.fallback.crew
    for _, crew in scene.others:
        _stop_unhealthy(draft, crew.unhealthy[:MOST_STOPS])
        if crew is not fallback:
            free = [task for task in crew.starting if not is_protected(task, now)]
            draft.stops += [scaled_in(task) for task in free[:MOST_STOPS]]


def _stop_unhealthy(draft: Draft, tasks: Sequence[Task]) -> None:
    """Each counts as a failure of its deployment."""
    for task in tasks:
        complaint = judge_of(draft.facts, task.started_by).complaint(task) or FAILED_CHECKS
        draft.stops.append(Stop(task=task, reason=complaint.reason))
        draft.tell(news.unhealthy(task, complaint.told))
        deployment = draft.deployments.get(task.started_by or "")
        if deployment is not None:
            draft.put_deployment(with_failure(deployment, task))


def _retire(draft: Draft, crews: Sequence[Crew], count: int) -> None:
    """Stop up to so many tasks whose hosts retire, protected or not."""
    retiring = [task for crew in crews for task in crew.retiring][:count]
    now = draft.facts.now
    draft.stops += [Stop(task=task, reason=retirement(task, now).reason) for task in retiring]


def _healthy_among(picked: Sequence[Task], crews: Sequence[Crew]) -> int:
    if not picked:
        return 0
    healthy = {task.arn for crew in crews for task in crew.healthy}
    return sum(task.arn in healthy for task in picked)


def _scale_in(
    draft: Draft,
    crews: Sequence[tuple[str | None, Crew]],
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
        min(count, MOST_STOPS),
        now,
        spare_healthy=spare_healthy,
        only_running=are_old,
    )
    draft.stops += [scaled_in(task) for task in picked]
    for id_, crew in crews if spared else ():
        ends = [t.protected_until or now for t in crew.alive() if is_protected(t, now)]
        if ends:
            draft.tell(news.spared(id_ or "", len(ends)))
            draft.look_again(min(ends))
    return picked
