"""Service deployments and revisions through a real client."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, fargate, refusal, service_members
from tests.support.client import LoopThread

from hostless.domain.deployments import ServiceDeployment
from hostless.domain.new_service import begin_rollback
from hostless.store.kinds import DEPLOYMENTS, SERVICE_DEPLOYMENTS

NOWHERE = "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/none"


@pytest.fixture
def ecs_with_service(ready_to_run: Any, world: World) -> Any:
    ready_to_run.create_service(**service_members(world))
    return ready_to_run


def newest(ecs: Any) -> str:
    return str(
        ecs.list_service_deployments(service="web")["serviceDeployments"][0]["serviceDeploymentArn"]
    )


def change(world: World, portal: LoopThread, arn: str, **changes: Any) -> ServiceDeployment | None:
    """What the service controller would have done."""
    return portal.run(
        world.store.update(SERVICE_DEPLOYMENTS, arn, lambda a: replace(a, **changes), "test")
    )


def test_a_service_deployment_tells_where_it_leads(ecs_with_service: Any) -> None:
    service = ecs_with_service.describe_services(services=["web"])["services"][0]
    arn = newest(ecs_with_service)
    assert service["currentServiceDeployment"] == arn
    answer = ecs_with_service.describe_service_deployments(serviceDeploymentArns=[arn, NOWHERE])
    assert answer["failures"] == [{"arn": NOWHERE, "reason": "MISSING"}]
    (shown,) = answer["serviceDeployments"]
    times = {name: shown.pop(name) for name in ("createdAt", "updatedAt")}
    assert times["createdAt"] == times["updatedAt"] == service["createdAt"]
    assert shown == {
        "serviceDeploymentArn": arn,
        "serviceArn": service["serviceArn"],
        "clusterArn": service["clusterArn"],
        "sourceServiceRevisions": [],
        "targetServiceRevision": service["currentServiceRevisions"][0],
        "status": "PENDING",
        "deploymentConfiguration": service["deploymentConfiguration"],
        "deploymentCircuitBreaker": {"status": "DISABLED", "failureCount": 0, "threshold": 0},
        "alarms": {"status": "DISABLED", "alarmNames": [], "triggeredAlarmNames": []},
    }


def test_a_revision_is_what_its_tasks_are_made_from(ecs_with_service: Any) -> None:
    service = ecs_with_service.describe_services(services=["web"])["services"][0]
    arn = service["currentServiceRevisions"][0]["arn"]
    answer = ecs_with_service.describe_service_revisions(
        serviceRevisionArns=[arn, arn.replace("/web/", "/other/")]
    )
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    assert answer["serviceRevisions"] == [
        {
            "serviceRevisionArn": arn,
            "serviceArn": service["serviceArn"],
            "clusterArn": service["clusterArn"],
            "taskDefinition": service["taskDefinition"],
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "platformFamily": "Linux",
            "loadBalancers": [],
            "serviceRegistries": [],
            "networkConfiguration": service["networkConfiguration"],
            "gatewayConnectors": [],
            "containerImages": [{"containerName": "app", "image": "busybox:1"}],
            "guardDutyEnabled": False,
            "createdAt": service["createdAt"],
        }
    ]


def test_the_newest_deployments_come_first_in_pages(ecs_with_service: Any) -> None:
    for _ in range(4):
        ecs_with_service.update_service(service="web", forceNewDeployment=True)
    listed = ecs_with_service.list_service_deployments(service="web")["serviceDeployments"]
    times = [brief["createdAt"] for brief in listed]
    assert times == sorted(times, reverse=True)
    assert len(listed) == 5
    found, token = [], None
    while token or not found:
        more = {"nextToken": token} if token else {}
        page = ecs_with_service.list_service_deployments(service="web", maxResults=2, **more)
        found += page["serviceDeployments"]
        token = page.get("nextToken")
    assert found == listed
    middle = listed[2]["createdAt"]
    for span, count in (({"before": middle}, 2), ({"after": middle}, 2), ({"after": 9e9}, 0)):
        answer = ecs_with_service.list_service_deployments(service="web", createdAt=span)
        assert len(answer["serviceDeployments"]) == count, span


def test_deployments_are_listed_by_status(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    done = newest(ecs_with_service)
    change(world, portal, done, status="SUCCESSFUL", finished_at=world.clock.now())
    ecs_with_service.update_service(service="web", forceNewDeployment=True)

    def listed(*status: str) -> list[str]:
        answer = ecs_with_service.list_service_deployments(service="web", status=list(status))
        return [brief["serviceDeploymentArn"] for brief in answer["serviceDeployments"]]

    assert listed("SUCCESSFUL") == [done]
    assert len(listed("SUCCESSFUL", "PENDING")) == 2
    assert listed("ROLLBACK_FAILED") == []
    assert refusal(lambda: listed("NONE"))[0] == "InvalidParameterException"


def test_stopping_asks_for_a_rollback_and_the_first_wish_stands(
    ecs_with_service: Any, world: World
) -> None:
    arn = newest(ecs_with_service)
    for stop_type in ({}, {"stopType": "ABORT"}, {"stopType": "ROLLBACK"}):
        answer = ecs_with_service.stop_service_deployment(serviceDeploymentArn=arn, **stop_type)
        assert answer["serviceDeploymentArn"] == arn
    attempt = world.store.get(SERVICE_DEPLOYMENTS, arn)
    assert attempt is not None
    assert (attempt.stop_request, attempt.status) == ("ROLLBACK", "PENDING")
    shown = ecs_with_service.describe_service_deployments(serviceDeploymentArns=[arn])
    assert shown["serviceDeployments"][0]["status"] == "ROLLBACK_REQUESTED"


def test_a_deployment_is_stopped_where_it_is_by_an_abort(ecs_with_service: Any) -> None:
    arn = newest(ecs_with_service)
    ecs_with_service.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    brief = ecs_with_service.list_service_deployments(service="web")["serviceDeployments"][0]
    assert brief["status"] == "STOP_REQUESTED"


def test_what_has_ended_cannot_be_stopped(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    arn = newest(ecs_with_service)
    change(world, portal, arn, status="SUCCESSFUL")
    code, _ = refusal(ecs_with_service.stop_service_deployment, serviceDeploymentArn=arn)
    assert code == "ConflictException"


def test_what_is_not_there_is_neither_stopped_nor_continued(ecs_with_service: Any) -> None:
    missing = {"serviceDeploymentArn": NOWHERE}
    code = "ServiceDeploymentNotFoundException"
    assert refusal(ecs_with_service.stop_service_deployment, **missing)[0] == code
    assert (
        refusal(ecs_with_service.continue_service_deployment, hookId="hook", **missing)[0] == code
    )
    wrong = {"serviceDeploymentArn": "arn:aws:ecs:us-east-1:000000000000:service/default/web"}
    assert refusal(ecs_with_service.stop_service_deployment, **wrong) == (
        "InvalidParameterException",
        "Unsupported resource type: service",
    )


def test_a_rolling_update_never_waits_to_be_continued(ecs_with_service: Any) -> None:
    arn = newest(ecs_with_service)
    code, _ = refusal(
        ecs_with_service.continue_service_deployment, serviceDeploymentArn=arn, hookId="hook"
    )
    assert code == "InvalidParameterException"


def test_twenty_are_described_at_once(ecs_with_service: Any) -> None:
    many = [f"{NOWHERE}{number}" for number in range(21)]
    assert refusal(ecs_with_service.describe_service_deployments, serviceDeploymentArns=many) == (
        "InvalidParameterException",
        "serviceDeploymentArns can have at most 20 items.",
    )
    assert refusal(ecs_with_service.describe_service_revisions, serviceRevisionArns=[]) == (
        "InvalidParameterException",
        "ServiceRevisionArns cannot be empty.",
    )


def test_after_a_rollback_the_service_is_what_it_was_and_a_change_builds_on_that(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    first = ecs_with_service.describe_services(services=["web"])["services"][0]
    ecs_with_service.register_task_definition(**fargate())
    ecs_with_service.update_service(service="web", taskDefinition="web:2")
    portal.run(roll_back(world, first["deployments"][0]["id"]))
    shown = ecs_with_service.describe_services(services=["web"])["services"][0]
    assert shown["taskDefinition"].endswith("web:1")
    assert shown["deployments"][0]["id"] == first["deployments"][0]["id"]
    told = [(d["status"], d["desiredCount"]) for d in shown["deployments"]]
    assert told == [("PRIMARY", 2), ("ACTIVE", 0)]
    same = ecs_with_service.update_service(service="web", taskDefinition="web:1")["service"]
    assert same["deployments"][0]["id"] == first["deployments"][0]["id"]
    again = ecs_with_service.update_service(service="web", taskDefinition="web:2")["service"]
    assert again["taskDefinition"].endswith("web:2")
    assert again["deployments"][0]["id"] != first["deployments"][0]["id"]


async def roll_back(world: World, to: str) -> None:
    """What the service controller would do."""
    transaction = world.store.transaction("test")
    deployments = list(world.store.all(DEPLOYMENTS))
    newest_attempt = max(world.store.all(SERVICE_DEPLOYMENTS), key=lambda a: a.created_at)
    deployment, attempt = begin_rollback(
        newest_attempt,
        next(d for d in deployments if d.id == to),
        "why",
        deployments,
        world.clock.now(),
    )
    transaction.put(DEPLOYMENTS, deployment)
    transaction.put(SERVICE_DEPLOYMENTS, attempt)
    await transaction.commit()
