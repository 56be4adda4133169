"""What tasks are good for, and when time alone will change that."""

import math
from dataclasses import replace

from tests.support.service_facts import NOW, SERVICE, facts_with, failed_start, rollout_of, task_of

from hostless.controllers.service.tally import Crew, tally
from hostless.domain.services import ServiceLoadBalancer
from hostless.domain.tasks import Task

PLAIN = rollout_of()
ID = PLAIN.deployment.id


def sorted_out(crew: Crew) -> tuple[int, ...]:
    kinds = (crew.starting, crew.waiting, crew.healthy, crew.unhealthy)
    return (*(len(kind) for kind in kinds), crew.stopping, crew.leaving)


def test_without_checks_a_task_is_healthy_after_forty_seconds() -> None:
    result = tally(facts_with(PLAIN, tasks=[task_of(ID, age=39), task_of(ID, age=40)]))
    assert sorted_out(result.crew(ID)) == (0, 1, 1, 0, 0, 0)
    assert result.next_judgement_at == NOW + 1


def test_every_status_has_its_place() -> None:
    tasks = [
        *(task_of(ID, status) for status in ("PROVISIONING", "PENDING", "ACTIVATING")),
        task_of(ID, "PENDING", goal="STOPPED"),
        task_of(ID, goal="STOPPED"),
        task_of(ID, is_host_lost=True),
        *(task_of(ID, status) for status in ("DEACTIVATING", "STOPPING", "DEPROVISIONING")),
        failed_start(ID),
    ]
    result = tally(facts_with(PLAIN, tasks=tasks))
    assert sorted_out(result.crew(ID)) == (3, 0, 0, 0, 3, 3)
    assert result.crew(ID).occupying == 6
    assert len(result.ended) == 1
    assert result.next_judgement_at == math.inf


def test_with_a_health_check_time_is_no_proof() -> None:
    tasks = [task_of(ID, age=999, health=h) for h in ("UNKNOWN", "HEALTHY", "UNHEALTHY")]
    result = tally(facts_with(PLAIN, checks_health=True, tasks=tasks))
    assert sorted_out(result.crew(ID)) == (0, 1, 1, 1, 0, 0)


def test_bad_health_is_overlooked_for_the_grace_period() -> None:
    service = replace(SERVICE, health_check_grace_period_seconds=60)
    rollout = rollout_of(service)
    tasks = [task_of(rollout.deployment.id, age=age, health="UNHEALTHY") for age in (50, 70)]
    result = tally(facts_with(rollout, service=service, checks_health=True, tasks=tasks))
    assert sorted_out(result.crew(rollout.deployment.id)) == (0, 1, 0, 1, 0, 0)
    assert result.next_judgement_at == NOW + 10


def test_every_target_group_has_to_agree() -> None:
    balancers = tuple(
        ServiceLoadBalancer(target_group_arn=name, container_name="main", container_port=80)
        for name in ("tg-1", "tg-2")
    )
    rollout = rollout_of(load_balancers=balancers)
    good, half, bad = (task_of(rollout.deployment.id) for _ in range(3))

    def states(task: Task, first: str, second: str) -> dict[str, str]:
        return {f"{task.arn} tg-1": first, f"{task.arn} tg-2": second}

    told = {
        **states(good, "healthy", "healthy"),
        **states(half, "healthy", "initial"),
        **states(bad, "healthy", "unhealthy"),
    }
    result = tally(facts_with(rollout, tasks=[good, half, bad], target_states=told))
    crew = result.crew(rollout.deployment.id)
    assert (crew.healthy, crew.waiting, crew.unhealthy) == ([good], [half], [bad])
