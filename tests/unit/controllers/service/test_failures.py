"""Services whose tasks fail: replaced, held back, given up, rolled back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.support.services import ServiceScene, definition_for, play

from hostless.compute.simulated.behaviour import Behaviour
from hostless.controllers.service.stages import NO_CANDIDATE, SUPERSEDED
from hostless.domain.container_definitions import HealthCheck
from hostless.domain.services import (
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    EarlySuccessCriteria,
)
from hostless.domain.signals import Alarm
from hostless.store.kinds import ALARMS

CHECK = HealthCheck(command=("CMD", "true"), interval=5, retries=1)
GOOD = definition_for("good:1")
CHECKED = definition_for("good:1", 5, health_check=CHECK)
BETTER = definition_for("good:2", 2)
BROKEN = definition_for("broken:1", 3)
CRASHING = definition_for("crashing:1", 4)
SICK = definition_for("sick:1", 6, health_check=CHECK)
BEHAVIOUR = (
    Behaviour(image="broken*", pull_failure="CannotPullContainerError: no", pull_seconds=1.0),
    Behaviour(image="crashing*", exit_after_seconds=20.0, exit_code=1),
    Behaviour(image="sick*", unhealthy_after_seconds=0.0),
    Behaviour(image="*", pull_seconds=1.0, start_seconds=0.5, stop_seconds=0.2),
)


def breaker(*, rollback: bool, **more: Any) -> DeploymentConfiguration:
    return DeploymentConfiguration(
        deployment_circuit_breaker=DeploymentCircuitBreaker(enable=True, rollback=rollback), **more
    )


async def completed(s: ServiceScene, arn: str) -> None:
    await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")


async def status_is(s: ServiceScene, attempt: str, status: str, seconds: float = 200.0) -> None:
    await s.until(lambda: s.api.attempt(attempt).status == status, seconds)


def told(s: ServiceScene, arn: str, words: str) -> Callable[[], bool]:
    return lambda: any(words in event for event in s.api.events(arn))


def test_tasks_that_never_run_are_tried_again_ever_more_slowly_and_for_ever() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(BROKEN, 1)
        await s.until(told(s, arn, "is unable to consistently start tasks successfully"), 120)
        await s.until(lambda: s.api.primary(arn).failed_rounds >= 12, 6000)
        failed = s.api.primary(arn)
        assert failed.rollout_state == "IN_PROGRESS"
        assert failed.next_start_at is not None
        assert 890 < failed.next_start_at - s.clock.now() <= 900
        messages = [e for e in s.api.events(arn) if "unable to consistently" in e]
        assert len(messages) == 1
        await s.api.deploy(arn, GOOD)
        await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED", 60)

    play(scene, *BEHAVIOUR)


def test_tasks_that_ran_are_replaced_at_once() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(CRASHING, 2)
        await s.until(lambda: len(s.api.tasks(arn)) >= 12, 150)
        primary = s.api.primary(arn)
        assert (primary.failed_rounds, primary.failed_tasks) == (0, 0)
        assert len(s.api.tasks(arn, "RUNNING", "PENDING", "PROVISIONING")) <= 4

    play(scene, *BEHAVIOUR)


def test_without_rollback_a_deployment_that_fails_is_given_up_and_old_tasks_stay() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3, deployment_configuration=breaker(rollback=False))
        await completed(s, arn)
        before = {task.arn for task in s.api.tasks(arn, "RUNNING")}
        attempt = await s.api.deploy(arn, BROKEN)
        await status_is(s, attempt.arn, "STOPPED")
        ended = s.api.attempt(attempt.arn)
        assert ended.circuit_breaker.status == "TRIGGERED"
        assert ended.circuit_breaker.failure_count >= ended.circuit_breaker.threshold == 3
        failed = s.api.primary(arn)
        assert failed.rollout_state == "FAILED"
        assert failed.rollout_state_reason == (
            "ECS deployment circuit breaker: tasks failed to start."
        )
        count = len(s.api.tasks(arn))
        await s.until(lambda: s.clock.now() > (ended.stopped_at or 0) + 1000, 1200)
        assert len(s.api.tasks(arn)) == count
        assert {task.arn for task in s.api.tasks(arn, "RUNNING")} == before

    play(scene, *BEHAVIOUR)


def test_an_old_task_that_is_lost_while_the_new_version_fails_is_replaced_by_its_like() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await completed(s, arn)
        first = s.api.primary(arn)
        attempt = await s.api.deploy(arn, BROKEN)
        await s.until(lambda: s.api.primary(arn).failed_rounds > 0, 60)
        lost = s.api.tasks(arn, "RUNNING")[0]
        s.backend.lose_host(lost.id)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 1, 10)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 2, 10)
        assert {task.started_by for task in s.api.tasks(arn, "RUNNING")} == {first.id}
        assert s.api.attempt(attempt.arn).status == "IN_PROGRESS"
        await s.api.deploy(arn, BETTER)
        await completed(s, arn)
        assert len(s.api.tasks(arn, "RUNNING")) == 2

    play(scene, *BEHAVIOUR)


def test_a_rollback_without_anything_to_go_back_to_fails() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(BROKEN, 1, deployment_configuration=breaker(rollback=True))
        (attempt,) = s.api.attempts(arn)
        await status_is(s, attempt.arn, "ROLLBACK_FAILED")
        assert s.api.attempt(attempt.arn).status_reason == NO_CANDIDATE

    play(scene, *BEHAVIOUR)


def test_a_rollback_whose_own_tasks_fail_is_tried_again_until_it_works() -> None:
    stops_first = {"minimum_healthy_percent": 0, "maximum_percent": 100}

    async def scene(s: ServiceScene) -> None:
        configuration = breaker(rollback=True, **stops_first)
        arn = await s.api.create(GOOD, 1, deployment_configuration=configuration)
        await completed(s, arn)
        registry = s.backend.simulation
        s.backend.simulation = replace(registry, behaviour=(replace(BEHAVIOUR[0], image="*"),))
        attempt = await s.api.deploy(arn, BROKEN)
        await status_is(s, attempt.arn, "ROLLBACK_IN_PROGRESS")
        await s.until(lambda: s.api.primary(arn).failures_in_a_row > 6, 3000)
        assert s.api.attempt(attempt.arn).status == "ROLLBACK_IN_PROGRESS"
        s.backend.simulation = registry
        await status_is(s, attempt.arn, "ROLLBACK_SUCCESSFUL", 1000)
        assert s.api.primary(arn).rollout_state == "COMPLETED"

    play(scene, *BEHAVIOUR)


def test_unhealthy_tasks_are_replaced_and_roll_a_deployment_back() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(CHECKED, 2, deployment_configuration=breaker(rollback=True))
        await completed(s, arn)
        attempt = await s.api.deploy(arn, SICK)
        await status_is(s, attempt.arn, "ROLLBACK_SUCCESSFUL")
        reasons = {t.stop_request.reason for t in s.api.tasks(arn) if t.stop_request is not None}
        assert "Task failed container health checks" in reasons
        assert told(s, arn, ") failed container health checks.")()
        assert len(s.api.tasks(arn, "RUNNING")) == 2

    play(scene, *BEHAVIOUR)


def test_an_alarm_rolls_a_deployment_back() -> None:
    async def scene(s: ServiceScene) -> None:
        alarms = DeploymentAlarms(alarm_names=("errors",), enable=True, rollback=True)
        await set_alarm(s, "OK")
        arn = await s.api.create(
            GOOD, 1, deployment_configuration=DeploymentConfiguration(alarms=alarms)
        )
        await completed(s, arn)
        attempt = await s.api.deploy(arn, BETTER)
        await status_is(s, attempt.arn, "IN_PROGRESS")
        await set_alarm(s, "ALARM")
        await status_is(s, attempt.arn, "ROLLBACK_SUCCESSFUL")
        ended = s.api.attempt(attempt.arn)
        assert (ended.alarms.status, ended.alarms.triggered) == ("TRIGGERED", ("errors",))
        assert told(s, arn, "deployment failed: alarm detected.")()

    play(scene, *BEHAVIOUR)


def test_an_alarm_that_rings_already_is_not_listened_to() -> None:
    async def scene(s: ServiceScene) -> None:
        alarms = DeploymentAlarms(alarm_names=("errors",), enable=True, rollback=True)
        await set_alarm(s, "ALARM")
        arn = await s.api.create(
            GOOD, 1, deployment_configuration=DeploymentConfiguration(alarms=alarms)
        )
        await completed(s, arn)
        (attempt,) = s.api.attempts(arn)
        assert (attempt.status, attempt.alarms.status) == ("SUCCESSFUL", "DISABLED")

    play(scene, *BEHAVIOUR)


async def set_alarm(s: ServiceScene, state: Any) -> None:
    transaction = s.store.transaction("test")
    transaction.put(ALARMS, Alarm(name="errors", state=state, updated_at=s.clock.now()))
    await transaction.commit()


def test_a_deployment_bakes_before_it_is_done() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(
            GOOD, 1, deployment_configuration=DeploymentConfiguration(bake_time_in_minutes=5)
        )
        (attempt,) = s.api.attempts(arn)
        await s.until(lambda: s.api.attempt(attempt.arn).lifecycle_stage == "BAKE_TIME", 30)
        await status_is(s, attempt.arn, "SUCCESSFUL", 310)
        ended = s.api.attempt(attempt.arn)
        assert (ended.finished_at or 0) - (ended.started_at or 0) > 300

    play(scene, *BEHAVIOUR)


def test_a_deployment_can_end_well_early() -> None:
    async def scene(s: ServiceScene) -> None:
        early = EarlySuccessCriteria(
            enable=True, healthy_percent=50, source_service_revision_cleanup="DEFERRED"
        )
        configuration = DeploymentConfiguration(
            minimum_healthy_percent=50, maximum_percent=150, early_success_criteria=early
        )
        arn = await s.api.create(GOOD, 4, deployment_configuration=configuration)
        await completed(s, arn)
        attempt = await s.api.deploy(arn, BETTER)
        await status_is(s, attempt.arn, "SUCCESSFUL")
        primary = s.api.primary(arn)
        old = [t for t in s.api.tasks(arn, "RUNNING") if t.started_by != primary.id]
        assert old
        await s.until(
            lambda: [t.started_by for t in s.api.tasks(arn, "RUNNING")] == [primary.id] * 4
        )

    play(scene, *BEHAVIOUR)


def test_a_stopped_deployment_is_rolled_back() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await completed(s, arn)
        first = s.api.primary(arn)
        attempt = await s.api.deploy(arn, BETTER)
        await status_is(s, attempt.arn, "IN_PROGRESS")
        await s.api.stop_deployment(attempt.arn)
        await status_is(s, attempt.arn, "ROLLBACK_SUCCESSFUL")
        assert s.api.primary(arn).id == first.id

    play(scene, *BEHAVIOUR)


def test_an_aborted_deployment_starts_nothing_more() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await completed(s, arn)
        attempt = await s.api.deploy(arn, BROKEN)
        await status_is(s, attempt.arn, "IN_PROGRESS")
        await s.api.stop_deployment(attempt.arn, "ABORT")
        await status_is(s, attempt.arn, "STOPPED")
        assert s.api.primary(arn).rollout_state == "FAILED"
        assert len(s.api.tasks(arn, "RUNNING")) == 2

    play(scene, *BEHAVIOUR)


def test_a_newer_deployment_ends_the_one_under_way() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await completed(s, arn)
        second = await s.api.deploy(arn, BROKEN)
        await status_is(s, second.arn, "IN_PROGRESS")
        third = await s.api.deploy(arn, BETTER)
        await status_is(s, third.arn, "SUCCESSFUL")
        ended = s.api.attempt(second.arn)
        assert (ended.status, ended.status_reason) == ("STOPPED", SUPERSEDED)
        assert {t.started_by for t in s.api.tasks(arn, "RUNNING")} == {s.api.primary(arn).id}

    play(scene, *BEHAVIOUR)


def test_a_configuration_that_allows_no_move_is_told_once() -> None:
    async def scene(s: ServiceScene) -> None:
        rigid = DeploymentConfiguration(minimum_healthy_percent=100, maximum_percent=100)
        arn = await s.api.create(GOOD, 1, deployment_configuration=rigid)
        await completed(s, arn)
        attempt = await s.api.deploy(arn, BETTER)
        await s.until(told(s, arn, "was unable to stop or start tasks during a deployment"), 120)
        assert s.api.attempt(attempt.arn).status == "IN_PROGRESS"
        await s.api.update(arn, deployment_configuration=replace(rigid, minimum_healthy_percent=0))
        await status_is(s, attempt.arn, "SUCCESSFUL")

    play(scene, *BEHAVIOUR)
