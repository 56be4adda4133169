"""Whether a service's tasks lie evenly over its zones, and when one more is started to mend that.

Availability Zone rebalancing starts a task where there are fewest before it stops one where there
are most (ECS API, CreateService `availabilityZoneRebalancing`). Which zone a new task gets is the
task controller's business, which spreads a service's tasks by itself.
"""

from collections.abc import Mapping, Sequence

from hostless.controllers.service.tally import Crew
from hostless.domain.tasks import Task

TOLERATED_DIFFERENCE = 1


def zone_counts(tasks: Sequence[Task], zones: Sequence[str]) -> Mapping[str, int]:
    """How many of the tasks each zone has; tasks elsewhere do not count."""
    counts = dict.fromkeys(zones, 0)
    for task in tasks:
        if task.zone in counts:
            counts[task.zone] += 1
    return counts


def is_uneven(counts: Mapping[str, int]) -> bool:
    return bool(counts) and max(counts.values()) - min(counts.values()) > TOLERATED_DIFFERENCE


def is_rebalancing(crew: Crew, desired: int, counts: Mapping[str, int]) -> bool:
    """Whether there is to be one task too many: about to be started, or not healthy yet.

    counts: of the healthy tasks, by zones that tasks can go to.
    """
    if crew.unhealthy or crew.retiring or not is_uneven(counts):
        return False
    under_way = len(crew.starting) + len(crew.waiting)
    return (crew.good, under_way) in ((desired, 0), (desired + 1, 1))


def emptiest(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda zone: counts[zone])


def in_words(counts: Mapping[str, int]) -> str:
    """`3 tasks in us-east-1a, 1 tasks in us-east-1b`, fullest first, as ECS puts it."""
    order = sorted(counts, key=lambda zone: (-counts[zone], zone))
    return ", ".join(f"{counts[zone]} tasks in {zone}" for zone in order)
