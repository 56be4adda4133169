"""Services through a real client: made, changed, shown, listed, deleted."""

from dataclasses import replace
from typing import Any

from tests.support.api_world import EPOCH, World, fargate, network, refusal, service_members
from tests.support.client import LoopThread

from hostless.store.kinds import DEPLOYMENTS, SERVICE_DEPLOYMENTS, SERVICE_REVISIONS, SERVICES


def counted(world: World) -> tuple[int, ...]:
    kinds = (SERVICES, SERVICE_REVISIONS, DEPLOYMENTS, SERVICE_DEPLOYMENTS)
    return tuple(len(world.store.table(kind)) for kind in kinds)  # type: ignore[arg-type]


def test_a_new_service_is_shown_as_aws_shows_it(ready_to_run: Any, world: World) -> None:
    shown = ready_to_run.create_service(**service_members(world))["service"]
    (deployment,) = shown["deployments"]
    digits = deployment["id"].removeprefix("ecs-svc/")
    awsvpc = {
        "subnets": [subnet.id for subnet in world.network.subnets],
        "securityGroups": [world.network.parts.security_group.id],
        "assignPublicIp": "DISABLED",
    }
    revision = f"arn:aws:ecs:us-east-1:000000000000:service-revision/default/web/{digits}"
    assert deployment == {
        "id": f"ecs-svc/{digits}",
        "status": "PRIMARY",
        "taskDefinition": "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
        "desiredCount": 2,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": deployment["createdAt"],
        "updatedAt": deployment["createdAt"],
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": {"awsvpcConfiguration": awsvpc},
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment ecs-svc/{digits} in progress.",
    }
    assert {**shown, "deployments": [], "currentServiceDeployment": ""} == {
        "serviceArn": "arn:aws:ecs:us-east-1:000000000000:service/default/web",
        "serviceName": "web",
        "clusterArn": "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 0,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {
                "enable": False,
                "rollback": False,
                "resetOnHealthyTask": True,
                "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
            },
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
        },
        "deployments": [],
        "events": [],
        "createdAt": shown["createdAt"],
        "currentServiceDeployment": "",
        "currentServiceRevisions": [
            {
                "arn": revision,
                "requestedTaskCount": 2,
                "runningTaskCount": 0,
                "pendingTaskCount": 0,
            }
        ],
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": {"awsvpcConfiguration": awsvpc},
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": shown["createdBy"],
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED",
        "resourceManagementType": "CUSTOMER",
    }
    assert shown["createdAt"].timestamp() > EPOCH


def test_only_what_tasks_are_made_from_begins_a_rollout(ready_to_run: Any, world: World) -> None:
    ready_to_run.create_service(**service_members(world))
    before = ready_to_run.describe_services(services=["web"])["services"][0]
    quiet = ready_to_run.update_service(
        service="web",
        desiredCount=5,
        deploymentConfiguration={"minimumHealthyPercent": 50},
        healthCheckGracePeriodSeconds=7,
        propagateTags="SERVICE",
        taskDefinition="web:1",
        **network(world),
    )["service"]
    assert [d["id"] for d in quiet["deployments"]] == [d["id"] for d in before["deployments"]]
    assert (quiet["desiredCount"], quiet["deployments"][0]["desiredCount"]) == (5, 5)
    assert quiet["deploymentConfiguration"]["minimumHealthyPercent"] == 50
    ready_to_run.register_task_definition(**fargate())
    changed = ready_to_run.update_service(service="web", taskDefinition="web")["service"]
    assert changed["taskDefinition"].endswith("web:2")
    assert changed["deployments"][0]["id"] != before["deployments"][0]["id"]
    forced = ready_to_run.update_service(service="web", forceNewDeployment=True)["service"]
    assert forced["deployments"][0]["id"] != changed["deployments"][0]["id"]
    assert counted(world) == (1, 3, 3, 3)


def test_a_deleted_service_drains_and_is_not_listed_any_more(
    ready_to_run: Any, world: World
) -> None:
    ready_to_run.create_service(**service_members(world))
    scaled = ("InvalidParameterException",)
    assert refusal(ready_to_run.delete_service, service="web") == (
        *scaled,
        "The service cannot be stopped while it is scaled above 0.",
    )
    assert len(ready_to_run.list_services()["serviceArns"]) == 1
    deleted = ready_to_run.delete_service(service="web", force=True)["service"]
    assert (deleted["status"], deleted["desiredCount"]) == ("DRAINING", 0)
    assert ready_to_run.list_services()["serviceArns"] == []
    assert refusal(ready_to_run.update_service, service="web", desiredCount=1) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    )
    assert refusal(ready_to_run.create_service, **service_members(world)) == (
        *scaled,
        "Unable to Start a service that is still Draining.",
    )


def test_the_call_that_made_a_service_may_be_made_again_with_its_token(
    ready_to_run: Any, world: World
) -> None:
    not_idempotent = ("InvalidParameterException", "Creation of service was not idempotent.")
    members = service_members(world, clientToken="token")
    made = ready_to_run.create_service(**members)["service"]
    assert ready_to_run.create_service(**members)["service"] == made
    assert refusal(ready_to_run.create_service, **service_members(world)) == not_idempotent
    for changes in ({"desiredCount": 3}, {"clientToken": "other"}, {"serviceName": "other"}):
        again = {**members, **changes}
        assert refusal(ready_to_run.create_service, **again) == not_idempotent
    assert counted(world) == (1, 1, 1, 1)


def test_a_name_can_be_used_again_once_the_service_is_inactive(
    ready_to_run: Any, world: World, portal: LoopThread
) -> None:
    members = service_members(world, clientToken="token")
    first = ready_to_run.create_service(**members)["service"]
    ready_to_run.delete_service(service="web", force=True)

    async def end() -> None:
        """What the service controller would do."""
        await world.store.update(
            SERVICES, first["serviceArn"], lambda s: replace(s, status="INACTIVE"), "test"
        )

    portal.run(end())
    gone = ready_to_run.describe_services(services=["web"])["services"][0]
    assert (gone["status"], gone["deployments"], gone["runningCount"]) == ("INACTIVE", [], 0)
    waiter = ready_to_run.get_waiter("services_inactive")
    waiter.wait(services=["web"], WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    again = ready_to_run.create_service(**members)["service"]
    assert again["status"] == "ACTIVE"
    assert again["deployments"][0]["id"] != first["deployments"][0]["id"]
    assert counted(world) == (1, 1, 1, 1)


def test_a_strategy_is_changed_by_force_and_taken_back_by_an_empty_list(
    ready_to_run: Any, world: World
) -> None:
    ready_to_run.create_service(**service_members(world))
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    changed = ready_to_run.update_service(
        service="web", capacityProviderStrategy=spot, forceNewDeployment=True
    )["service"]
    assert changed["capacityProviderStrategy"] == spot
    assert "launchType" not in changed
    same = ready_to_run.update_service(
        service="web", capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    )["service"]
    assert same["deployments"][0]["id"] == changed["deployments"][0]["id"]
    back = ready_to_run.update_service(
        service="web", capacityProviderStrategy=[], forceNewDeployment=True
    )["service"]
    assert back["launchType"] == "FARGATE"
    assert "capacityProviderStrategy" not in back


def test_a_service_without_launch_type_follows_the_default_strategy_of_its_cluster(
    ready_to_run: Any, world: World
) -> None:
    strategy = [{"capacityProvider": "FARGATE", "weight": 1, "base": 2}]
    ready_to_run.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy
    )
    members = service_members(world)
    del members["launchType"]
    assert ready_to_run.create_service(**members)["service"]["capacityProviderStrategy"] == strategy


def test_a_deregistered_definition_still_serves_its_services(
    ready_to_run: Any, world: World
) -> None:
    ready_to_run.create_service(**service_members(world))
    ready_to_run.deregister_task_definition(taskDefinition="web:1")
    forced = ready_to_run.update_service(service="web", forceNewDeployment=True, desiredCount=4)
    assert forced["service"]["taskDefinition"].endswith("web:1")


def test_a_pinned_platform_version_is_shown_as_asked_and_starts_a_rollout_when_it_differs(
    ready_to_run: Any, world: World
) -> None:
    made = ready_to_run.create_service(**service_members(world))["service"]
    same = ready_to_run.update_service(service="web", platformVersion="1.4.0")["service"]
    assert same["platformVersion"] == "1.4.0"
    assert same["deployments"][0]["id"] == made["deployments"][0]["id"]
    older = ready_to_run.update_service(service="web", platformVersion="1.3.0")["service"]
    assert older["deployments"][0]["platformVersion"] == "1.3.0"
    assert older["deployments"][0]["id"] != made["deployments"][0]["id"]
