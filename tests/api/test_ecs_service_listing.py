"""Services among others: described, listed in pages, counted, tagged; their tasks."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, network, refusal, service_members
from tests.support.client import LoopThread

from hostless.domain.services import ServiceEvent
from hostless.store.kinds import DEPLOYMENTS, SERVICE_EVENTS, SERVICES

INVALID = "InvalidParameterException"
ARN = "arn:aws:ecs:us-east-1:000000000000:service/default/"


@pytest.fixture
def ecs_with_service(ready_to_run: Any, world: World) -> Any:
    ready_to_run.create_service(**service_members(world))
    return ready_to_run


def give_tasks(ecs: Any, world: World, portal: LoopThread, *statuses: str) -> list[str]:
    """Tasks of the newest deployment of `web`, as the service controller would start them."""
    service = ecs.describe_services(services=["web"])["services"][0]
    members = {"taskDefinition": "web", "launchType": "FARGATE", **network(world)}
    arns = []
    for status in statuses:
        arn = ecs.run_task(**members)["tasks"][0]["taskArn"]
        portal.run(
            world.set_task(
                arn,
                status=status,
                goal="STOPPED" if status == "STOPPED" else "RUNNING",
                service_arn=service["serviceArn"],
                started_by=service["deployments"][0]["id"],
                group="service:web",
                is_counted=status == "STOPPED",
            )
        )
        arns.append(arn)
    return arns


def test_what_is_missing_is_told_beside_what_is_there(ecs_with_service: Any) -> None:
    answer = ecs_with_service.describe_services(services=["web", "none", f"{ARN}web"])
    assert [service["serviceName"] for service in answer["services"]] == ["web"]
    assert answer["failures"] == [{"arn": f"{ARN}none", "reason": "MISSING"}]


def test_ten_services_are_described_at_once(ready_to_run: Any) -> None:
    eleven = [f"s{number}" for number in range(11)]
    assert refusal(ready_to_run.describe_services, services=eleven) == (
        INVALID,
        "services can have at most 10 items.",
    )
    assert refusal(ready_to_run.describe_services, services=[]) == (
        INVALID,
        "Services cannot be empty.",
    )
    answer = ready_to_run.describe_services(services=eleven[:10])
    assert len(answer["failures"]) == 10


def test_tasks_are_counted_by_the_deployment_they_belong_to(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    give_tasks(ecs_with_service, world, portal, "RUNNING", "PENDING", "PROVISIONING", "STOPPING")
    old = ecs_with_service.describe_services(services=["web"])["services"][0]
    assert (old["runningCount"], old["pendingCount"], old["desiredCount"]) == (1, 2, 2)
    ecs_with_service.update_service(service="web", forceNewDeployment=True)
    give_tasks(ecs_with_service, world, portal, "RUNNING")
    service = ecs_with_service.describe_services(services=["web"])["services"][0]
    primary, active = service["deployments"]
    assert (primary["status"], active["status"]) == ("PRIMARY", "ACTIVE")
    assert active["id"] == old["deployments"][0]["id"]
    names = ("desiredCount", "pendingCount", "runningCount")
    assert [primary[name] for name in names] == [2, 0, 1]
    assert [active[name] for name in names] == [3, 2, 1]
    assert (service["runningCount"], service["pendingCount"]) == (2, 2)
    revisions = service["currentServiceRevisions"]
    assert [r["requestedTaskCount"] for r in revisions] == [2, 3]
    assert service["currentServiceDeployment"] != old["currentServiceDeployment"]


def test_failed_tasks_are_those_in_a_row(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    async def fail() -> None:
        (deployment,) = world.store.all(DEPLOYMENTS)
        transaction = world.store.transaction("test")
        failed = replace(deployment, failed_tasks=5, failures_in_a_row=2)
        transaction.put(DEPLOYMENTS, failed)
        await transaction.commit()

    portal.run(fail())
    service = ecs_with_service.describe_services(services=["web"])["services"][0]
    assert service["deployments"][0]["failedTasks"] == 2


def test_a_service_is_stable_when_one_deployment_runs_all_that_is_desired(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    give_tasks(ecs_with_service, world, portal, "RUNNING", "RUNNING")
    waiter = ecs_with_service.get_waiter("services_stable")
    waiter.wait(services=["web"], WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_the_newest_events_come_first(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    async def tell() -> None:
        transaction = world.store.transaction("test")
        for number in (2, 1, 3):
            event = ServiceEvent(
                id=f"e{number}",
                service_arn=next(iter(world.store.all(SERVICES))).arn,
                number=number,
                created_at=100.0,
                message=f"(service web) {number}.",
            )
            transaction.put(SERVICE_EVENTS, event)
        await transaction.commit()

    portal.run(tell())
    service = ecs_with_service.describe_services(services=["web"])["services"][0]
    assert [event["message"][-2] for event in service["events"]] == ["3", "2", "1"]


def test_services_are_listed_ten_at_a_time(ready_to_run: Any, world: World) -> None:
    names = [f"s{number:02}" for number in range(23)]
    for name in names:
        ready_to_run.create_service(**service_members(world, serviceName=name))
    first = ready_to_run.list_services()
    assert first["serviceArns"] == [ARN + name for name in names[:10]]
    pages = list(ready_to_run.get_paginator("list_services").paginate())
    assert [len(page["serviceArns"]) for page in pages] == [10, 10, 3]
    assert [a for page in pages for a in page["serviceArns"]] == [ARN + name for name in names]
    assert len(ready_to_run.list_services(maxResults=100)["serviceArns"]) == 23
    token = first["nextToken"]
    assert refusal(ready_to_run.list_services, nextToken=token, launchType="EC2") == (
        INVALID,
        "Invalid token.",
    )


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"launchType": "FARGATE"}, 1),
        ({"launchType": "EC2"}, 0),
        ({"schedulingStrategy": "REPLICA"}, 1),
        ({"schedulingStrategy": "DAEMON"}, 0),
        ({"resourceManagementType": "CUSTOMER"}, 1),
        ({"resourceManagementType": "ECS"}, 0),
    ],
)
def test_listed_services_are_filtered(
    filters: dict[str, str], count: int, ecs_with_service: Any
) -> None:
    assert len(ecs_with_service.list_services(**filters)["serviceArns"]) == count


def test_the_tasks_of_a_service_are_listed(
    ecs_with_service: Any, world: World, portal: LoopThread
) -> None:
    ecs_with_service.run_task(taskDefinition="web", launchType="FARGATE", **network(world))
    running, stopped = give_tasks(ecs_with_service, world, portal, "RUNNING", "STOPPED")
    assert ecs_with_service.list_tasks(serviceName="web")["taskArns"] == [running]
    for name in ("web", f"{ARN}web"):
        answer = ecs_with_service.list_tasks(serviceName=name, desiredStatus="STOPPED")
        assert answer["taskArns"] == [stopped]
    assert refusal(ecs_with_service.list_tasks, serviceName="none") == (
        "ServiceNotFoundException",
        "Service not found.",
    )


def test_tags_of_services_come_and_go(ready_to_run: Any, world: World) -> None:
    tag = {"key": "team", "value": "one"}
    made = ready_to_run.create_service(**service_members(world, tags=[tag]))["service"]
    assert made["tags"] == [tag]
    shown = ready_to_run.describe_services(services=["web"])["services"][0]
    assert "tags" not in shown
    ready_to_run.tag_resource(resourceArn=f"{ARN}web", tags=[{"key": "b", "value": "2"}])
    ready_to_run.untag_resource(resourceArn=f"{ARN}web", tagKeys=["team"])
    left = [{"key": "b", "value": "2"}]
    assert ready_to_run.list_tags_for_resource(resourceArn=f"{ARN}web")["tags"] == left
    shown = ready_to_run.describe_services(services=["web"], include=["TAGS"])["services"][0]
    assert shown["tags"] == left
    short = "arn:aws:ecs:us-east-1:000000000000:service/web"
    assert refusal(ready_to_run.list_tags_for_resource, resourceArn=short) == (
        INVALID,
        "Long arn format must be used for tagging operations",
    )


def test_a_cluster_with_services_stays(ecs_with_service: Any) -> None:
    refused = (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )
    assert refusal(ecs_with_service.delete_cluster, cluster="default") == refused
    ecs_with_service.delete_service(service="web", force=True)
    assert refusal(ecs_with_service.delete_cluster, cluster="default") == refused
    cluster = ecs_with_service.describe_clusters(include=["STATISTICS"])["clusters"][0]
    assert cluster["activeServicesCount"] == 0


def test_no_service_is_in_a_namespace(ecs_with_service: Any) -> None:
    assert refusal(ecs_with_service.list_services_by_namespace, namespace="internal") == (
        "NamespaceNotFoundException",
        "Failed to retrieve namespace for internal",
    )
