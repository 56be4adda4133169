"""What the scheduler may start, stop and claim: each rule is broken by one commit."""

from dataclasses import replace
from typing import Any

from tests.unit.simulation.test_invariants import (
    DEPLOYMENT,
    NOW,
    SERVICE,
    STOP,
    Bench,
    attempt,
    event,
    running,
    stopped,
    task_of,
)

from hostless.domain.arns import DeploymentId
from hostless.domain.deployments import Rollback
from hostless.domain.services import DeploymentCircuitBreaker, DeploymentConfiguration
from hostless.domain.signals import Outage
from hostless.store.kinds import DEPLOYMENTS, OUTAGES, SERVICE_DEPLOYMENTS, SERVICE_EVENTS

STEADY = "(service web) has reached a steady state."


def newer(**changes: Any) -> Any:
    return replace(DEPLOYMENT, id=DeploymentId("ecs-svc/2"), created_at=1.0, **changes)


def test_only_the_primary_deployment_starts_tasks_or_a_completed_one_in_its_stead() -> None:
    bench = Bench()
    bench.write((DEPLOYMENTS, newer()))
    assert bench.tasks(task_of()) == [
        "a task of ecs-svc/1 was started, the PRIMARY one is ecs-svc/2"
    ]
    bench = Bench(desired_count=0)
    bench.write((DEPLOYMENTS, replace(DEPLOYMENT, rollout_state="COMPLETED")))
    bench.write((DEPLOYMENTS, newer()))
    assert not any("PRIMARY" in what for what in bench.tasks(task_of()))


def test_what_was_given_up_starts_nothing() -> None:
    bench = Bench()
    bench.write((DEPLOYMENTS, replace(DEPLOYMENT, is_given_up=True)))
    assert bench.tasks(task_of()) == ["a task of ecs-svc/1 was started, which was given up"]


def test_no_spot_task_starts_without_spot_capacity() -> None:
    bench = Bench()
    bench.write((OUTAGES, Outage(kind="spot", name="spot", began_at=NOW, ends_at=NOW + 1)))
    assert bench.tasks(task_of(capacity_provider_name="FARGATE")) == []
    assert bench.tasks(task_of(capacity_provider_name="FARGATE_SPOT")) == [
        "a Spot task was started while there is no Spot capacity"
    ]


def test_no_task_is_placed_in_a_lost_zone() -> None:
    bench, one, other = Bench(), task_of(), task_of()
    bench.tasks(one, other)
    bench.write((OUTAGES, Outage(kind="zone", name="z-a", began_at=NOW, ends_at=None)))
    assert bench.tasks(replace(one, zone="z-b", version=2)) == []
    assert bench.tasks(replace(other, zone="z-a", version=2)) == [
        "a task was placed in z-a, which is lost"
    ]


def test_protected_tasks_are_not_scaled_in() -> None:
    bench, task = Bench(desired_count=0), running(protected_until=NOW + 1)
    bench.tasks(task)
    assert bench.tasks(stopped(task)) == [f"task {task.id} was stopped, which is protected"]
    bench, task = Bench(desired_count=0), running(protected_until=NOW - 1)
    bench.tasks(task)
    assert bench.tasks(stopped(task)) == []


def test_unhealthy_ones_are_replaced_protected_or_not() -> None:
    bench, task = Bench(desired_count=0), running(protected_until=NOW + 1)
    bench.tasks(task)
    because = replace(STOP, reason="Task failed container health checks")
    assert bench.tasks(replace(stopped(task), stop_request=because)) == []


def test_steady_is_said_only_of_what_is() -> None:
    bench = Bench()
    steady = replace(event(1), message=STEADY)
    assert bench.write((SERVICE_EVENTS, steady)) == ["a service that is not steady says that it is"]
    bench.tasks(running(), running())
    assert bench.write((SERVICE_EVENTS, replace(steady, id="other", number=2))) == []


def test_completed_is_only_what_runs_in_full() -> None:
    bench = Bench()
    bench.tasks(running(), task_of())
    assert bench.write((DEPLOYMENTS, replace(DEPLOYMENT, rollout_state="COMPLETED"))) == [
        "ecs-svc/1 was completed before its tasks were there"
    ]


def test_a_rollback_needs_a_reason() -> None:
    rollback = Rollback(
        reason="!", started_at=NOW, revision_arn=SERVICE.revision_arn, deployment_id=DEPLOYMENT.id
    )
    for breaker, broken in ((False, 1), (True, 0)):
        bench = Bench()
        configuration = DeploymentConfiguration(
            deployment_circuit_breaker=DeploymentCircuitBreaker(enable=breaker, rollback=breaker)
        )
        begun = replace(attempt("PENDING"), deployment_configuration=configuration)
        bench.write((SERVICE_DEPLOYMENTS, begun))
        back = replace(begun, status="ROLLBACK_IN_PROGRESS", rollback=rollback)
        assert len(bench.write((SERVICE_DEPLOYMENTS, back))) == broken
