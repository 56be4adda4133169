"""RunTask through a real client: what it makes, and what it refuses without making anything."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.api.test_ecs_task_definitions import fargate
from tests.support.api_world import ROLE, World, refusal
from tests.support.client import LoopThread, make_client

from hostless.compute.seam import Capabilities
from hostless.store.kinds import TASKS, TOKENS

CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/default"


@pytest.fixture
def ready(ecs: Any) -> Any:
    """The client, with a default cluster and `web:1`."""
    ecs.create_cluster(capacityProviders=["FARGATE", "FARGATE_SPOT"])
    ecs.register_task_definition(**fargate(tags=[{"key": "of", "value": "definition"}]))
    return ecs


@pytest.fixture
def request_members(world: World) -> dict[str, Any]:
    return {"taskDefinition": "web", "launchType": "FARGATE", **network(world)}


def network(world: World, **changes: Any) -> dict[str, Any]:
    subnets = [subnet.id for subnet in world.network.subnets]
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets, **changes}}}


def test_a_new_task_is_shown_to_the_field(
    ready: Any, request_members: dict[str, Any], world: World
) -> None:
    task = ready.run_task(**request_members)["tasks"][0]
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
            {"name": "hostless.isolation", "value": "container"},
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
    ready: Any, request_members: dict[str, Any], world: World
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
    group = world.network.security_group.id
    answer = ready.run_task(
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


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"cluster": "other"}, "ClusterNotFoundException", "Cluster not found."),
    ({"taskDefinition": "other"}, "ClientException", "TaskDefinition not found."),
    ({"taskDefinition": "web:2"}, "ClientException", "TaskDefinition not found."),
    ({"count": 11}, "InvalidParameterException", "count cannot be greater than 10."),
    ({"count": 0}, "InvalidParameterException", "count cannot be less than 1."),
    (
        {"networkConfiguration": {}},
        "InvalidParameterException",
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}},
        "InvalidParameterException",
        "subnets can not be empty.",
    ),
    (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
        "InvalidParameterException",
        "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not "
        "exist (ErrorCode: InvalidSubnetID.NotFound)",
    ),
    (
        {
            "networkConfiguration": {
                "awsvpcConfiguration": {"subnets": [f"subnet-{n}" for n in range(17)]}
            }
        },
        "InvalidParameterException",
        "subnets can have at most 16 items.",
    ),
    (
        {"launchType": "EC2"},
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    ),
    (
        {"launchType": "EXTERNAL"},
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    ),
    (
        {"launchType": None},
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    ),
    (
        {"launchType": "EC2", "platformVersion": "1.4.0"},
        "InvalidParameterException",
        "The platform version must be null when specifying an EC2 launch type.",
    ),
    (
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
        "InvalidParameterException",
        "Specifying both a launch type and capacity provider strategy is not supported. "
        "Remove one and try again.",
    ),
    (
        {
            "launchType": None,
            "capacityProviderStrategy": [{"capacityProvider": "mine", "weight": 1}],
        },
        "InvalidParameterException",
        "The specified capacity provider was not found. "
        "Specify a valid capacity provider and try again.",
    ),
    (
        {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        "InvalidParameterException",
        "There are no capacity providers in the capacity provider strategy with a weight value "
        "greater than zero.",
    ),
    (
        {"platformVersion": "1.4"},
        "PlatformUnknownException",
        "The specified platform does not exist.",
    ),
    (
        {
            "platformVersion": "1.3.0",
            "overrides": {"ephemeralStorage": {"sizeInGiB": 30}},
        },
        "PlatformTaskDefinitionIncompatibilityException",
        "One or more of the requested capabilities are not supported.",
    ),
    (
        {"overrides": {"containerOverrides": [{"name": "other"}]}},
        "InvalidParameterException",
        "Override for container named other is not a container in the TaskDefinition.",
    ),
    (
        {
            "overrides": {
                "containerOverrides": [
                    {"name": "app", "environment": [{"name": "A", "value": "x" * 8192}]}
                ]
            }
        },
        "InvalidParameterException",
        "Container Overrides length must be at most 8192",
    ),
    (
        {"overrides": {"cpu": "512"}},
        "InvalidParameterException",
        "No Fargate configuration exists for given values: 512 CPU, 512 memory.",
    ),
    (
        {"overrides": {"ephemeralStorage": {"sizeInGiB": 20}}},
        "InvalidParameterException",
        "EphemeralStorage size should be at least 21",
    ),
    (
        {"enableExecuteCommand": True},
        "InvalidParameterException",
        "The execute command failed because a valid task role is not being used. Specify a valid "
        "task role in your task definition or as a task override and try again.",
    ),
    (
        {"placementStrategy": [{"type": "random"}]},
        "InvalidParameterException",
        "Placement strategies are not supported with FARGATE launch type.",
    ),
    (
        {"placementConstraints": [{"type": "distinctInstance"}]},
        "InvalidParameterException",
        "Placement constraints are not supported with FARGATE launch type.",
    ),
    (
        {"propagateTags": "SERVICE"},
        "InvalidParameterException",
        "Only task definition tags can be propagated to standalone tasks.",
    ),
    (
        {"startedBy": "a b"},
        "InvalidParameterException",
        "startedBy can have up to 128 letters, numbers, hyphens, slashes and underscores.",
    ),
    (
        {
            "volumeConfigurations": [
                {"name": "v", "managedEBSVolume": {"roleArn": ROLE, "sizeInGiB": 1}}
            ]
        },
        "UnsupportedFeatureException",
        "Volumes that are configured at launch are not supported here.",
    ),
]


@pytest.mark.parametrize(
    ("changes", "code", "sentence"), REFUSALS, ids=[sentence[:50] for _, _, sentence in REFUSALS]
)
def test_a_refused_call_makes_nothing(
    ready: Any,
    request_members: dict[str, Any],
    world: World,
    changes: dict[str, Any],
    code: str,
    sentence: str,
) -> None:
    members = {**request_members, **changes, "clientToken": "token"}
    given = {name: value for name, value in members.items() if value is not None}
    assert refusal(ready.run_task, **given) == (code, sentence)
    assert list(world.store.all(TASKS)) == []
    assert list(world.store.all(TOKENS)) == []


def test_security_groups_must_exist_and_be_few(
    ready: Any, request_members: dict[str, Any], world: World
) -> None:
    members = {**request_members, **network(world, securityGroups=["sg-1"])}
    assert refusal(ready.run_task, **members) == (
        "InvalidParameterException",
        "Error retrieving security group information for [sg-1]: The security group 'sg-1' does "
        "not exist (ErrorCode: InvalidGroup.NotFound)",
    )
    many = {**request_members, **network(world, securityGroups=[f"sg-{n}" for n in range(6)])}
    assert refusal(ready.run_task, **many)[1] == "securityGroups can have at most 5 items."


def test_an_inactive_definition_runs_no_more(ready: Any, request_members: dict[str, Any]) -> None:
    ready.deregister_task_definition(taskDefinition="web:1")
    assert refusal(ready.run_task, **{**request_members, "taskDefinition": "web:1"}) == (
        "ClientException",
        "TaskDefinition is inactive",
    )


def test_a_deleted_cluster_runs_nothing(ready: Any, request_members: dict[str, Any]) -> None:
    ready.delete_cluster(cluster="default")
    assert refusal(ready.run_task, **request_members) == (
        "ClusterNotFoundException",
        "The referenced cluster was inactive.",
    )


def test_an_ec2_definition_does_not_run_on_fargate(
    ready: Any, request_members: dict[str, Any]
) -> None:
    ready.register_task_definition(**fargate(requiresCompatibilities=["EC2"], cpu="300"))
    assert refusal(ready.run_task, **request_members) == (
        "InvalidParameterException",
        "Task definition does not support launch_type FARGATE.",
    )


@pytest.mark.parametrize(
    ("platform", "says"),
    [
        ({"cpuArchitecture": "ARM64"}, "asks for ARM64, this machine runs X86_64."),
        (
            {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
            "This machine runs Linux containers only.",
        ),
    ],
)
def test_what_this_machine_cannot_run_is_refused_honestly(
    ready: Any, request_members: dict[str, Any], platform: dict[str, Any], says: str
) -> None:
    ready.register_task_definition(**fargate(runtimePlatform=platform, cpu="1024", memory="2048"))
    code, sentence = refusal(ready.run_task, **request_members)
    assert code == "UnsupportedFeatureException"
    assert sentence.startswith("The specified task isn't supported in this Region.")
    assert sentence.endswith(says)


def test_the_same_token_gives_the_same_tasks(
    ready: Any, request_members: dict[str, Any], world: World
) -> None:
    first = ready.run_task(**request_members, count=2, clientToken="t")
    again = ready.run_task(**request_members, count=2, clientToken="t")
    assert [t["taskArn"] for t in again["tasks"]] == [t["taskArn"] for t in first["tasks"]]
    assert len(list(world.store.all(TASKS))) == 2


def test_a_token_with_other_parameters_is_a_conflict(
    ready: Any, request_members: dict[str, Any]
) -> None:
    arn = ready.run_task(**request_members, clientToken="t")["tasks"][0]["taskArn"]
    with pytest.raises(ready.exceptions.ConflictException) as error:
        ready.run_task(**request_members, clientToken="t", group="other")
    assert error.value.response["resourceIds"] == [arn]


def test_base_goes_first_and_weights_share_the_rest(
    ready: Any, request_members: dict[str, Any]
) -> None:
    del request_members["launchType"]
    answer = ready.run_task(
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
    ready: Any, request_members: dict[str, Any]
) -> None:
    ready.put_cluster_capacity_providers(
        cluster="default",
        capacityProviders=["FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )
    del request_members["launchType"]
    task = ready.run_task(**request_members)["tasks"][0]
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
    assert answer["failures"] == [{"arn": CLUSTER, "reason": "RESOURCE:CPU"}] * 2
    assert ecs.run_task(**members)["tasks"] == []
    arn = answer["tasks"][0]["taskArn"]
    portal.run(world.set_task(arn, status="STOPPED", goal="STOPPED"))
    assert len(ecs.run_task(**members)["tasks"]) == 1
