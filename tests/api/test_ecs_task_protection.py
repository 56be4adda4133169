"""Protection of service tasks from scale-in, through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, network, refusal, service_members
from tests.support.client import LoopThread

from hostless.store.kinds import TASKS

INVALID = "InvalidParameterException"


@pytest.fixture
def ecs_with_service(ready_to_run: Any, world: World) -> Any:
    ready_to_run.create_service(**service_members(world))
    return ready_to_run


def new_task(ecs: Any, world: World) -> str:
    members = {"taskDefinition": "web", "launchType": "FARGATE", **network(world)}
    return str(ecs.run_task(**members)["tasks"][0]["taskArn"])


def service_task(ecs: Any, world: World, portal: LoopThread) -> str:
    """A task of the newest deployment of `web`."""
    service = ecs.describe_services(services=["web"])["services"][0]
    arn = new_task(ecs, world)
    started_by = service["deployments"][0]["id"]
    portal.run(
        world.set_task(
            arn, status="RUNNING", service_arn=service["serviceArn"], started_by=started_by
        )
    )
    return arn


def protect(ecs: Any, *tasks: str, **members: Any) -> Any:
    given = {"cluster": "default", "protectionEnabled": True, **members}
    return ecs.update_task_protection(tasks=list(tasks), **given)


def test_a_task_is_protected_for_two_hours_unless_said_otherwise(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    arn = service_task(ecs_with_service, world, portal)
    before = ecs_with_service.get_task_protection(cluster="default", tasks=[arn])
    assert before["protectedTasks"] == [{"taskArn": arn, "protectionEnabled": False}]
    (shown,) = protect(ecs_with_service, arn)["protectedTasks"]
    assert shown["protectionEnabled"] is True
    first = shown["expirationDate"]
    (shown,) = protect(ecs_with_service, arn, expiresInMinutes=240)["protectedTasks"]
    assert 7100 < (shown["expirationDate"] - first).total_seconds() < 7300
    after = ecs_with_service.get_task_protection(cluster="default", tasks=[arn])
    assert after["protectedTasks"] == [shown]


def test_protection_is_taken_back_and_runs_out(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    arn = service_task(ecs_with_service, world, portal)
    protect(ecs_with_service, arn)
    off = [{"taskArn": arn, "protectionEnabled": False}]
    assert protect(ecs_with_service, arn, protectionEnabled=False)["protectedTasks"] == off
    portal.run(world.set_task(arn, protected_until=1.0))
    shown = ecs_with_service.get_task_protection(cluster="default", tasks=[arn])
    assert shown["protectedTasks"] == off


def test_tasks_of_no_service_and_missing_ones_are_failures(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    alone, of_service = (
        new_task(ecs_with_service, world),
        service_task(ecs_with_service, world, portal),
    )
    missing = f"{alone.rpartition('/')[0]}/{'f' * 32}"
    answer = protect(ecs_with_service, alone, of_service, missing)
    assert [task["taskArn"] for task in answer["protectedTasks"]] == [of_service]
    reasons = {failure["arn"]: failure["reason"] for failure in answer["failures"]}
    assert reasons == {alone: "TASK_NOT_VALID", missing: "MISSING"}
    answer = ecs_with_service.get_task_protection(cluster="default", tasks=[alone, missing])
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID", "MISSING"]


def test_ten_tasks_at_once_for_one_minute_to_two_days(ecs_with_service: Any) -> None:
    eleven = [f"{number:032x}" for number in range(11)]
    call = ecs_with_service.update_task_protection
    common = {"cluster": "default", "protectionEnabled": True}
    assert refusal(call, tasks=eleven, **common) == (INVALID, "tasks can have at most 10 items.")
    for minutes in (0, 2881):
        assert refusal(call, tasks=eleven[:1], expiresInMinutes=minutes, **common) == (
            INVALID,
            "expiresInMinutes must be between 1 and 2880.",
        )
    answer = call(tasks=eleven[:1], expiresInMinutes=2880, **common)
    assert answer["failures"][0]["reason"] == "MISSING"


def test_an_old_task_is_not_protected_while_others_hold_a_deployment_up(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    first = service_task(ecs_with_service, world, portal)
    second = service_task(ecs_with_service, world, portal)
    protect(ecs_with_service, first)
    ecs_with_service.update_service(service="web", forceNewDeployment=True)
    new = service_task(ecs_with_service, world, portal)
    answer = protect(ecs_with_service, first, second, new)
    assert [task["taskArn"] for task in answer["protectedTasks"]] == [first, new]
    assert answer["failures"][0]["reason"] == "DEPLOYMENT_BLOCKED"
    task = world.store.get(TASKS, second)
    assert task is not None
    assert task.protected_until is None
