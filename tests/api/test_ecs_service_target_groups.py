"""ECS services behind load balancers: which target groups they may name, and what is shown."""

from typing import Any

import pytest
from tests.support.api_world import World, fargate, refusal, service_members
from tests.support.elbv2 import new_balancer, new_group, new_listener

INVALID = "InvalidParameterException"


@pytest.fixture
def ready(ecs: Any) -> Any:
    """A cluster, and `web`, whose container `app` has the port 80."""
    ecs.create_cluster(capacityProviders=["FARGATE"])
    app = {"name": "app", "image": "busybox:1", "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(**fargate(containerDefinitions=[app]))
    return ecs


@pytest.fixture
def groups(elbv2: Any, world: World) -> list[str]:
    """Six that a balancer sends to, one more than a service may have."""
    balancer = new_balancer(elbv2, world)
    arns = [new_group(elbv2, world, Name=f"group-{number}") for number in range(6)]
    for number, arn in enumerate(arns):
        new_listener(elbv2, balancer, arn, Port=8000 + number)
    return arns


def targets(*groups: str) -> dict[str, Any]:
    target = {"containerName": "app", "containerPort": 80}
    return {"loadBalancers": [{"targetGroupArn": arn, **target} for arn in groups]}


def test_a_service_shows_its_target_groups_and_so_does_its_revision(
    ready: Any, world: World, groups: list[str]
) -> None:
    asked = targets(*groups[:2])
    made = ready.create_service(**service_members(world, **asked))["service"]
    assert made["loadBalancers"] == asked["loadBalancers"]
    attempt = ready.list_service_deployments(service="web")["serviceDeployments"][0]
    revision = attempt["targetServiceRevisionArn"]
    shown = ready.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert shown["loadBalancers"] == asked["loadBalancers"]
    changed = ready.update_service(service="web", **targets(groups[2]))["service"]
    assert changed["loadBalancers"] == targets(groups[2])["loadBalancers"]
    assert changed["deployments"][0]["id"] != made["deployments"][0]["id"]


def test_a_service_has_at_most_five_target_groups(
    ready: Any, world: World, groups: list[str]
) -> None:
    members = service_members(world, **targets(*groups))
    assert refusal(ready.create_service, **members) == (
        INVALID,
        "loadBalancers can have at most 5 items.",
    )


def test_a_group_that_no_balancer_uses_or_that_takes_instances_is_refused(
    ready: Any, elbv2: Any, world: World, groups: list[str]
) -> None:
    alone = new_group(elbv2, world, Name="alone")
    instances = new_group(elbv2, world, Name="instances", TargetType="instance")
    sentences = {
        alone: f"The target group with targetGroupArn {alone} does not have an associated load "
        "balancer.",
        instances: f"The provided target group {instances} has target type instance, which is "
        "incompatible with the awsvpc network mode specified in the task definition.",
    }
    for arn, sentence in sentences.items():
        members = service_members(world, **targets(groups[0], arn))
        assert refusal(ready.create_service, **members) == (INVALID, sentence)
    ready.create_service(**service_members(world))
    for arn, sentence in sentences.items():
        said = refusal(ready.update_service, service="web", **targets(arn))
        assert said == (INVALID, sentence)


def test_a_group_of_a_balancer_keeps_its_security_group(elbv2: Any, ec2: Any, world: World) -> None:
    group = ec2.create_security_group(GroupName="front", Description="front")["GroupId"]
    balancer = new_balancer(elbv2, world, SecurityGroups=[group])
    assert refusal(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    ec2.delete_security_group(GroupId=group)
