"""A service in a model of the world: whatever it is asked, it gets there within its bounds.

The model knows no failures: a task starts, becomes healthy and stops, each in its own time. At
every instant the floor and the ceiling hold; in the end all tasks are of the new deployment.
"""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from tests.support.mutation import check, survives
from tests.support.service_facts import (
    NOW,
    SERVICE,
    ZONES,
    carried_out,
    facts_with,
    rollout_of,
    task_of,
)

from hostless.controllers.service.decide import decide
from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.plan import Plan
from hostless.controllers.service.rollout import bounds_of
from hostless.controllers.service.tally import STARTING, tally
from hostless.domain.services import DeploymentConfiguration
from hostless.domain.tasks import Task

Decide = Callable[[ServiceFacts], Plan]
STEP_SECONDS = 5.0
MOST_STEPS = 300
START_SECONDS = 10.0
STOP_SECONDS = 10.0


@st.composite
def a_rollout(draw: st.DrawFn) -> ServiceFacts:
    """An old deployment with all its tasks, and a new one that has none; either may be stuck."""
    desired = draw(st.integers(0, 6))
    configuration = DeploymentConfiguration(
        minimum_healthy_percent=draw(st.sampled_from((0, 34, 50, 75, 90, 100))),
        maximum_percent=draw(st.sampled_from((100, 125, 150, 200))),
    )
    service = replace(
        SERVICE,
        desired_count=desired,
        deployment_configuration=configuration,
        availability_zone_rebalancing=draw(st.sampled_from(("ENABLED", "DISABLED"))),
    )
    first = rollout_of(service, at=NOW - 900)
    second = rollout_of(service, (first.deployment,), at=NOW - 1)
    tasks = [
        task_of(first.deployment.id, zone=draw(st.sampled_from(ZONES)), health="HEALTHY")
        for _ in range(draw(st.integers(0, desired + 2)))
    ]
    return facts_with(
        first, second, service=service, checks_health=draw(st.booleans()), tasks=tasks
    )


def can_move(facts: ServiceFacts) -> bool:
    """Whether the configuration allows anything at all to happen."""
    bounds = bounds_of(facts.service.desired_count, facts.service.deployment_configuration)
    return bounds.ceiling > bounds.floor or bounds.desired == 0 or not facts.tasks


def later(facts: ServiceFacts) -> ServiceFacts:
    """The world moves on by one step."""
    now = facts.now + STEP_SECONDS
    zones = [task.zone for task in facts.tasks]
    emptiest = min(ZONES, key=zones.count)
    moved = (_moved(task, now, emptiest) for task in facts.tasks)
    tasks = [task for task in moved if task is not None]
    return replace(facts, now=now, tasks=tasks)


def _moved(task: Task, now: float, zone: str) -> Task | None:
    if task.goal == "STOPPED":
        assert task.stop_request is not None
        if now - task.stop_request.at >= STOP_SECONDS:
            return None
        return replace(task, status="DEACTIVATING") if task.status == "RUNNING" else None
    if task.status in STARTING and now - task.created_at >= START_SECONDS:
        containers = tuple(replace(c, health="HEALTHY") for c in task.containers)
        return replace(task, status="RUNNING", started_at=now, zone=zone, containers=containers)
    return task


def occupying(facts: ServiceFacts) -> int:
    return sum(task.status in STARTING or task.status == "RUNNING" for task in facts.tasks)


def healthy(facts: ServiceFacts) -> int:
    return sum(len(crew.healthy) for crew in tally(facts).crews.values())


def is_at_rest(facts: ServiceFacts, plan: Plan) -> bool:
    """Whether nothing is left to be done, for longer than a task needs to count as healthy."""
    is_done = plan.changes_nothing and len(facts.deployments) == 1
    is_done = is_done and len(facts.tasks) == facts.service.desired_count
    return is_done and (plan.recheck_at is None or plan.recheck_at > facts.now + 60)


def it_gets_there_within_its_bounds(decide_it: Decide, facts: ServiceFacts) -> None:
    if not can_move(facts):
        return
    bounds = bounds_of(facts.service.desired_count, facts.service.deployment_configuration)
    most = max(bounds.ceiling, occupying(facts))
    was_held = healthy(facts) >= bounds.floor
    for _ in range(MOST_STEPS):
        plan = decide_it(facts)
        facts = carried_out(facts, plan)
        assert occupying(facts) <= most
        most = max(bounds.ceiling, min(most, occupying(facts)))
        assert not was_held or healthy(facts) >= bounds.floor
        was_held = healthy(facts) >= bounds.floor
        if is_at_rest(facts, plan):
            break
        facts = later(facts)
    (deployment,) = facts.deployments
    assert deployment.rollout_state == "COMPLETED"
    assert [attempt.status for attempt in facts.attempts] == ["SUCCESSFUL"]
    assert len(facts.tasks) == facts.service.desired_count
    assert {task.started_by for task in facts.tasks} <= {deployment.id}


def lies_about_the_floor(facts: ServiceFacts) -> Plan:
    configuration = replace(
        facts.service.deployment_configuration, minimum_healthy_percent=0, maximum_percent=100
    )
    return decide(
        replace(facts, service=replace(facts.service, deployment_configuration=configuration))
    )


def test_a_rollout_gets_there_within_its_bounds_and_a_mutant_does_not() -> None:
    check(it_gets_there_within_its_bounds, decide, a_rollout())
    assert not survives(it_gets_there_within_its_bounds, lies_about_the_floor, a_rollout())
