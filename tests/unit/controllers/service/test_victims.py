"""Who goes when some tasks have to: what nobody counts on yet first, healthy ones within bounds."""

import random
from dataclasses import replace

from tests.support.tasks import definition_of, new_task

from hostless.controllers.service.tally import Crew
from hostless.controllers.service.victims import chosen
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids

NOW = 1000.0
IDS = Ids(random.Random(7))


def task(zone: str = "us-east-1a", protected_until: float | None = None) -> Task:
    made = new_task(definition_of(), IDS, NOW)
    return replace(made, zone=zone, protected_until=protected_until)


def crew(
    *, starting: int = 0, waiting: int = 0, healthy: int = 0, protected_until: float | None = None
) -> Crew:
    made = Crew()
    made.starting = [task(protected_until=protected_until) for _ in range(starting)]
    made.waiting = [task(protected_until=protected_until) for _ in range(waiting)]
    made.healthy = [task(protected_until=protected_until) for _ in range(healthy)]
    return made


def test_no_healthy_task_goes_while_any_crew_has_tasks_that_wait_to_be_judged() -> None:
    old, newer = crew(healthy=4), crew(waiting=4)
    picked, spared = chosen([old, newer], 2, NOW, spare_healthy=4, only_running=True)
    assert (picked, spared) == (newer.waiting[:2], 0)


def test_among_healthy_tasks_the_crew_whose_turn_it_is_goes_first() -> None:
    old, newer = crew(healthy=2), crew(healthy=2)
    picked, _ = chosen([old, newer], 3, NOW, spare_healthy=9)
    assert picked == [*old.healthy, newer.healthy[0]]


def test_protection_of_waiting_tasks_does_not_cost_healthy_ones_beyond_the_bound() -> None:
    one, other = crew(waiting=3, protected_until=NOW + 1), crew(healthy=3)
    picked, spared = chosen([one, other], 3, NOW, spare_healthy=1)
    assert (picked, spared) == (other.healthy[:1], 2)


def test_tasks_of_the_fullest_zone_go_first() -> None:
    full = Crew()
    full.healthy = [task("us-east-1a"), task("us-east-1b"), task("us-east-1b")]
    picked, _ = chosen([full], 1, NOW, spare_healthy=9)
    assert picked == [full.healthy[1]]
