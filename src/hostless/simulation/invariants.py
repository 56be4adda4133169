"""What must hold after every commit, whatever happens: judged on records, apart from the scheduler.

A breach is a bug of hostless. Breaches are collected, not raised, so that what is judged goes on
undisturbed; whoever runs a simulation asks for them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hostless.domain.deployments import Deployment, ServiceDeployment, ServiceDeploymentStatus
from hostless.domain.network import NetworkInterface
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.simulation.counting import (
    ceiling_of,
    floor_of,
    healthy_among,
    is_healthy,
    is_live,
)
from hostless.simulation.ledger import Change, Ledger, seats_of
from hostless.simulation.rollout_rules import RULES, started_tasks, stopped_by_scheduler
from hostless.simulation.task_rules import broken_rules
from hostless.store.kinds import TASKS

MOST_EVENTS = 100
MOST_BREACHES = 20
OCCUPYING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"})
ATTEMPT_MOVES: Mapping[ServiceDeploymentStatus, frozenset[ServiceDeploymentStatus]] = {
    "PENDING": frozenset({"IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "STOPPED"}),
    "IN_PROGRESS": frozenset(
        {
            "SUCCESSFUL",
            "STOPPED",
            "STOP_REQUESTED",
            "ROLLBACK_REQUESTED",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_FAILED",
        }
    ),
    "STOP_REQUESTED": frozenset({"STOPPED"}),
    "ROLLBACK_REQUESTED": frozenset({"ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "STOPPED"}),
    "ROLLBACK_IN_PROGRESS": frozenset({"ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"}),
    "SUCCESSFUL": frozenset(),
    "STOPPED": frozenset(),
    "ROLLBACK_SUCCESSFUL": frozenset(),
    "ROLLBACK_FAILED": frozenset(),
}
"""ECS API, ServiceDeployment `status`, read as a life cycle. One commit may make several moves."""


def can_become(before: ServiceDeploymentStatus, after: ServiceDeploymentStatus) -> bool:
    following = ATTEMPT_MOVES[before]
    return after in following or any(can_become(each, after) for each in following)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """at: the instant. key: of the record it is about. what: a sentence."""

    at: Timestamp
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:.3f} {self.key}: {self.what}"


class BrokenInvariant(Exception):
    """A bug of hostless that a simulation found."""


_Rule = Callable[[Service, list[Change], Timestamp], Iterator[str]]


class Invariants:
    """ledger: has entered the changes already when they are checked."""

    def __init__(self, ledger: Ledger, healthy_after: float) -> None:
        self._ledger = ledger
        self._healthy_after = healthy_after
        self._rules: tuple[_Rule, ...] = (
            self._floor_is_kept,
            self._ceiling_is_kept,
            self._every_slot_is_taken_once,
        )
        self.breaches: list[Breach] = []

    def check(self, changes: Iterable[Change], now: Timestamp) -> None:
        by_service: dict[str, list[Change]] = {}
        for change in changes:
            for what in self._about_one(change):
                self._note(now, change.key, what)
            arn = _service_arn_of(change)
            if arn is not None:
                by_service.setdefault(arn, []).append(change)
        for arn, concerned in by_service.items():
            service = self._ledger.services.get(arn)
            if service is None:
                continue
            for rule in RULES:
                for what in rule(self._ledger, service, concerned, now):
                    self._note(now, arn, what)
            for own_rule in self._rules:
                for what in own_rule(service, concerned, now):
                    self._note(now, arn, what)

    def raise_any(self) -> None:
        """Raises BrokenInvariant when something was broken so far."""
        if self.breaches:
            raise BrokenInvariant("; ".join(str(breach) for breach in self.breaches[:3]))

    def _note(self, now: Timestamp, key: str, what: str) -> None:
        if len(self.breaches) < MOST_BREACHES:
            self.breaches.append(Breach(at=now, key=key, what=what))

    def _about_one(self, change: Change) -> Iterator[str]:
        before, after = change.before, change.after
        if change.kind == TASKS.name:
            assert before is None or isinstance(before, Task)
            assert after is None or isinstance(after, Task)
            yield from broken_rules(before, after)
            yield from self._owner_of(after)
        elif isinstance(after, ServiceEvent):
            yield from self._about_event(after)
        elif isinstance(after, ServiceDeployment):
            yield from _about_attempt(before, after)
        elif isinstance(after, Deployment) and isinstance(before, Deployment):
            yield from _about_deployment(before, after)
        elif isinstance(after, NetworkInterface):
            for seat in seats_of(after):
                if self._ledger.sitting_at(seat) > 1:
                    yield f"two interfaces have {seat}"

    def _owner_of(self, task: Task | None) -> Iterator[str]:
        """A task belongs to a service and a deployment that are there.

        Those that are on their way out may outlast them (ECS API, DeleteService: a service is
        INACTIVE when all its tasks are STOPPING or STOPPED).
        """
        if task is None or task.service_arn is None or task.status not in OCCUPYING:
            return
        service = self._ledger.services.get(task.service_arn)
        deployment = self._ledger.deployments.get(task.started_by or "")
        if service is None or service.status == "INACTIVE":
            yield "a task without a service"
        if deployment is None or deployment.service_arn != task.service_arn:
            yield "a task without a deployment of its service"

    def _about_event(self, event: ServiceEvent) -> Iterator[str]:
        kept = self._ledger.events_of(event.service_arn)
        if len(kept) > MOST_EVENTS:
            yield f"{len(kept)} events are kept"
        if kept[-1].id != event.id and kept[-1].number < event.number:
            yield "an event is out of order"
        if len({one.number for one in kept}) < len(kept):
            yield "two events with one number"

    def _floor_is_kept(
        self, service: Service, changes: list[Change], now: Timestamp
    ) -> Iterator[str]:
        """The scheduler stops healthy tasks only where enough others are healthy."""
        lost = sum(self._is_healthy(task, now) for task, _ in stopped_by_scheduler(changes))
        if not lost:
            return
        tasks = self._ledger.tasks_of(service.arn)
        left = healthy_among(tasks, self._ledger, self._healthy_after, now)
        if left < floor_of(service):
            floor = floor_of(service)
            yield f"stopped {lost} healthy tasks: {left} are left, the floor is {floor}"

    def _ceiling_is_kept(
        self, service: Service, changes: list[Change], now: Timestamp
    ) -> Iterator[str]:
        if not any(started_tasks(changes)):
            return
        tasks = self._ledger.tasks_of(service.arn)
        occupying = sum(task.status in OCCUPYING for task in tasks)
        if occupying > ceiling_of(service):
            yield f"started up to {occupying} tasks, the ceiling is {ceiling_of(service)}"

    def _every_slot_is_taken_once(
        self, service: Service, changes: list[Change], now: Timestamp
    ) -> Iterator[str]:
        """A deployment starts no more than are desired, but one to rebalance the zones.

        Those that are about to be replaced do not count.
        """
        spare = service.availability_zone_rebalancing == "ENABLED"
        for id_ in dict.fromkeys(task.started_by for task in started_tasks(changes)):
            tasks = [t for t in self._ledger.tasks_of(service.arn) if t.started_by == id_]
            live = [task for task in tasks if is_live(task) and _is_good(task, now)]
            if len(live) > service.desired_count + spare:
                yield f"{len(live)} tasks of {id_} for {service.desired_count} slots"

    def _is_healthy(self, task: Task, now: Timestamp) -> bool:
        definition = self._ledger.definitions.get(task.definition_arn)
        return is_healthy(task, definition, self._healthy_after, now)


def _about_attempt(before: object | None, after: ServiceDeployment) -> Iterator[str]:
    if before is None:
        if after.status != "PENDING":
            yield f"a deployment begins as {after.status}"
        return
    assert isinstance(before, ServiceDeployment)
    is_move = before.status != after.status
    if is_move and not can_become(before.status, after.status):
        yield f"a deployment that was {before.status} became {after.status}"
    if not is_move and not ATTEMPT_MOVES[after.status] and before != after:
        yield f"a deployment changed after it was {after.status}"


def _about_deployment(before: Deployment, after: Deployment) -> Iterator[str]:
    was_revived = before.promoted_at != after.promoted_at
    if before.rollout_state != after.rollout_state:
        is_end = before.rollout_state == "IN_PROGRESS"
        if not is_end and not (was_revived and after.rollout_state == "IN_PROGRESS"):
            yield f"a rollout that was {before.rollout_state} became {after.rollout_state}"
    if after.failed_tasks < before.failed_tasks:
        yield "failures were forgotten"
    if after.revision_arn != before.revision_arn:
        yield "a deployment changed its revision"


def _service_arn_of(change: Change) -> str | None:
    record = change.after if change.after is not None else change.before
    return record.arn if isinstance(record, Service) else getattr(record, "service_arn", None)


def _is_good(task: Task, now: Timestamp) -> bool:
    return task.health != "UNHEALTHY" and not task.is_host_lost and not task.is_retired(now)
