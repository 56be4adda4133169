"""Services at work on the simulated backend: created, updated, failing, rolled back, deleted."""

from tests.support.services import ServiceScene, definition_for, play

from hostless.compute.simulated.behaviour import Behaviour
from hostless.domain.services import (
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
)

GOOD = definition_for("good:1")
BETTER = definition_for("good:2", 2)
BROKEN = definition_for("broken:1", 3)
BEHAVIOUR = (
    Behaviour(image="broken*", pull_failure="CannotPullContainerError: no", pull_seconds=1.0),
    Behaviour(image="*", pull_seconds=1.0, start_seconds=0.5, stop_seconds=0.2),
)


def test_a_new_service_gets_its_tasks_and_says_so() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3)
        (attempt,) = s.api.attempts(arn)
        await s.until(lambda: s.api.attempt(attempt.arn).status == "SUCCESSFUL", 60)
        primary = s.api.primary(arn)
        assert primary.rollout_state == "COMPLETED"
        assert len(s.api.tasks(arn, "RUNNING")) == 3
        await s.until(lambda: "steady" in s.api.events(arn)[-1], 5)
        assert s.api.events(arn)[-2:] == [
            f"(service web) (deployment {primary.id}) deployment completed.",
            "(service web) has reached a steady state.",
        ]

    play(scene, *BEHAVIOUR)


def test_a_rolling_update_replaces_every_task() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 4)
        await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")
        first = s.api.primary(arn)
        await s.api.deploy(arn, BETTER)
        await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")
        second = s.api.primary(arn)
        assert second.id != first.id
        assert {task.started_by for task in s.api.tasks(arn, "RUNNING")} == {second.id}
        reason = {task.stop_request.reason for task in s.api.tasks(arn) if task.stop_request}
        assert reason == {f"Scaling activity initiated by (deployment {first.id})"}

    play(scene, *BEHAVIOUR)


def test_a_broken_version_is_rolled_back() -> None:
    async def scene(s: ServiceScene) -> None:
        configuration = DeploymentConfiguration(
            deployment_circuit_breaker=DeploymentCircuitBreaker(enable=True, rollback=True)
        )
        arn = await s.api.create(GOOD, 2, deployment_configuration=configuration)
        await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")
        first = s.api.primary(arn)
        before = {task.arn for task in s.api.tasks(arn, "RUNNING")}
        attempt = await s.api.deploy(arn, BROKEN)
        await s.until(lambda: s.api.attempt(attempt.arn).status == "ROLLBACK_SUCCESSFUL")
        assert s.api.primary(arn).id == first.id
        assert {task.arn for task in s.api.tasks(arn, "RUNNING")} == before
        assert any("rolling back to deployment" in e for e in s.api.events(arn))

    play(scene, *BEHAVIOUR)


def test_a_deleted_service_stops_its_tasks_and_is_forgotten() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3)
        await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")
        await s.api.delete(arn)
        await s.until(lambda: s.api.service(arn).status == "INACTIVE", 60)

    play(scene, *BEHAVIOUR)
