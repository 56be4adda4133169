"""What RunTask refuses, without making anything, in AWS's words."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, network, refusal

from hostless.store.kinds import TASKS, TOKENS

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
        "No Fargate configuration exists for given values: 512 CPU, 512 memory. "
        "See the Amazon ECS documentation for the valid values.",
    ),
    (
        {"overrides": {"containerOverrides": [{"name": "app", "memory": 600}]}},
        "InvalidParameterException",
        "'memory' setting for container 'app' is greater than for task.",
    ),
    (
        {"group": "service:web"},
        "InvalidParameterException",
        "Invalid namespace for group.",
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
        "InvalidParameterException",
        "Volume configuration provided but no matching configuredAtLaunch volume found in task "
        "definition.",
    ),
]


@pytest.mark.parametrize(
    ("changes", "code", "sentence"), REFUSALS, ids=[sentence[:50] for _, _, sentence in REFUSALS]
)
def test_a_refused_call_makes_nothing(
    ready_to_run: Any,
    request_members: dict[str, Any],
    world: World,
    changes: dict[str, Any],
    code: str,
    sentence: str,
) -> None:
    members = {**request_members, **changes, "clientToken": "token"}
    given = {name: value for name, value in members.items() if value is not None}
    assert refusal(ready_to_run.run_task, **given) == (code, sentence)
    assert list(world.store.all(TASKS)) == []
    assert list(world.store.all(TOKENS)) == []


def test_security_groups_must_exist_and_be_few(
    ready_to_run: Any, request_members: dict[str, Any], world: World
) -> None:
    members = {**request_members, **network(world, securityGroups=["sg-1"])}
    assert refusal(ready_to_run.run_task, **members) == (
        "InvalidParameterException",
        "Error retrieving security group information for [sg-1]: The security group 'sg-1' does "
        "not exist (ErrorCode: InvalidGroup.NotFound)",
    )
    many = {**request_members, **network(world, securityGroups=[f"sg-{n}" for n in range(6)])}
    assert refusal(ready_to_run.run_task, **many)[1] == "securityGroups can have at most 5 items."


def test_inherited_and_given_tags_are_at_most_fifty(
    ready_to_run: Any, request_members: dict[str, Any], world: World
) -> None:
    tags = [{"key": f"k{number}", "value": ""} for number in range(50)]
    code, _ = refusal(
        ready_to_run.run_task, **request_members, tags=tags, propagateTags="TASK_DEFINITION"
    )
    assert code == "InvalidParameterException"
    assert list(world.store.all(TASKS)) == []


def test_an_inactive_definition_runs_no_more(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    ready_to_run.deregister_task_definition(taskDefinition="web:1")
    assert refusal(ready_to_run.run_task, **{**request_members, "taskDefinition": "web:1"}) == (
        "ClientException",
        "TaskDefinition is inactive",
    )


def test_a_deleted_cluster_runs_nothing(ready_to_run: Any, request_members: dict[str, Any]) -> None:
    ready_to_run.delete_cluster(cluster="default")
    assert refusal(ready_to_run.run_task, **request_members) == (
        "ClusterNotFoundException",
        "The referenced cluster was inactive.",
    )


def test_an_ec2_definition_does_not_run_on_fargate(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    ready_to_run.register_task_definition(**fargate(requiresCompatibilities=["EC2"], cpu="300"))
    assert refusal(ready_to_run.run_task, **request_members) == (
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
    ready_to_run: Any, request_members: dict[str, Any], platform: dict[str, Any], says: str
) -> None:
    ready_to_run.register_task_definition(
        **fargate(runtimePlatform=platform, cpu="1024", memory="2048")
    )
    code, sentence = refusal(ready_to_run.run_task, **request_members)
    assert code == "UnsupportedFeatureException"
    assert sentence.startswith("The specified task isn't supported in this Region.")
    assert sentence.endswith(says)


def test_a_task_whose_output_would_vanish_is_refused(
    ready_to_run: Any, request_members: dict[str, Any]
) -> None:
    container = {
        "name": "app",
        "image": "busybox:1",
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "x"}},
    }
    ready_to_run.register_task_definition(**fargate(containerDefinitions=[container]))
    assert refusal(ready_to_run.run_task, **request_members) == (
        "UnsupportedFeatureException",
        "The log driver splunk is not supported here; awslogs is.",
    )
