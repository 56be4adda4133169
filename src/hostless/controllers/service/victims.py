"""Which tasks are stopped when some have to be: an order, and nothing else.

Tasks that are not up yet come first, then those of the zone that has the most (ECS API,
UpdateService: "maintain balance across the Availability Zones"), oldest first. Protected tasks are
never chosen (ECS API, UpdateTaskProtection).
"""

from collections import deque
from collections.abc import Iterable, Sequence

from hostless.controllers.service.tally import Crew
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp


def is_protected(task: Task, now: Timestamp) -> bool:
    return task.protected_until is not None and task.protected_until > now


def chosen(
    crews: Sequence[Crew], count: int, now: Timestamp, *, only_running: bool = False
) -> tuple[list[Task], int]:
    """Up to `count` tasks that are good, and how many fewer that are for protection.

    crews: whose turn it is first comes first.
    """
    picked: list[Task] = []
    spared = 0
    for crew in crews:
        zones = _zone_counts(crew)
        ranks = (crew.waiting, crew.healthy)
        for rank in ranks if only_running else (crew.starting, *ranks):
            if len(picked) >= count:
                return picked, 0
            free = [task for task in rank if not is_protected(task, now)]
            spared += len(rank) - len(free)
            picked += _from_fullest(free, zones, count - len(picked))
    return picked, min(spared, count - len(picked))


def _zone_counts(crew: Crew) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for tasks in (crew.starting, crew.waiting, crew.healthy):
        for task in tasks:
            counts[task.zone] = counts.get(task.zone, 0) + 1
    return counts


def _from_fullest(tasks: Iterable[Task], zones: dict[str | None, int], count: int) -> list[Task]:
    """Takes what it picks off the zones' counts."""
    queues: dict[str | None, deque[Task]] = {}
    for task in sorted(tasks, key=lambda task: task.created_at):
        queues.setdefault(task.zone, deque()).append(task)
    picked: list[Task] = []
    while queues and len(picked) < count:
        zone = max(queues, key=lambda zone: (zones[zone], zone or ""))
        picked.append(queues[zone].popleft())
        zones[zone] -= 1
        if not queues[zone]:
            del queues[zone]
    return picked
