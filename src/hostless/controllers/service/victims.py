"""Which tasks are stopped when some have to be: an order, and nothing else.

Tasks that are not up yet come first, then those of the zone that has the most (ECS API,
UpdateService: "maintain balance across the Availability Zones"), oldest first. Protected tasks are
never chosen (ECS API, UpdateTaskProtection).
"""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import product

from hostless.controllers.service.tally import Crew
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp


def is_protected(task: Task, now: Timestamp) -> bool:
    return task.protected_until is not None and task.protected_until > now


def chosen(
    crews: Sequence[Crew],
    count: int,
    now: Timestamp,
    *,
    spare_healthy: int,
    only_running: bool = False,
) -> tuple[list[Task], int]:
    """Up to `count` tasks that are good, and how many fewer that are for protection.

    crews: whose turn it is first comes first, among tasks that are up equally far: while any crew
    has tasks that nobody counts on yet, no healthy one goes. spare_healthy: so many healthy ones
    may go at most.
    """
    ranks = ("waiting", "healthy") if only_running else ("starting", "waiting", "healthy")
    zones = [_zone_counts(crew) for crew in crews]
    picked: list[Task] = []
    protected = 0
    for rank, (crew, counts) in product(ranks, zip(crews, zones, strict=True)):
        most = count - len(picked)
        if rank == "healthy":
            most = min(most, spare_healthy)
        tasks: list[Task] = getattr(crew, rank)
        free = [task for task in tasks if not is_protected(task, now)]
        protected += len(tasks) - len(free)
        chosen_now = _from_fullest(free, counts, most)
        picked += chosen_now
        spare_healthy -= len(chosen_now) if rank == "healthy" else 0
    return picked, min(protected, count - len(picked))


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
