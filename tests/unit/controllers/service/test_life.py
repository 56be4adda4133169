"""Services whose tasks are well: scaled, spread, placed, protected, tagged, deleted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from tests.support.services import ServiceScene, definition_for, play

from hostless.compute.simulated.behaviour import Behaviour, Capacity
from hostless.controllers.service.news import MOST_EVENTS
from hostless.domain.api_limits import ApiLimits
from hostless.domain.arns import TargetGroupArn
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.deployments import ServiceRevision
from hostless.domain.quotas import Quotas
from hostless.domain.services import DeploymentConfiguration, ServiceLoadBalancer
from hostless.domain.settings import Settings
from hostless.domain.signals import Outage, TargetState
from hostless.domain.tags import Tag
from hostless.domain.target_groups import RecordedHealth, Target
from hostless.domain.tasks import Task
from hostless.store.kinds import (
    DEPLOYMENTS,
    OUTAGES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TARGETS,
    TASKS,
)

GOOD = definition_for("good:1")
BETTER = definition_for("good:2", 2)
BEHAVIOUR = (
    Behaviour(image="crashing*", exit_after_seconds=20.0, exit_code=1),
    Behaviour(image="*", pull_seconds=1.0, start_seconds=0.5, stop_seconds=0.2),
)
LITTLE = Capacity(cpu_units=512 // 4, memory_mib=20_480)
"""Room for two tasks, with the over-commit of four."""


async def completed(s: ServiceScene, arn: str) -> None:
    await s.until(lambda: s.api.primary(arn).rollout_state == "COMPLETED")


def told(s: ServiceScene, arn: str, words: str) -> Callable[[], bool]:
    return lambda: any(words in event for event in s.api.events(arn))


def zones(tasks: list[Task]) -> list[int]:
    return sorted(Counter(task.zone for task in tasks).values())


async def put_outage(s: ServiceScene, outage: Outage) -> None:
    transaction = s.store.transaction("test")
    transaction.put(OUTAGES, outage)
    await transaction.commit()


async def drop_outage(s: ServiceScene, outage: Outage) -> None:
    transaction = s.store.transaction("test")
    transaction.delete(OUTAGES, outage.key)
    await transaction.commit()


def test_a_service_is_scaled_out_and_in_and_keeps_its_zones_even() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3)
        await completed(s, arn)
        await s.api.update(arn, desired_count=9)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 9, 20)
        assert zones(s.api.tasks(arn, "RUNNING")) == [3, 3, 3]
        await s.api.update(arn, desired_count=4)
        await s.until(lambda: len(s.api.tasks(arn, "STOPPED")) == 5, 20)
        assert zones(s.api.tasks(arn, "RUNNING")) == [1, 1, 2]
        assert len(s.api.attempts(arn)) == 1

    play(scene, *BEHAVIOUR)


def test_steady_state_is_told_once_after_every_change_and_again_after_six_hours() -> None:
    async def scene(s: ServiceScene) -> None:
        def steady() -> int:
            return sum("steady" in event for event in s.api.events(arn))

        arn = await s.api.create(GOOD, 1)
        await s.until(lambda: steady() == 1, 60)
        start = s.clock.now()
        await s.api.update(arn, desired_count=2)
        await s.until(lambda: steady() == 2, 60)
        await s.until(lambda: s.clock.now() > start + 5 * 3600, 6 * 3600)
        assert steady() == 2
        await s.until(lambda: steady() == 3, 2 * 3600)

    play(scene, *BEHAVIOUR)


def test_the_newest_hundred_events_are_kept() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(definition_for("crashing:1"), 2)
        await s.until(lambda: len(s.api.tasks(arn, "STOPPED")) > 150, 4000)
        events = s.store.find(SERVICE_EVENTS, "service", arn)
        assert len(events) == MOST_EVENTS
        numbers = sorted(event.number for event in events)
        assert numbers == list(range(numbers[0], numbers[0] + MOST_EVENTS))

    play(scene, *BEHAVIOUR)


def test_protected_tasks_stay_until_their_time_is_over() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3)
        await completed(s, arn)
        until = s.clock.now() + 600
        kept = s.api.tasks(arn, "RUNNING")[0]
        await s.store.update(TASKS, kept.arn, lambda t: replace(t, protected_until=until), "test")
        attempt = await s.api.deploy(arn, BETTER)
        await s.until(told(s, arn, "(reason 1 tasks under protection)"), 120)
        assert s.api.attempt(attempt.arn).status == "IN_PROGRESS"
        await s.until(lambda: s.api.attempt(attempt.arn).status == "SUCCESSFUL", 700)
        assert s.clock.now() > until

    play(scene, *BEHAVIOUR)


def test_what_does_not_fit_waits_until_there_is_room() -> None:
    async def scene(s: ServiceScene) -> None:
        first = await s.api.create(GOOD, 2)
        await completed(s, first)
        second = await s.api.create(GOOD, 1, name="other")
        await s.until(told(s, second, "was unable to place a task. Reason: Capacity is"), 10)
        assert not s.api.tasks(second)
        await s.api.update(first, desired_count=1)
        await s.until(lambda: len(s.api.tasks(second, "RUNNING")) == 1, 10)

    play(scene, *BEHAVIOUR, capacity=LITTLE)


def test_a_strategy_holds_for_all_tasks_together_and_spot_is_not_replaced() -> None:
    async def scene(s: ServiceScene) -> None:
        strategy = (
            CapacityProviderStrategyItem(capacity_provider="FARGATE", weight=1, base=1),
            CapacityProviderStrategyItem(capacity_provider="FARGATE_SPOT", weight=3),
        )
        content = {"launch_type": None, "capacity_provider_strategy": strategy}
        arn = await s.api.create(GOOD, 5, content=content)
        await completed(s, arn)
        assert providers(s, arn) == {"FARGATE": 2, "FARGATE_SPOT": 3}
        await s.api.update(arn, desired_count=9)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 9, 20)
        assert providers(s, arn) == {"FARGATE": 3, "FARGATE_SPOT": 6}
        spot = Outage(kind="spot", name="spot", began_at=s.clock.now())
        await put_outage(s, spot)
        await s.api.update(arn, desired_count=13)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 10, 20)
        assert providers(s, arn) == {"FARGATE": 4, "FARGATE_SPOT": 6}
        await drop_outage(s, spot)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 13, 30)
        assert providers(s, arn) == {"FARGATE": 4, "FARGATE_SPOT": 9}

    play(scene, *BEHAVIOUR)


def providers(s: ServiceScene, arn: str) -> Counter[str | None]:
    return Counter(task.capacity_provider_name for task in s.api.tasks(arn, "RUNNING"))


def test_zones_are_made_even_after_an_outage_and_not_during_it() -> None:
    async def scene(s: ServiceScene) -> None:
        outage = Outage(kind="zone", name="us-east-1c", began_at=s.clock.now())
        await put_outage(s, outage)
        arn = await s.api.create(GOOD, 6)
        await completed(s, arn)
        await s.until(lambda: "steady" in s.api.events(arn)[-1])
        assert zones(s.api.tasks(arn, "RUNNING")) == [3, 3]
        assert len(s.api.tasks(arn)) == 6
        await drop_outage(s, outage)
        await s.until(lambda: zones(s.api.tasks(arn, "RUNNING")) == [2, 2, 2], 300)
        await s.until(told(s, arn, "is AZ balanced with 2 tasks in us-east-1a"), 120)
        assert told(s, arn, "is not AZ balanced with 3 tasks in us-east-1a")()
        assert told(s, arn, "has started 1 tasks in us-east-1c to AZ Rebalance: (task ")()
        assert len(s.api.tasks(arn)) == 8

    play(scene, *BEHAVIOUR)


def test_the_first_task_finds_out_what_image_all_others_run() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 5)
        await s.until(lambda: bool(s.api.tasks(arn)), 5)
        assert len(s.api.tasks(arn)) == 1
        await completed(s, arn)
        revision = revision_of(s, arn)
        (image,) = revision.container_images
        assert image.image_digest is not None
        tasks = s.api.tasks(arn, "RUNNING")
        assert {t.containers[0].image_digest for t in tasks} == {image.image_digest}

    play(scene, *BEHAVIOUR)


def revision_of(s: ServiceScene, arn: str) -> ServiceRevision:
    revision = s.store.get(SERVICE_REVISIONS, s.api.primary(arn).revision_arn)
    assert revision is not None
    return revision


def test_tasks_are_tagged_and_grouped_as_asked() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(
            GOOD,
            1,
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=True,
            tags=(Tag(key="team", value="blue"),),
        )
        await completed(s, arn)
        (task,) = s.api.tasks(arn)
        assert {tag.key: tag.value for tag in task.tags} == {
            "team": "blue",
            "aws:ecs:clusterName": "default",
            "aws:ecs:serviceName": "web",
        }
        assert (task.group, task.started_by) == ("service:web", s.api.primary(arn).id)
        assert task.is_execute_command_enabled

    play(scene, *BEHAVIOUR)


def test_a_deleted_service_is_forgotten_after_an_hour() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 3)
        await completed(s, arn)
        await s.api.delete(arn)
        await s.until(lambda: s.api.service(arn).status == "INACTIVE", 60)
        await s.until(lambda: s.store.get(SERVICES, arn) is None, 3700)
        for kind in (DEPLOYMENTS, SERVICE_DEPLOYMENTS, SERVICE_REVISIONS, SERVICE_EVENTS):
            assert not s.store.find(kind, "service", arn)

    play(scene, *BEHAVIOUR)


def test_a_service_of_the_same_name_has_no_past() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await completed(s, arn)
        await s.api.delete(arn)
        await s.until(lambda: s.api.service(arn).status == "INACTIVE", 60)
        await s.api.create(BETTER, 1)
        await completed(s, arn)
        assert len(s.store.find(DEPLOYMENTS, "service", arn)) == 1
        assert len(s.api.attempts(arn)) == 1
        assert sum("has started" in event for event in s.api.events(arn)) == 1
        assert len(s.api.tasks(arn, "RUNNING")) == 1

    play(scene, *BEHAVIOUR)


def test_replaced_deployments_and_old_attempts_are_dropped() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 1)
        await completed(s, arn)
        for number in range(3):
            await s.api.deploy(arn, definition_for(f"good:{number}", number + 10))
            await completed(s, arn)
        await s.until(lambda: len(s.store.find(DEPLOYMENTS, "service", arn)) == 1, 30)
        assert len(s.api.attempts(arn)) == 4

    play(scene, *BEHAVIOUR)


def test_a_load_balancer_has_a_say_in_health() -> None:
    async def scene(s: ServiceScene) -> None:
        balancer = ServiceLoadBalancer(
            target_group_arn="tg", container_name="main", container_port=80
        )
        content = {"load_balancers": (balancer,)}
        arn = await s.api.create(GOOD, 1, content=content, health_check_grace_period_seconds=30)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 1, 30)
        (task,) = s.api.tasks(arn, "RUNNING")
        await tell_target(s, task, "unhealthy")
        await s.until(lambda: s.clock.now() > (task.started_at or 0) + 29)
        assert s.api.primary(arn).rollout_state == "IN_PROGRESS"
        assert len(s.api.tasks(arn)) == 1
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 2, 30)
        fresh = next(t for t in s.api.tasks(arn, "RUNNING") if t.arn != task.arn)
        await tell_target(s, fresh, "healthy")
        await completed(s, arn)
        await s.until(lambda: [t.arn for t in s.api.tasks(arn, "RUNNING")] == [fresh.arn], 30)
        stopped = s.store.get(TASKS, task.arn)
        assert stopped is not None
        assert stopped.stop_request is not None
        assert stopped.stop_request.reason == "Task failed ELB health checks in (target-group tg)"

    play(scene, *BEHAVIOUR)


async def tell_target(s: ServiceScene, task: Task, state: TargetState) -> None:
    transaction = s.store.transaction("test")
    target = Target(
        target_group_arn=TargetGroupArn("tg"),
        id="10.0.0.1",
        port=int(task.id[:4], 16),
        zone="us-east-1a",
        task_arn=task.arn,
        registered_at=0.0,
        health=RecordedHealth(state=state, since=0.0),
    )
    transaction.put(TARGETS, target)
    await transaction.commit()


def test_launches_can_be_limited_per_minute() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 25)
        start = s.clock.now()
        await s.until(lambda: len(s.api.tasks(arn)) == 10, 30)
        await s.until(lambda: len(s.api.tasks(arn)) == 20, 90)
        assert s.clock.now() - start > 58
        await completed(s, arn)

    quotas = ApiLimits(quotas=Quotas(service_starts_per_minute=10))
    settings = Settings(state_dir="/nowhere", api_limits=quotas)
    play(scene, *BEHAVIOUR, settings=settings)


def test_old_tasks_are_stopped_first_where_there_is_no_room_for_more() -> None:
    async def scene(s: ServiceScene) -> None:
        configuration = DeploymentConfiguration(minimum_healthy_percent=50, maximum_percent=200)
        arn = await s.api.create(GOOD, 2, deployment_configuration=configuration)
        await completed(s, arn)
        attempt = await s.api.deploy(arn, BETTER)
        await s.until(lambda: s.api.attempt(attempt.arn).status == "SUCCESSFUL", 300)

    play(scene, *BEHAVIOUR, capacity=LITTLE)
