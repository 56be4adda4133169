"""What CreateService and UpdateService refuse, in which words; nothing is changed by it."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, refusal, service_members

from hostless.store.kinds import ALL_KINDS

INVALID, UNSUPPORTED = "InvalidParameterException", "UnsupportedFeatureException"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/one/1"
PORTS = [{"name": "app", "image": "busybox:1", "portMappings": [{"containerPort": 80}]}]


def everything(world: World) -> dict[str, list[object]]:
    return {kind.name: list(world.store.all(kind)) for kind in ALL_KINDS}


def balancer(**changes: Any) -> dict[str, Any]:
    target = {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}
    return {"loadBalancers": [{**target, **changes}]}


REFUSED = {
    "no definition": ({"taskDefinition": ""}, INVALID, "TaskDefinition can not be blank."),
    "unknown definition": ({"taskDefinition": "x"}, "ClientException", "TaskDefinition not found."),
    "inactive definition": (
        {"taskDefinition": "old:1"},
        "ClientException",
        "TaskDefinition is inactive",
    ),
    "no count": ({"desiredCount": None}, INVALID, "DesiredCount is missing"),
    "negative count": ({"desiredCount": -1}, INVALID, "DesiredCount can not be lesser than 0"),
    "name": ({"serviceName": "no name"}, INVALID, "Invalid service name."),
    "long token": ({"clientToken": "t" * 37}, INVALID, "idempotency token longer than 36."),
    "daemon": (
        {"schedulingStrategy": "DAEMON", "desiredCount": None},
        INVALID,
        "The daemon scheduling strategy does not support the FARGATE launch type. "
        "Change the launch type and try again",
    ),
    "daemon with a count": (
        {"schedulingStrategy": "DAEMON"},
        INVALID,
        "The daemon scheduling strategy does not support a desired count for services. "
        "Remove the desired count value and try again",
    ),
    "role": (
        {"role": "some-role"},
        INVALID,
        "You cannot specify an IAM role for services that require a service linked role.",
    ),
    "no network": (
        {"networkConfiguration": None},
        INVALID,
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    "launch type and strategy": (
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
        INVALID,
        "Specifying both a launch type and capacity provider strategy is not supported. "
        "Remove one and try again.",
    ),
    "no launch type": (
        {"launchType": None},
        INVALID,
        "No Container Instances were found in your cluster.",
    ),
    "platform": (
        {"platformVersion": "9.9.9"},
        "PlatformUnknownException",
        "The specified platform does not exist.",
    ),
    "exec without role": (
        {"enableExecuteCommand": True},
        INVALID,
        "The service couldn't be created because a valid taskRoleArn is not being used. "
        "Specify a valid task role in your task definition and try again.",
    ),
    "placement": (
        {"placementStrategy": [{"type": "spread", "field": "instanceId"}]},
        INVALID,
        "Placement strategies are not supported with FARGATE launch type.",
    ),
    "percents": (
        {"deploymentConfiguration": {"maximumPercent": 100}},
        INVALID,
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
        "deployments.",
    ),
    "rebalancing": (
        {
            "availabilityZoneRebalancing": "ENABLED",
            "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0},
        },
        INVALID,
        "Availability Zone Rebalancing does not support maximumPercent <= 100 % as "
        "deployment configuration.",
    ),
    "classic balancer": (
        balancer(loadBalancerName="classic", targetGroupArn=None),
        INVALID,
        "Classic Load Balancers are not supported with Fargate.",
    ),
    "two balancers in one": (
        balancer(loadBalancerName="classic"),
        INVALID,
        "loadBalancerName and targetGroupArn cannot both be specified.",
    ),
    "container": (
        balancer(containerName="x"),
        INVALID,
        "The container x does not exist in the task definition.",
    ),
    "port": (
        balancer(containerPort=81),
        INVALID,
        "The container app did not have a container port 81 defined.",
    ),
    "target group": (
        balancer(),
        INVALID,
        "Unable to assume role and validate the specified targetGroupArn. Please verify that the "
        "ECS service role being passed has the proper permissions.",
    ),
    "controller": (
        {"deploymentController": {"type": "CODE_DEPLOY"}},
        UNSUPPORTED,
        "The deployment controller CODE_DEPLOY is not supported here; ECS is.",
    ),
    "strategy": (
        {"deploymentConfiguration": {"strategy": "CANARY"}},
        UNSUPPORTED,
        "The deployment strategy CANARY is not supported here; ROLLING is.",
    ),
    "registries": (
        {"serviceRegistries": [{"registryArn": "arn"}]},
        INVALID,
        "The service registry arn does not exist.",
    ),
    "hooks": (
        {"deploymentConfiguration": {"lifecycleHooks": [{"roleArn": ROLE}]}},
        UNSUPPORTED,
        "deploymentConfiguration.lifecycleHooks: only rolling updates are supported here",
    ),
    "tags": (
        {"tags": [{"key": "aws:x", "value": "y"}]},
        INVALID,
        "Tag key 'aws:x' is invalid: keys that start with aws: are reserved for AWS use.",
    ),
}


@pytest.fixture
def ecs_with_ports(ready_to_run: Any) -> Any:
    ready_to_run.register_task_definition(**fargate(containerDefinitions=PORTS))
    ready_to_run.register_task_definition(**fargate(family="old"))
    ready_to_run.deregister_task_definition(taskDefinition="old:1")
    return ready_to_run


@pytest.mark.parametrize("case", REFUSED)
def test_create_service_refuses(case: str, ecs_with_ports: Any, world: World) -> None:
    changes, code, sentence = REFUSED[case]
    members = {**service_members(world), **changes}
    before = everything(world)
    given = {name: value for name, value in members.items() if value is not None}
    assert refusal(ecs_with_ports.create_service, **given) == (code, sentence)
    assert everything(world) == before


@pytest.mark.parametrize(
    "case",
    [
        "unknown definition",
        "inactive definition",
        "platform",
        "placement",
        "percents",
        "target group",
        "port",
        "controller",
        "strategy",
        "registries",
    ],
)
def test_update_service_refuses_likewise(case: str, ecs_with_ports: Any, world: World) -> None:
    changes, code, sentence = REFUSED[case]
    ecs_with_ports.create_service(**service_members(world))
    before = everything(world)
    assert refusal(ecs_with_ports.update_service, service="web", **changes) == (code, sentence)
    assert everything(world) == before


def test_update_service_refuses_what_the_service_cannot_be(
    ecs_with_ports: Any, world: World
) -> None:
    ecs_with_ports.create_service(**service_members(world))
    for members, sentence in (
        ({"desiredCount": -1}, "Task count can not be lesser than 0"),
        (
            {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}},
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as "
            "deployment configuration.",
        ),
        (
            {"enableExecuteCommand": True},
            "The service couldn't be updated because a valid taskRoleArn is not being used. "
            "Specify a valid task role in your task definition and try again.",
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
            "When switching from launch type to capacity provider strategy on an existing "
            "service, or making a change to a capacity provider strategy on a service that is "
            "already using one, you must force a new deployment.",
        ),
    ):
        assert refusal(ecs_with_ports.update_service, service="web", **members) == (
            INVALID,
            sentence,
        )


def test_a_service_that_is_not_there_cannot_be_changed_or_deleted(ready_to_run: Any) -> None:
    for call in (ready_to_run.update_service, ready_to_run.delete_service):
        assert refusal(call, service="none") == ("ServiceNotFoundException", "Service not found.")
    foreign = "arn:aws:ecs:us-east-1:000000000000:service/other/web"
    assert refusal(ready_to_run.update_service, service=foreign) == (
        INVALID,
        "Invalid identifier: Identifier is for cluster other. Your cluster is default",
    )


def test_without_balancers_hooks_and_connections_nothing_is_refused(
    ready_to_run: Any, world: World
) -> None:
    members = service_members(
        world,
        loadBalancers=[],
        serviceRegistries=[],
        volumeConfigurations=[],
        serviceConnectConfiguration={"enabled": False},
        deploymentController={"type": "ECS"},
        schedulingStrategy="REPLICA",
        deploymentConfiguration={"strategy": "ROLLING", "lifecycleHooks": []},
    )
    assert ready_to_run.create_service(**members)["service"]["status"] == "ACTIVE"
