"""Volumes of EBS of a service's tasks, through a real client."""

from typing import Any

from tests.support.api_world import World, fargate, refusal, service_members

ROLE = "arn:aws:iam::000000000000:role/ecsInfrastructureRole"
MOUNTED = [{"sourceVolume": "v", "containerPath": "/v"}]
DEFINITION = fargate(
    family="disk",
    volumes=[{"name": "v", "configuredAtLaunch": True}],
    containerDefinitions=[{"name": "app", "image": "busybox:1", "mountPoints": MOUNTED}],
)


def volumes(gib: int) -> list[dict[str, Any]]:
    tags = [{"resourceType": "volume", "tags": [{"key": "a", "value": "b"}]}]
    managed = {
        "roleArn": ROLE,
        "sizeInGiB": gib,
        "volumeType": "gp3",
        "iops": 3000,
        "throughput": 125,
        "encrypted": True,
        "filesystemType": "ext4",
        "tagSpecifications": tags,
    }
    return [{"name": "v", "managedEBSVolume": managed}]


def test_another_configuration_begins_a_deployment_and_none_leaves_it(
    ready_to_run: Any, world: World
) -> None:
    ecs = ready_to_run
    ecs.register_task_definition(**DEFINITION)
    members = service_members(world, taskDefinition="disk", volumeConfigurations=volumes(1))
    made = ecs.create_service(**members)["service"]
    assert made["deployments"][0]["volumeConfigurations"] == volumes(1)
    same = ecs.update_service(service="web", desiredCount=3)["service"]
    assert len(same["deployments"]) == 1
    larger = ecs.update_service(service="web", volumeConfigurations=volumes(2))["service"]
    assert larger["deployments"][0]["volumeConfigurations"] == volumes(2)
    assert larger["deployments"][0]["id"] != made["deployments"][0]["id"]
    arns = [each["arn"] for each in larger["currentServiceRevisions"]]
    revisions = ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    assert volumes(2) in [each["volumeConfigurations"] for each in revisions]


def test_a_service_is_refused_what_its_tasks_could_not_have(
    ready_to_run: Any, world: World
) -> None:
    ecs = ready_to_run
    ecs.register_task_definition(**DEFINITION)
    stranger = refusal(
        ecs.create_service, **service_members(world, volumeConfigurations=volumes(1))
    )
    assert stranger == (
        "InvalidParameterException",
        "Volume configuration provided but no matching configuredAtLaunch volume found in task "
        "definition.",
    )
    bare = refusal(ecs.create_service, **service_members(world, taskDefinition="disk"))
    assert bare == (
        "InvalidParameterException",
        "Volume configuration is missing for the configuredAtLaunch volume 'v'.",
    )
    assert ecs.list_services()["serviceArns"] == []
    ecs.create_service(
        **service_members(world, taskDefinition="disk", volumeConfigurations=volumes(1))
    )
    none = refusal(ecs.update_service, service="web", volumeConfigurations=[])
    assert none == bare
