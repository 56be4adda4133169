"""Each rule is broken by one change of the records, and by nothing that is in order."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from tests.support.services import definition_for
from tests.support.tasks import CLUSTER, REALM, SUBNETS_OF_TEST, new_task

from hostless.domain.arns import DeploymentId
from hostless.domain.deployments import Deployment, ServiceDeployment
from hostless.domain.services import DeploymentConfiguration, Service, ServiceEvent
from hostless.domain.tasks import StopRequest, Task
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.simulation.invariants import Invariants
from hostless.simulation.ledger import Ledger
from hostless.store.kinds import (
    DEPLOYMENTS,
    NETWORK_INTERFACES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
    Kind,
)
from hostless.store.storage import Batch, Row

NOW = 1000.0
IDS = Ids(random.Random(1))
DEFINITION = definition_for("app:1")
REVISION = REALM.service_revision_arn("default", "web", "1")
ATTEMPT = REALM.service_deployment_arn("default", "web", "1")
SERVICE = Service(
    arn=REALM.service_arn("default", "web"),
    cluster_arn=CLUSTER.arn,
    name="web",
    desired_count=2,
    revision_arn=REVISION,
    availability_zone_rebalancing="DISABLED",
    created_at=0.0,
)
DEPLOYMENT = Deployment(
    id=DeploymentId("ecs-svc/1"),
    service_arn=SERVICE.arn,
    revision_arn=REVISION,
    service_deployment_arn=ATTEMPT,
    created_at=0.0,
    updated_at=0.0,
)
STOP = StopRequest(code="ServiceSchedulerInitiated", reason="Scaling activity", at=NOW)


class Bench:
    """A ledger with one service, and what is found wrong with what is written next."""

    def __init__(self, **service: Any) -> None:
        self.ledger = Ledger()
        self.invariants = Invariants(self.ledger, 40.0)
        self.write((SERVICES, replace(SERVICE, **service)), (DEPLOYMENTS, DEPLOYMENT))
        self.write((TASK_DEFINITIONS, DEFINITION))

    def write(self, *records: tuple[Kind[Any], Any]) -> Sequence[str]:
        """What this commit breaks."""
        known = len(self.invariants.breaches)
        rows = [
            Row(kind=kind.name, key=kind.key(record), revision=1, body=msgspec.json.encode(record))
            for kind, record in records
        ]
        changes = self.ledger.take(Batch(revision=1, rows=tuple(rows), journal=()))
        self.invariants.check(changes, NOW)
        return [breach.what for breach in self.invariants.breaches[known:]]

    def tasks(self, *tasks: Task) -> Sequence[str]:
        return self.write(*((TASKS, task) for task in tasks))


def task_of(**changes: Any) -> Task:
    task = new_task(DEFINITION, IDS, 0.0)
    return replace(task, service_arn=SERVICE.arn, started_by=DEPLOYMENT.id, **changes)


def running(*, since: float = 0.0, **changes: Any) -> Task:
    task = task_of(status="RUNNING", started_at=since, **changes)
    containers = tuple(replace(c, status="RUNNING", started_at=since) for c in task.containers)
    return replace(task, containers=containers)


def stopped(task: Task) -> Task:
    return replace(task, goal="STOPPED", stop_request=STOP, version=task.version + 1)


def test_a_service_that_comes_up_breaks_nothing() -> None:
    bench, one, other = Bench(), running(), running()
    assert bench.tasks(one, other) == []
    assert bench.tasks(task_of()) == ["3 tasks of ecs-svc/1 for 2 slots"]


def test_the_ceiling_counts_what_was_told_to_stop_and_has_not() -> None:
    bench = Bench(deployment_configuration=DeploymentConfiguration(maximum_percent=100))
    assert bench.tasks(running(), stopped(running())) == []
    assert bench.tasks(task_of()) == ["started up to 3 tasks, the ceiling is 2"]


def test_the_scheduler_may_not_stop_healthy_tasks_below_the_floor() -> None:
    bench, one, other, new = Bench(), running(), running(), running(since=NOW - 39)
    bench.tasks(one, other, new)
    broken = "stopped 1 healthy tasks: 1 are left, the floor is 2"
    assert bench.tasks(stopped(one)) == [broken]


def test_others_may_and_the_scheduler_may_stop_those_that_are_not_healthy() -> None:
    bench, one, other, new = Bench(), running(), running(), running(since=NOW - 39)
    bench.tasks(one, other, new)
    assert bench.tasks(stopped(new)) == []
    by_user = replace(STOP, code="UserInitiated")
    assert bench.tasks(replace(stopped(one), stop_request=by_user)) == []


def test_a_service_that_drains_has_no_floor() -> None:
    bench, one = Bench(status="DRAINING"), running()
    bench.tasks(one)
    assert bench.tasks(stopped(one)) == []


def test_a_task_needs_a_service_and_a_deployment() -> None:
    assert "a task without a service" in Bench(status="INACTIVE").tasks(task_of())
    assert Bench().tasks(replace(task_of(), started_by="ecs-svc/2")) == [
        "a task without a deployment of its service"
    ]


def test_a_task_moves_as_the_table_says() -> None:
    bench, task = Bench(), task_of()
    bench.tasks(task)
    leap = replace(running(), arn=task.arn, containers=task.containers, version=2)
    assert "PROVISIONING became RUNNING" in bench.tasks(leap)


def test_a_stop_stands() -> None:
    bench, task = Bench(), running()
    bench.tasks(task)
    bench.tasks(stopped(task))
    assert "a task that was to stop is wanted again" in bench.tasks(replace(task, version=3))


def test_a_hundred_events_are_kept_in_order() -> None:
    bench = Bench()
    for number in range(100):
        assert bench.write((SERVICE_EVENTS, event(number))) == []
    assert bench.write((SERVICE_EVENTS, event(100))) == ["101 events are kept"]
    assert bench.write((SERVICE_EVENTS, replace(event(5), id="twin")))[-1] == (
        "two events with one number"
    )


def event(number: int) -> ServiceEvent:
    return ServiceEvent(
        id=f"id-{number}", service_arn=SERVICE.arn, number=number, created_at=NOW, message="!"
    )


def attempt(status: str) -> ServiceDeployment:
    return ServiceDeployment(
        arn=ATTEMPT,
        service_arn=SERVICE.arn,
        cluster_arn=CLUSTER.arn,
        target_revision_arn=REVISION,
        deployment_id=DEPLOYMENT.id,
        deployment_configuration=DeploymentConfiguration(),
        status=status,  # type: ignore[arg-type]
        created_at=0.0,
        updated_at=0.0,
    )


def test_a_deployment_that_has_ended_stays_as_it_is() -> None:
    bench = Bench()
    for status in ("PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"):
        assert bench.write((SERVICE_DEPLOYMENTS, attempt(status))) == []
    assert bench.write((SERVICE_DEPLOYMENTS, attempt("IN_PROGRESS"))) == [
        "a deployment that was ROLLBACK_SUCCESSFUL became IN_PROGRESS"
    ]


def test_a_rollout_is_taken_up_again_by_a_rollback_only() -> None:
    bench = Bench(desired_count=0)
    completed = replace(DEPLOYMENT, rollout_state="COMPLETED")
    assert bench.write((DEPLOYMENTS, completed)) == []
    assert bench.write((DEPLOYMENTS, replace(DEPLOYMENT, promoted_at=NOW))) == []
    bench.write((DEPLOYMENTS, completed))
    assert "a rollout that was COMPLETED became IN_PROGRESS" in bench.write(
        (DEPLOYMENTS, replace(DEPLOYMENT, promoted_at=None))
    )


def test_an_address_is_had_once() -> None:
    bench = Bench()
    subnet = SUBNETS_OF_TEST[0]
    one, two = (new_interface(subnet, a, a, "us-east-1", 0.0) for a in ("172.31.0.4", "172.31.0.5"))
    one = replace(one, public_address="198.18.0.4")
    assert bench.write((NETWORK_INTERFACES, one), (NETWORK_INTERFACES, two)) == []
    assert bench.write((NETWORK_INTERFACES, replace(two, public_address="198.18.0.4"))) == [
        "two interfaces have 198.18.0.4"
    ]
    assert bench.write((NETWORK_INTERFACES, replace(two, address="172.31.0.4"))) == [
        f"two interfaces have {subnet.vpc_id}/172.31.0.4"
    ]
    assert bench.write((NETWORK_INTERFACES, replace(two, address="172.31.0.6"))) == []
