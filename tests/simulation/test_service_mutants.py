"""The simulation sees what it is there to see: every mutant of the scheduler is found out.

A mutant is the real control plane with one thing broken. It has to fail within so many seeds, and
for the reason that it was broken for.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.simulation.service_voyage import ServiceVoyage

from hostless.controllers.service import (
    controller,
    decide,
    moving,
    perform,
    rollout,
    scene,
    stopping,
)
from hostless.controllers.service.controller import ServiceController
from hostless.controllers.service.draft import Draft
from hostless.controllers.task import vacancies
from hostless.controllers.task.records import TaskRecords
from hostless.domain.deployments import Deployment
from hostless.domain.tasks import Task
from hostless.kit.simulated_time import run_simulated
from hostless.services.ecs import service_views
from hostless.simulation.invariants import BrokenInvariant

MOST_SEEDS = 25

Patch = pytest.MonkeyPatch


def what_is_found(says: str) -> str:
    """What the first seed that fails for the reason says, else the last that fails at all.

    Which rule a mutant breaks first is a matter of chance. Empty when no seed fails.
    """
    found = ""

    async def sail(seed: int) -> None:
        await ServiceVoyage(seed).sail()

    for seed in range(MOST_SEEDS):
        try:
            run_simulated(sail(seed))
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
            if not isinstance(failure, BrokenInvariant | AssertionError):
                raise
            found = str(failure)
            if re.search(says, found):
                break
    return found


def ignores_the_floor(patch: Patch) -> None:
    bounds_of = moving.bounds_of
    patch.setattr(moving, "bounds_of", lambda *a: replace(bounds_of(*a), floor=0))


def ignores_the_ceiling(patch: Patch) -> None:
    bounds_of = moving.bounds_of
    patch.setattr(moving, "bounds_of", lambda *a: replace(bounds_of(*a), ceiling=1000))


def stops_healthy_tasks_before_those_that_wait(patch: Patch) -> None:
    """As the scheduler did until a simulation found it out."""

    def chosen(crews: Any, count: int, now: float, **_: Any) -> tuple[list[Task], int]:
        return [task for crew in crews for task in (*crew.healthy, *crew.waiting)][:count], 0

    patch.setattr(stopping, "chosen", chosen)


def starts_twice_as_many(patch: Patch) -> None:
    moves_of = rollout.moves_of

    def eager(standing: Any) -> Any:
        moves = moves_of(standing)
        return replace(moves, start=moves.start * 2)

    patch.setattr(moving, "moves_of", eager)
    patch.setattr(moving, "MOST_STARTS", 1000)


def never_stops_old_tasks(patch: Patch) -> None:
    moves_of = rollout.moves_of
    patch.setattr(moving, "moves_of", lambda s: replace(moves_of(s), stop_others=0))


def keeps_too_many_events(patch: Patch) -> None:
    patch.setattr(perform, "MOST_EVENTS", 1000)


def gives_up_a_service_before_its_tasks(patch: Patch) -> None:
    """A deleted service is INACTIVE at once."""
    decided = decide._drain

    def hasty(draft: Any, tallied: Any) -> None:
        decided(draft, tallied)
        now = draft.facts.now
        draft.service = replace(draft.facts.service, status="INACTIVE", inactive_at=now)

    patch.setattr(decide, "_drain", hasty)


def forgets_to_look_again(patch: Patch) -> None:
    """A loop that does not come back when time alone has changed something."""
    one_pass = ServiceController._pass

    async def once(self: ServiceController, key: str) -> None:
        await one_pass(self, key)

    patch.setattr(ServiceController, "_pass", once)


def forgets_protection(patch: Patch) -> None:
    patch.setattr("hostless.controllers.service.victims.is_protected", lambda task, now: False)


def falls_back_to_any_old_version(patch: Patch) -> None:
    """Not only to the last completed one."""

    def any_old(draft: Draft) -> Deployment | None:
        old = [d for d in draft.deployments.values() if d is not draft.primary]
        return old[-1] if old else None

    patch.setattr(scene, "last_completed", any_old)


def does_not_see_that_spot_is_out(patch: Patch) -> None:
    facts_of = controller.facts_of

    def blind(*given: Any) -> Any:
        facts = facts_of(*given)
        return None if facts is None else replace(facts, is_spot_out=False)

    patch.setattr(controller, "facts_of", blind)


def places_tasks_in_lost_zones(patch: Patch) -> None:
    patch.setattr(vacancies, "zones_out", lambda *_: frozenset())


def completes_what_has_failed(patch: Patch) -> None:
    """A rollout is said to be done before its tasks are there."""
    put = Draft.put_deployment

    def early(self: Draft, deployment: Deployment) -> None:
        if deployment.rollout_state == "IN_PROGRESS" and deployment.failed_tasks:
            deployment = replace(deployment, rollout_state="COMPLETED")
        put(self, deployment)

    patch.setattr(Draft, "put_deployment", early)


def skips_a_state_of_a_task(patch: Patch) -> None:
    changing = TaskRecords._changing

    def leaping(self: TaskRecords, before: Task, after: Task, because: str) -> Any:
        if before.status == "PENDING" and after.status == "ACTIVATING":
            after = replace(after, status="RUNNING")
        return changing(self, before, after, because)

    patch.setattr(TaskRecords, "_check", lambda *_: None)
    patch.setattr(TaskRecords, "_changing", leaping)


def counts_wrong(patch: Patch) -> None:
    view = service_views.service_view

    def wrong(picture: Any, **flags: Any) -> Any:
        return {**view(picture, **flags), "runningCount": 1 + picture.counts.running}

    patch.setattr("hostless.services.ecs.services.service_view", wrong)


MUTANTS: tuple[tuple[Callable[[Patch], None], str], ...] = (
    (ignores_the_floor, "healthy tasks"),
    (ignores_the_ceiling, "the ceiling is"),
    (stops_healthy_tasks_before_those_that_wait, "healthy tasks"),
    (starts_twice_as_many, "slots|the ceiling is"),
    (never_stops_old_tasks, ""),
    (keeps_too_many_events, "events are kept"),
    (gives_up_a_service_before_its_tasks, "a task without a service"),
    (forgets_to_look_again, ""),
    (forgets_protection, "which is protected"),
    (falls_back_to_any_old_version, "was started|a task without a deployment"),
    (does_not_see_that_spot_is_out, "no Spot capacity"),
    (places_tasks_in_lost_zones, "which is lost"),
    (completes_what_has_failed, "before its tasks were there"),
    (skips_a_state_of_a_task, "PENDING became RUNNING"),
    (counts_wrong, "runningCount"),
)


@pytest.mark.parametrize(("mutate", "says"), MUTANTS, ids=lambda v: getattr(v, "__name__", ""))
def test_a_broken_control_plane_is_found_out(
    mutate: Callable[[Patch], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    found = what_is_found(says)
    assert found, "nothing was found"
    assert re.search(says, found), found
