"""What the service scheduler may start, stop and claim, whatever the numbers. Pure, on records.

Floor and ceiling are `invariants`' business. Every rule looks at one commit, which the ledger has
entered already, and says what is broken.
"""

from collections.abc import Callable, Iterable, Iterator

from hostless.domain.capacity_strategy import PROVIDERS
from hostless.domain.deployments import Deployment, ServiceDeployment
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.signals import OutageKind
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.simulation.counting import is_live
from hostless.simulation.ledger import Change, Ledger

SPOT = PROVIDERS[1]
STEADY = "has reached a steady state."

Rule = Callable[[Ledger, Service, list[Change], Timestamp], Iterator[str]]


def started_tasks(changes: Iterable[Change]) -> Iterator[Task]:
    for change in changes:
        if change.before is None and isinstance(change.after, Task):
            yield change.after


def stopped_by_scheduler(changes: Iterable[Change]) -> Iterator[tuple[Task, Task]]:
    """Tasks before and after the service scheduler asked them to stop."""
    for change in changes:
        before, after = change.before, change.after
        if not isinstance(before, Task) or not isinstance(after, Task):
            continue
        is_asked = before.goal == "RUNNING" != after.goal and after.stop_request is not None
        if is_asked and after.stop_request.code == "ServiceSchedulerInitiated":  # type: ignore[union-attr]
            yield before, after


def starts_are_of_what_is_wanted(
    ledger: Ledger, service: Service, changes: list[Change], now: Timestamp
) -> Iterator[str]:
    """Of the PRIMARY deployment, or of one that was completed and stands in for it."""
    primary = newest_of(ledger.deployments_of(service.arn))
    for task in started_tasks(changes):
        deployment = ledger.deployments.get(task.started_by or "")
        if deployment is None or primary is None:
            continue
        if deployment.id != primary.id and deployment.rollout_state != "COMPLETED":
            yield f"a task of {deployment.id} was started, the PRIMARY one is {primary.id}"
        if deployment.is_given_up:
            yield f"a task of {deployment.id} was started, which was given up"
        if service.status != "ACTIVE":
            yield f"a task was started for a service that is {service.status}"


def starts_keep_clear_of_outages(
    ledger: Ledger, service: Service, changes: list[Change], now: Timestamp
) -> Iterator[str]:
    for task in started_tasks(changes):
        if task.capacity_provider_name == SPOT and _is_out(ledger, "spot", None, now):
            yield "a Spot task was started while there is no Spot capacity"
    for change in changes:
        before, after = change.before, change.after
        if isinstance(before, Task) and isinstance(after, Task):
            is_placed = before.zone is None and after.zone is not None
            if is_placed and _is_out(ledger, "zone", after.zone, now):
                yield f"a task was placed in {after.zone}, which is lost"


def _is_out(ledger: Ledger, kind: OutageKind, name: str | None, now: Timestamp) -> bool:
    return any(
        outage.kind == kind and name in (None, outage.name) and outage.holds_at(now)
        for outage in ledger.outages.values()
    )


def protected_tasks_are_spared(
    ledger: Ledger, service: Service, changes: list[Change], now: Timestamp
) -> Iterator[str]:
    """From scale-in and deployments (ECS API, UpdateTaskProtection)."""
    if service.status != "ACTIVE":
        return
    for before, after in stopped_by_scheduler(changes):
        is_protected = before.protected_until is not None and before.protected_until > now
        assert after.stop_request is not None
        if is_protected and after.stop_request.reason.startswith("Scaling activity"):
            yield f"task {before.id} was stopped, which is protected"


def claims_are_true(
    ledger: Ledger, service: Service, changes: list[Change], now: Timestamp
) -> Iterator[str]:
    """Steady, and completed, is what runs as it is desired and nothing else."""
    for change in changes:
        before, after = change.before, change.after
        if isinstance(after, ServiceEvent) and after.message.endswith(STEADY):
            if not _is_steady(ledger, service, newest_of(ledger.deployments_of(service.arn))):
                yield "a service that is not steady says that it is"
        elif isinstance(before, Deployment) and isinstance(after, Deployment):
            has_completed = before.rollout_state != "COMPLETED" == after.rollout_state
            if has_completed and not _is_steady(ledger, service, after):
                yield f"{after.id} was completed before its tasks were there"


def _is_steady(ledger: Ledger, service: Service, primary: Deployment | None) -> bool:
    if primary is None or service.status != "ACTIVE":
        return False
    live = [task for task in ledger.tasks_of(service.arn) if is_live(task)]
    own = [task for task in live if task.started_by == primary.id]
    return (
        len(own) == len(live) >= service.desired_count
        and sum(task.status == "RUNNING" for task in own) >= service.desired_count
    )


def rollbacks_have_a_reason(
    ledger: Ledger, service: Service, changes: list[Change], now: Timestamp
) -> Iterator[str]:
    """Somebody asked for it, or the deployment was configured for it."""
    for change in changes:
        before, after = change.before, change.after
        if not isinstance(before, ServiceDeployment) or not isinstance(after, ServiceDeployment):
            continue
        if before.rollback is None and after.rollback is not None:
            configuration = after.deployment_configuration
            alarms = configuration.alarms
            by_alarm = alarms is not None and alarms.rollback and bool(after.alarms.triggered)
            breaker = configuration.deployment_circuit_breaker
            by_breaker = breaker.enable and breaker.rollback
            if after.stop_request != "ROLLBACK" and not by_alarm and not by_breaker:
                yield "a deployment was rolled back for no reason"


RULES: tuple[Rule, ...] = (
    starts_are_of_what_is_wanted,
    starts_keep_clear_of_outages,
    protected_tasks_are_spared,
    claims_are_true,
    rollbacks_have_a_reason,
)
