"""What holds for every decision about a service, and a mutant of each that must be caught."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from tests.support.mutation import check, survives
from tests.support.service_facts import (
    NOW,
    SERVICE,
    ZONES,
    carried_out,
    facts_with,
    failed_start,
    rollout_of,
    settled,
    task_of,
)

from hostless.controllers.service.decide import decide
from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.plan import Plan, Stop
from hostless.controllers.service.rollout import bounds_of
from hostless.controllers.service.tally import STARTING, tally
from hostless.controllers.service.victims import is_protected
from hostless.domain.capacity import Room
from hostless.domain.services import DeploymentCircuitBreaker, DeploymentConfiguration
from hostless.domain.tasks import Task

Decide = Callable[[ServiceFacts], Plan]
Property = Callable[[Decide, ServiceFacts], None]


@st.composite
def a_task(draw: st.DrawFn, ids: tuple[str, ...]) -> Task:
    id_ = draw(st.sampled_from(ids))
    if draw(st.integers(0, 9)) == 0:
        return failed_start(id_, age=draw(st.sampled_from((0.0, 5.0, 50.0))))
    status = draw(
        st.sampled_from(
            ("PROVISIONING", "PENDING", "ACTIVATING", *("RUNNING",) * 5, "DEACTIVATING", "STOPPING")
        )
    )
    has_to_stop = status in ("DEACTIVATING", "STOPPING") or draw(st.integers(0, 7)) == 0
    return task_of(
        id_,
        status,
        age=draw(st.sampled_from((0.0, 3.0, 39.0, 41.0, 500.0))),
        health=draw(st.sampled_from(("UNKNOWN", "HEALTHY", "HEALTHY", "UNHEALTHY"))),
        zone=draw(st.sampled_from(ZONES)),
        goal="STOPPED" if has_to_stop else "RUNNING",
        protected_until=draw(st.sampled_from((None, None, None, NOW - 5, NOW + 60))),
    )


@st.composite
def some_facts(draw: st.DrawFn) -> ServiceFacts:
    configuration = DeploymentConfiguration(
        minimum_healthy_percent=draw(st.sampled_from((0, 34, 50, 90, 100))),
        maximum_percent=draw(st.sampled_from((100, 110, 150, 200))),
        deployment_circuit_breaker=DeploymentCircuitBreaker(
            enable=draw(st.booleans()), rollback=draw(st.booleans())
        ),
    )
    service = replace(
        SERVICE,
        desired_count=draw(st.integers(0, 8)),
        deployment_configuration=configuration,
        status=draw(st.sampled_from(("ACTIVE",) * 9 + ("DRAINING",))),
        availability_zone_rebalancing=draw(st.sampled_from(("ENABLED", "DISABLED"))),
        health_check_grace_period_seconds=draw(st.sampled_from((None, 40))),
    )
    first = rollout_of(service, at=NOW - 900)
    second = rollout_of(service, (first.deployment,), at=NOW - 600)
    rollouts = draw(st.sampled_from(((first,), (first, second))))
    ids = tuple(r.deployment.id for r in rollouts)
    facts = facts_with(
        *rollouts,
        service=service,
        checks_health=draw(st.booleans()),
        tasks=_some_retiring(
            draw(st.lists(a_task(ids), max_size=18)), draw(st.sampled_from((0, 0, 1, 2)))
        ),
        room=draw(st.sampled_from((Room(cpu_units=10**9, memory_mib=10**9), _little_room()))),
    )
    last = replace(
        facts.deployments[-1],
        failures_in_a_row=draw(st.integers(0, 4)),
        is_given_up=draw(st.integers(0, 9)) == 0,
        next_start_at=draw(st.sampled_from((None, None, NOW - 1, NOW + 9))),
        failed_rounds=draw(st.integers(0, 5)),
        last_failure_of=NOW - 45,
    )
    facts = replace(facts, deployments=(*facts.deployments[:-1], last))
    return settled(facts) if draw(st.booleans()) else facts


def _some_retiring(tasks: list[Task], every: int) -> list[Task]:
    """Every second task, say, retires; with 0 none does."""
    if not every:
        return tasks
    return [replace(t, retires_at=NOW - 5) if i % every == 0 else t for i, t in enumerate(tasks)]


def _little_room() -> Room:
    return Room(cpu_units=600, memory_mib=10**9)


def is_occupying(task: Task) -> bool:
    return task.status in STARTING or task.status == "RUNNING"


def healthy_of(facts: ServiceFacts) -> set[str]:
    """A healthy task whose host retires is one of them as long as it runs."""
    crews = tally(facts).crews.values()
    return {task.arn for crew in crews for task in (*crew.healthy, *crew.retiring)}


def never_above_the_ceiling(decide_it: Decide, facts: ServiceFacts) -> None:
    plan = decide_it(facts)
    starts = sum(len(each.providers) for each in plan.starts)
    occupying = sum(is_occupying(task) for task in facts.tasks)
    bounds = bounds_of(facts.service.desired_count, facts.service.deployment_configuration)
    assert not starts or occupying + starts <= bounds.ceiling


def never_below_the_floor(decide_it: Decide, facts: ServiceFacts) -> None:
    if facts.service.status != "ACTIVE":
        return
    plan = decide_it(facts)
    healthy = healthy_of(facts)
    left = healthy - {stop.task.arn for stop in plan.stops}
    bounds = bounds_of(facts.service.desired_count, facts.service.deployment_configuration)
    assert len(left) >= min(len(healthy), bounds.floor)


def a_protected_task_is_stopped_only_when_it_is_unhealthy_or_retires(
    decide_it: Decide, facts: ServiceFacts
) -> None:
    if facts.service.status != "ACTIVE":
        return
    crews = tally(facts).crews.values()
    going = {task.arn for crew in crews for task in (*crew.unhealthy, *crew.retiring)}
    protected = {task.arn for task in facts.tasks if is_protected(task, facts.now)}
    for stop in decide_it(facts).stops:
        assert stop.task.arn in going or stop.task.arn not in protected


def every_end_is_counted_once(decide_it: Decide, facts: ServiceFacts) -> None:
    plan = decide_it(facts)
    ended = [task.arn for task in facts.tasks if task.status == "STOPPED"]
    assert [task.arn for task in plan.counted] == ended
    assert not decide_it(carried_out(facts, plan)).counted


def only_tasks_that_run_are_stopped(decide_it: Decide, facts: ServiceFacts) -> None:
    stops = [stop.task for stop in decide_it(facts).stops]
    assert len({task.arn for task in stops}) == len(stops)
    assert all(is_occupying(task) and task.goal == "RUNNING" for task in stops)


def what_was_given_up_starts_nothing(decide_it: Decide, facts: ServiceFacts) -> None:
    for starts in decide_it(facts).starts:
        before = facts.deployment(starts.deployment.id)
        assert before is not None
        assert not before.is_given_up


def a_pause_is_kept(decide_it: Decide, facts: ServiceFacts) -> None:
    for starts in decide_it(facts).starts:
        assert (starts.deployment.next_start_at or 0.0) <= facts.now


def decisions_come_to_rest(decide_it: Decide, facts: ServiceFacts) -> None:
    """At one instant, with nothing happening but what was decided."""
    for _ in range(8):
        plan = decide_it(facts)
        if plan.changes_nothing:
            break
        facts = carried_out(facts, plan)
    assert decide_it(facts).changes_nothing
    assert (decide_it(facts).recheck_at or NOW + 1) > NOW


def a_draining_service_stops_all_and_starts_nothing(decide_it: Decide, facts: ServiceFacts) -> None:
    facts = replace(facts, service=replace(facts.service, status="DRAINING"))
    plan = decide_it(facts)
    assert not plan.starts
    alive = {t.arn for t in facts.tasks if is_occupying(t) and t.goal == "RUNNING"}
    assert {stop.task.arn for stop in plan.stops} == alive


def lies_about_the_ceiling(facts: ServiceFacts) -> Plan:
    return decide(_configured(facts, maximum_percent=300))


def lies_about_the_floor(facts: ServiceFacts) -> Plan:
    return decide(_configured(facts, minimum_healthy_percent=0, maximum_percent=100))


def forgets_protection(facts: ServiceFacts) -> Plan:
    return decide(replace(facts, tasks=[replace(t, protected_until=None) for t in facts.tasks]))


def counts_again(facts: ServiceFacts) -> Plan:
    plan = decide(facts)
    return replace(plan, counted=(*plan.counted, *plan.counted))


def stops_the_dead(facts: ServiceFacts) -> Plan:
    plan = decide(facts)
    return replace(plan, stops=tuple(Stop(task=t, reason="") for t in facts.tasks))


def never_gives_up(facts: ServiceFacts) -> Plan:
    return decide(_deployed(facts, is_given_up=False))


def is_impatient(facts: ServiceFacts) -> Plan:
    plan = decide(_deployed(facts, next_start_at=None))
    waiting = {d.id: d.next_start_at for d in facts.deployments}
    return replace(
        plan,
        starts=tuple(
            replace(s, deployment=replace(s.deployment, next_start_at=waiting[s.deployment.id]))
            for s in plan.starts
        ),
    )


def never_rests(facts: ServiceFacts) -> Plan:
    return replace(decide(facts), deployments=facts.deployments)


def spares_one(facts: ServiceFacts) -> Plan:
    plan = decide(facts)
    return replace(plan, stops=plan.stops[1:])


def _configured(facts: ServiceFacts, **changes: Any) -> ServiceFacts:
    configuration = replace(facts.service.deployment_configuration, **changes)
    return replace(facts, service=replace(facts.service, deployment_configuration=configuration))


def _deployed(facts: ServiceFacts, **changes: Any) -> ServiceFacts:
    return replace(facts, deployments=tuple(replace(d, **changes) for d in facts.deployments))


@pytest.mark.parametrize(
    ("judge", "mutant"),
    [
        (never_above_the_ceiling, lies_about_the_ceiling),
        (never_below_the_floor, lies_about_the_floor),
        (a_protected_task_is_stopped_only_when_it_is_unhealthy_or_retires, forgets_protection),
        (every_end_is_counted_once, counts_again),
        (only_tasks_that_run_are_stopped, stops_the_dead),
        (what_was_given_up_starts_nothing, never_gives_up),
        (a_pause_is_kept, is_impatient),
        (decisions_come_to_rest, never_rests),
        (a_draining_service_stops_all_and_starts_nothing, spares_one),
    ],
    ids=lambda value: value.__name__,
)
def test_it_holds_for_every_decision_and_its_mutant_is_caught(
    judge: Property, mutant: Decide
) -> None:
    check(lambda subject, facts: judge(subject, facts), decide, some_facts())
    assert not survives(lambda subject, facts: judge(subject, facts), mutant, some_facts())
