"""What has to have come about when a voyage has been calm for long enough."""

from typing import TYPE_CHECKING

from tests.simulation.service_images import BAD, GOOD, HEALTHY_AFTER

from hostless.domain.deployments import ENDED, Deployment, ServiceDeployment
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.simulation.counting import ceiling_of, floor_of, is_healthy, is_live
from hostless.store.kinds import (
    DEPLOYMENTS,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)

if TYPE_CHECKING:
    from tests.simulation.service_voyage import ServiceVoyage


async def check_ends(voyage: "ServiceVoyage") -> None:
    store = voyage.plane.store
    for service in store.all(SERVICES):
        check_service(voyage, service)
        await check_counts(voyage, service)
    check_nothing_is_left_over(voyage)
    check_ledger(voyage)


def check_service(voyage: "ServiceVoyage", service: Service) -> None:
    store = voyage.plane.store
    tasks = [t for t in store.all(TASKS) if t.service_arn == service.arn and t.status != "STOPPED"]
    if service.status != "ACTIVE":
        assert not tasks, f"tasks of a deleted service: {tasks}"
        assert service.status == "INACTIVE", f"never became INACTIVE: {service}"
        return
    primary = newest_of(store.find(DEPLOYMENTS, "service", service.arn))
    assert primary is not None
    attempts = store.find(SERVICE_DEPLOYMENTS, "service", service.arn)
    under_way = [attempt for attempt in attempts if attempt.status not in ENDED]
    kind = kind_of_image(voyage, primary)
    if is_stuck(voyage, service, primary, tasks):
        return
    if kind == "good" and not primary.is_given_up:
        assert not under_way, f"never ended: {under_way}"
        check_is_steady(voyage, service, primary, tasks)
    elif kind == "bad" and service.desired_count:
        check_is_held_up(voyage, service, primary, under_way, tasks)


def is_stuck(
    voyage: "ServiceVoyage", service: Service, primary: Deployment, tasks: list[Task]
) -> bool:
    """Tasks that are to go may not be stopped and new ones not be started: ECS says so and waits
    for a change of the configuration.
    """
    now = voyage.machine.clock.now()
    is_to_go = [t for t in tasks if t.started_by != primary.id or t.is_retired(now)]
    if primary.is_given_up or not any(is_live(task) for task in is_to_go):
        return False
    if floor_of(service) < service.desired_count or ceiling_of(service) > service.desired_count:
        return False
    if not service.desired_count:
        return False
    events = voyage.plane.store.find(SERVICE_EVENTS, "service", service.arn)
    said = any("was unable to stop or start tasks" in event.message for event in events)
    assert said, f"stuck, and nobody says so: {service}"
    return True


def kind_of_image(voyage: "ServiceVoyage", deployment: Deployment) -> str:
    """`good`, `bad`, or `moody` for what chance decides.

    A balancer may find a task healthy in the seconds before it ends: each time the circuit breaker
    begins to count anew (`resetOnHealthyTask`).
    """
    revision = voyage.plane.store.get(SERVICE_REVISIONS, deployment.revision_arn)
    assert revision is not None
    image = revision.container_images[0].image
    if revision.load_balancers and image == "short":
        return "moody"
    return "good" if image in GOOD else "bad" if image in BAD else "moody"


def check_is_steady(
    voyage: "ServiceVoyage", service: Service, primary: Deployment, tasks: list[Task]
) -> None:
    store, now = voyage.plane.store, voyage.machine.clock.now()
    live = [task for task in tasks if is_live(task)]
    assert len(live) == service.desired_count, f"{len(live)} of {service.desired_count}: {service}"
    assert primary.rollout_state == "COMPLETED", f"not completed: {primary}"
    for task in tasks:
        assert is_live(task), f"never ended: {task}"
        assert task.started_by == primary.id, f"of another deployment: {task}"
        definition = store.get(TASK_DEFINITIONS, task.definition_arn)
        assert is_healthy(task, definition, HEALTHY_AFTER, now), f"not healthy: {task}"


def check_is_held_up(
    voyage: "ServiceVoyage",
    service: Service,
    primary: Deployment,
    under_way: list[ServiceDeployment],
    tasks: list[Task],
) -> None:
    """The circuit breaker has ended it, if it has one; what was completed before goes on."""
    for attempt in under_way:
        breaker = attempt.deployment_configuration.deployment_circuit_breaker
        is_forward = attempt.rollback is None
        assert not (breaker.enable and is_forward), f"the breaker never broke: {attempt}"
    store, now = voyage.plane.store, voyage.machine.clock.now()
    others = [d for d in store.find(DEPLOYMENTS, "service", service.arn) if d.id != primary.id]
    completed = [d for d in others if d.rollout_state == "COMPLETED"]
    if primary.is_given_up or not completed:
        return
    newest = newest_of(completed)
    assert newest is not None
    if kind_of_image(voyage, newest) == "good":
        healthy = sum(
            is_healthy(task, store.get(TASK_DEFINITIONS, task.definition_arn), HEALTHY_AFTER, now)
            for task in tasks
        )
        assert healthy >= floor_of(service), f"{healthy} hold up {service}"


async def check_counts(voyage: "ServiceVoyage", service: Service) -> None:
    """DescribeServices counts as the records do; nothing is said when they changed meanwhile."""
    commits = voyage.observer.commits
    answer = await voyage.ask(
        "DescribeServices", cluster=service.cluster_arn, services=(service.arn,)
    )
    if voyage.observer.commits != commits:
        return
    [shown] = answer["services"]
    tasks = [t for t in voyage.plane.store.all(TASKS) if t.service_arn == service.arn]
    running = sum(task.status == "RUNNING" for task in tasks)
    pending = sum(task.status in ("PROVISIONING", "PENDING", "ACTIVATING") for task in tasks)
    assert (shown["runningCount"], shown["pendingCount"]) == (running, pending), shown
    assert shown["desiredCount"] == service.desired_count
    assert len(shown["events"]) <= 100
    assert sum(d["runningCount"] for d in shown["deployments"]) == running, shown
    assert [d["status"] for d in shown["deployments"]].count("PRIMARY") <= 1


def check_nothing_is_left_over(voyage: "ServiceVoyage") -> None:
    """The machine holds what living tasks and balancers have, and nothing else."""
    store = voyage.plane.store
    alive = [task for task in store.all(TASKS) if task.status != "STOPPED"]
    interfaces = {task.attachment.interface_id for task in alive} - {None}
    interfaces |= {node.interface_id for b in store.all(LOAD_BALANCERS) for node in b.nodes}
    assert {i.id for i in store.all(NETWORK_INTERFACES)} == interfaces
    assert set(voyage.machine.fabric._interfaces) <= interfaces
    assert set(voyage.machine.backend.machine.tasks()) <= {task.id for task in alive}


def check_ledger(voyage: "ServiceVoyage") -> None:
    """What was judged is what is there."""
    ledger, store = voyage.observer.ledger, voyage.plane.store
    assert {task.arn: task for task in store.all(TASKS)} == ledger.tasks
    assert {event.id for event in store.all(SERVICE_EVENTS)} == set(ledger.events)
    assert {d.id: d for d in store.all(DEPLOYMENTS)} == ledger.deployments
