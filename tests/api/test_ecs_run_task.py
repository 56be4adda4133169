"""RunTask through a real client: what it makes, and what it refuses without making anything."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, network
from tests.support.client import LoopThread, make_client

from hostless.compute.seam import Capabilities
from hostless.domain.signals import Outage
from hostless.store.kinds import OUTAGES, TASKS

CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/default"


def test_a_new_task_is_shown_to_the_field(
    ready_to_run: Any, request_members: dict[str, Any], world: World
) -> None:
    task = ready_to_run.run_task(**request_members)["tasks"][0]
    created_at = task.pop("createdAt")
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 60
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    assert task["taskArn"] == f"arn:aws:ecs:us-east-1:000000000000:task/default/{task_id}"
    assert len(task_id) == 32
    attachment = task["attachments"][0]
    container = task["containers"][0]
    assert container.pop("containerArn").startswith(
        f"arn:aws:ecs:us-east-1:000000000000:container/default/{task_id}/"
    )
    assert task == {
        "attachments": [
            {
                "id": attachment["id"],
                "type": "ElasticNetworkInterface",
                "status": "PRECREATED",
                "details": [{"name": "subnetId", "value": world.network.subnets[0].id}],
            }
        ],
        "attributes": [
            {"name": "ecs.cpu-architecture", "value": "x86_64"},
            {"name": "hostless.isolation", "value": "simulated"},
        ],
        "clusterArn": CLUSTER,
        "containers": [
            {
                "taskArn": task["taskArn"],
                "name": "app",
                "image": "busybox:1",
                "lastStatus": "PENDING",
                "networkBindings": [],
                "networkInterfaces": [],
                "healthStatus": "UNKNOWN",
                "cpu": "0",
            }
        ],
        "cpu": "256",
        "desiredStatus": "RUNNING",
        "enableExecuteCommand": False,
        "group": "family:web",
        "healthStatus": "UNKNOWN",
        "inferenceAccelerators": [],
        "lastStatus": "PROVISIONING",
        "launchType": "FARGATE",
        "memory": "512",
        "overrides": {
            "containerOverrides": [{"name": "app"}],
            "inferenceAcceleratorOverrides": [],
        },
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "tags": [],
        "taskArn": task["taskArn"],
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
        "version": 1,
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
    }


def test_everything_that_can_be_said_is_kept(
    ready_to_run: Any, request_members: dict[str, Any], world: World
) -> None:
    overrides = {
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": ROLE,
        "ephemeralStorage": {"sizeInGiB": 30},
        "containerOverrides": [
            {
                "name": "app",
                "command": ["sleep", "1"],
                "environment": [{"name": "A", "value": "1"}],
                "cpu": 100,
                "memory": 900,
                "memoryReservation": 800,
            }
        ],
    }
    group = world.network.parts.security_group.id
    answer = ready_to_run.run_task(
        **{**request_members, **network(world, securityGroups=[group])},
        overrides=overrides,
        count=2,
        group="my-group",
        startedBy="me",
        tags=[{"key": "a", "value": "b"}],
        propagateTags="TASK_DEFINITION",
        enableECSManagedTags=True,
        enableExecuteCommand=True,
        platformVersion="LATEST",
    )
    task = answer["tasks"][1]
    assert len(answer["tasks"]) == 2
    assert (task["cpu"], task["memory"]) == ("512", "1024")
    assert task["ephemeralStorage"] == {"sizeInGiB": 30}
    assert task["overrides"] == {**overrides, "inferenceAcceleratorOverrides": []}
    assert (task["group"], task["startedBy"]) == ("my-group", "me")
    assert task["enableExecuteCommand"] is True
    container = task["containers"][0]
    assert (container["cpu"], container["memory"]) == ("100", "900")
    assert container["memoryReservation"] == "800"
    assert container["managedAgents"] == [{"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}]
    assert {tag["key"]: tag["value"] for tag in task["tags"]} == {
        "a": "b",
        "of": "definition",
        "aws:ecs:clusterName": "default",
    }
    record = world.store.get(TASKS, task["taskArn"])
    assert record is not None
    assert record.placement.security_groups == (group,)


def test_the_same_token_gives_the_same_tasks(
    ready_to_run: Any, request_members: dict[str, Any], world: World
) -> None:
    first = ready_to_run.run_task(**request_members, count=2, clientToken="t")
    again = ready_to_run.run_task(**request_members, count=2, clientToken="t")
    assert [t["taskArn"] for t in again["tasks"]] == [t["taskArn"] for t in first["tasks"]]
    assert len(list(world.store.all(TASKS))) == 2


def test_a_token_with_other_parameters_is_a_conflict(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    arn = ready_to_run.run_task(**request_members, clientToken="t")["tasks"][0]["taskArn"]
    with pytest.raises(ready_to_run.exceptions.ConflictException) as error:
        ready_to_run.run_task(**request_members, clientToken="t", group="other")
    assert error.value.response["resourceIds"] == [arn]


def test_base_goes_first_and_weights_share_the_rest(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    del request_members["launchType"]
    answer = ready_to_run.run_task(
        **request_members,
        count=10,
        capacityProviderStrategy=[
            {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 3},
        ],
    )
    providers = Counter(task["capacityProviderName"] for task in answer["tasks"])
    assert providers == {"FARGATE": 4, "FARGATE_SPOT": 6}
    assert {task["launchType"] for task in answer["tasks"]} == {"FARGATE"}


def test_the_clusters_default_strategy_holds_where_nothing_is_said(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    ready_to_run.put_cluster_capacity_providers(
        cluster="default",
        capacityProviders=["FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )
    del request_members["launchType"]
    task = ready_to_run.run_task(**request_members)["tasks"][0]
    assert task["capacityProviderName"] == "FARGATE_SPOT"


async def small_world() -> World:
    """Room for three tasks of 0.25 vCPU and 0.5 GB, by CPU; memory for many."""
    capabilities = Capabilities(
        isolation_levels=("simulated",), cpu_units=200, memory_mib=1_000_000
    )
    return await World(capabilities=capabilities).open()


def test_tasks_beyond_the_machines_room_are_failures_and_the_others_run(
    portal: LoopThread,
) -> None:
    world = portal.run(small_world())
    ecs = make_client(world.application(), portal, "ecs")
    ecs.create_cluster()
    ecs.register_task_definition(**fargate())
    members = {"taskDefinition": "web", "launchType": "FARGATE", **network(world)}
    answer = ecs.run_task(**members, count=5)
    assert len(answer["tasks"]) == 3
    sentence = (
        "Capacity is unavailable at this time. "
        "Please try again later or in a different availability zone"
    )
    assert answer["failures"] == [{"reason": sentence, "detail": "RESOURCE:CPU"}] * 2
    assert ecs.run_task(**members)["tasks"] == []
    arn = answer["tasks"][0]["taskArn"]
    portal.run(world.set_task(arn, status="STOPPED", goal="STOPPED"))
    assert len(ecs.run_task(**members)["tasks"]) == 1


def level_of(ecs: Any, world: World, **members: Any) -> str:
    answer = ecs.run_task(taskDefinition="web", launchType="FARGATE", **network(world), **members)
    attributes = {a["name"]: a["value"] for a in answer["tasks"][0]["attributes"]}
    return str(attributes["hostless.isolation"])


def choosing(value: str) -> dict[str, Any]:
    return {"tags": [{"key": "hostless:isolation", "value": value}]}


def test_a_task_shows_the_isolation_that_was_chosen_for_it_by_tags(portal: LoopThread) -> None:
    """A key of a TagResource call counts as well as one of CreateCluster."""
    capabilities = Capabilities(
        isolation_levels=("container", "gvisor"), cpu_units=4096, memory_mib=1_000_000
    )
    world = portal.run(World(capabilities=capabilities).open())
    ecs = make_client(world.application(), portal, "ecs")
    cluster = ecs.create_cluster()["cluster"]["clusterArn"]
    made = ecs.register_task_definition(**fargate())["taskDefinition"]["taskDefinitionArn"]
    assert level_of(ecs, world) == "gvisor"
    ecs.tag_resource(resourceArn=cluster, **choosing("container"))
    assert level_of(ecs, world) == "container"
    assert level_of(ecs, world, **choosing("auto")) == "gvisor"
    ecs.tag_resource(resourceArn=made, **choosing("gvisor"))
    assert level_of(ecs, world) == "gvisor"
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="auto, container or gvis"):
        level_of(ecs, world, **choosing("vm"))
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="auto, container or gvis"):
        ecs.tag_resource(resourceArn=cluster, **choosing("vm"))


def outage(world: World, portal: LoopThread, kind: str, *names: str) -> None:
    async def begin() -> None:
        transaction = world.store.transaction("drill")
        for name in names:
            transaction.put(OUTAGES, Outage(kind=kind, name=name, began_at=0.0))  # type: ignore[arg-type]
        await transaction.commit()

    portal.run(begin())


NO_CAPACITY = (
    "Capacity is unavailable at this time. "
    "Please try again later or in a different availability zone"
)


def test_without_spot_capacity_only_spot_tasks_are_not_placed(
    ready_to_run: Any, world: World, portal: LoopThread
) -> None:
    outage(world, portal, "spot", "spot")
    answer = ready_to_run.run_task(
        taskDefinition="web",
        count=3,
        capacityProviderStrategy=[
            {"capacityProvider": "FARGATE", "base": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1},
        ],
        **network(world),
    )
    assert [task["capacityProviderName"] for task in answer["tasks"]] == ["FARGATE"]
    assert answer["failures"] == [{"reason": NO_CAPACITY}] * 2


def test_tasks_are_not_placed_when_every_zone_is_out(
    ready_to_run: Any, world: World, portal: LoopThread, request_members: dict[str, Any]
) -> None:
    outage(world, portal, "zone", "us-east-1a", "us-east-1b")
    assert len(ready_to_run.run_task(**request_members)["tasks"]) == 1
    outage(world, portal, "zone", "us-east-1c")
    answer = ready_to_run.run_task(**request_members)
    assert (answer["tasks"], answer["failures"]) == ([], [{"reason": NO_CAPACITY}])
