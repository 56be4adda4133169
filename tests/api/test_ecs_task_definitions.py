"""Task definitions through a real client: what is kept, shown, listed and deleted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.api_world import AWSLOGS, ROLE, World, fargate, refusal
from tests.support.client import LoopThread

from hostless.store.kinds import TASK_DEFINITIONS

PREFIX = "arn:aws:ecs:us-east-1:000000000000:task-definition"


def test_a_small_definition_is_shown_with_what_ecs_fills_in(ecs: Any) -> None:
    definition = ecs.register_task_definition(**fargate())["taskDefinition"]
    registered_at = definition.pop("registeredAt")
    assert abs((datetime.now(UTC) - registered_at).total_seconds()) < 60
    assert definition == {
        "taskDefinitionArn": f"{PREFIX}/web:1",
        "containerDefinitions": [
            {
                "name": "app",
                "image": "busybox:1",
                "cpu": 0,
                "portMappings": [],
                "essential": True,
                "environment": [],
                "mountPoints": [],
                "volumesFrom": [],
                "systemControls": [],
            }
        ],
        "family": "web",
        "networkMode": "awsvpc",
        "revision": 1,
        "volumes": [],
        "status": "ACTIVE",
        "placementConstraints": [],
        "compatibilities": ["EC2", "MANAGED_INSTANCES", "FARGATE"],
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "registeredBy": "arn:aws:iam::000000000000:user/admin",
    }


def everything() -> dict[str, Any]:
    """A container with every member that Fargate takes."""
    return {
        "name": "app",
        "image": "busybox:1",
        "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:x"},
        "cpu": 10,
        "memory": 128,
        "memoryReservation": 64,
        "portMappings": [
            {"containerPort": 80, "name": "http", "appProtocol": "http"},
            {"containerPortRange": "9000-9010", "protocol": "udp"},
        ],
        "essential": True,
        "restartPolicy": {"enabled": True, "ignoredExitCodes": [3], "restartAttemptPeriod": 60},
        "entryPoint": ["sh"],
        "command": ["-c", "true"],
        "environment": [{"name": "A", "value": "1"}],
        "environmentFiles": [{"value": "arn:aws:s3:::bucket/a.env", "type": "s3"}],
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}],
        "volumesFrom": [{"sourceContainer": "side"}],
        "linuxParameters": {
            "capabilities": {"add": ["SYS_PTRACE"], "drop": ["NET_RAW"]},
            "initProcessEnabled": True,
            "tmpfs": [{"containerPath": "/t", "size": 16}],
        },
        "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:x"}],
        "dependsOn": [{"containerName": "side", "condition": "HEALTHY"}],
        "startTimeout": 30,
        "stopTimeout": 120,
        "versionConsistency": "disabled",
        "user": "1000:1000",
        "workingDirectory": "/",
        "readonlyRootFilesystem": True,
        "interactive": True,
        "pseudoTerminal": True,
        "dockerLabels": {"some.label": "Value"},
        "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": AWSLOGS,
            "secretOptions": [{"name": "x", "valueFrom": "y"}],
        },
        "systemControls": [{"namespace": "net.ipv4.tcp_keepalive_time", "value": "500"}],
    }


def test_every_member_comes_back_as_it_was_given(ecs: Any) -> None:
    side = {
        "name": "side",
        "image": "busybox:1",
        "essential": False,
        "healthCheck": {"command": ["CMD", "true"], "startPeriod": 5},
    }
    given = fargate(
        containerDefinitions=[everything(), side],
        executionRoleArn=ROLE,
        taskRoleArn=ROLE,
        volumes=[{"name": "data", "host": {}}],
        pidMode="task",
        ephemeralStorage={"sizeInGiB": 21},
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        enableFaultInjection=True,
        tags=[{"key": "a", "value": "b"}],
    )
    answer = ecs.register_task_definition(**given)
    assert answer["tags"] == [{"key": "a", "value": "b"}]
    app, other = answer["taskDefinition"].pop("containerDefinitions")
    expected = everything()
    expected["portMappings"][0] |= {"hostPort": 80, "protocol": "tcp"}
    assert app == {**expected}
    assert other["healthCheck"] == {
        "command": ["CMD", "true"],
        "interval": 30,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 5,
    }
    shown = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    assert shown["tags"] == answer["tags"]
    for name in set(given) - {"tags", "containerDefinitions"}:
        assert shown["taskDefinition"][name] == given[name], name


def test_sizes_are_written_as_digits(ecs: Any) -> None:
    shown = ecs.register_task_definition(**fargate(cpu=".5 vCPU", memory="2 GB"))
    assert (shown["taskDefinition"]["cpu"], shown["taskDefinition"]["memory"]) == ("512", "2048")


def test_revisions_count_up_and_are_found_in_three_ways(ecs: Any) -> None:
    for _ in range(2):
        ecs.register_task_definition(**fargate())
    for name, revision in (("web", 2), ("web:1", 1), (f"{PREFIX}/web:1", 1)):
        found = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        assert found["revision"] == revision
    unknown = ("ClientException", "Unable to describe task definition.")
    assert refusal(ecs.describe_task_definition, taskDefinition="web:3") == unknown
    assert refusal(ecs.describe_task_definition, taskDefinition="other") == unknown
    assert refusal(ecs.describe_task_definition, taskDefinition="web:x") == (
        "InvalidParameterException",
        "Invalid revision number. Number: x",
    )


def test_the_newest_active_revision_answers_for_the_family(ecs: Any) -> None:
    for _ in range(2):
        ecs.register_task_definition(**fargate())
    gone = ecs.deregister_task_definition(taskDefinition="web:2")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert gone["deregisteredAt"] is not None
    newest = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert newest["revision"] == 1
    third = ecs.register_task_definition(**fargate())["taskDefinition"]
    assert third["revision"] == 3


def test_deregistering_needs_a_revision_that_exists(ecs: Any) -> None:
    ecs.register_task_definition(**fargate())
    assert refusal(ecs.deregister_task_definition, taskDefinition="web") == (
        "ClientException",
        "Revision is missing.",
    )
    assert refusal(ecs.deregister_task_definition, taskDefinition="web:9") == (
        "ClientException",
        "Unable to deregister task definition.",
    )


def test_only_inactive_definitions_can_be_deleted(ecs: Any) -> None:
    for _ in range(2):
        ecs.register_task_definition(**fargate())
    ecs.deregister_task_definition(taskDefinition="web:1")
    answer = ecs.delete_task_definitions(taskDefinitions=["web:1", "web:2", "web:3", "web"])
    assert [(d["revision"], d["status"]) for d in answer["taskDefinitions"]] == [
        (1, "DELETE_IN_PROGRESS")
    ]
    assert [(f["arn"], f["reason"]) for f in answer["failures"]] == [
        (
            "web:2",
            "The specified task definition is still in ACTIVE status. "
            "Please deregister the target and try again.",
        ),
        (
            "web:3",
            "The specified task definition does not exist. "
            "Specify a valid account, family, revision and try again.",
        ),
        (
            "web",
            "The specified task definition identifier is invalid. "
            "Specify a valid name or ARN and try again.",
        ),
    ]
    found = ecs.describe_task_definition(taskDefinition="web:1")["taskDefinition"]
    assert found["status"] == "DELETE_IN_PROGRESS"
    code, _ = refusal(ecs.delete_task_definitions, taskDefinitions=["web:1"] * 11)
    assert code == "InvalidParameterException"


def test_definitions_are_listed_by_family_status_and_order(ecs: Any) -> None:
    for family in ("web", "web", "webber", "api"):
        ecs.register_task_definition(**fargate(family=family))
    ecs.deregister_task_definition(taskDefinition="web:1")

    def listed(**members: Any) -> list[str]:
        arns = ecs.list_task_definitions(**members)["taskDefinitionArns"]
        return [arn.rsplit("/", 1)[-1] for arn in arns]

    assert listed() == ["api:1", "web:2", "webber:1"]
    assert listed(sort="DESC") == ["webber:1", "web:2", "api:1"]
    assert listed(familyPrefix="web") == ["web:2"]
    assert listed(status="INACTIVE") == ["web:1"]
    pages = ecs.get_paginator("list_task_definitions").paginate(
        sort="DESC", PaginationConfig={"PageSize": 1}
    )
    assert [len(page["taskDefinitionArns"]) for page in pages] == [1, 1, 1]


def test_revision_ten_comes_after_revision_nine(ecs: Any) -> None:
    for _ in range(10):
        ecs.register_task_definition(**fargate())
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    assert [int(arn.rsplit(":", 1)[-1]) for arn in arns] == list(range(1, 11))


def test_families_are_active_while_a_revision_is(ecs: Any) -> None:
    for family in ("web", "webber", "api"):
        ecs.register_task_definition(**fargate(family=family))
    ecs.deregister_task_definition(taskDefinition="web:1")

    def families(**members: Any) -> list[str]:
        found: list[str] = ecs.list_task_definition_families(**members)["families"]
        return found

    assert families() == ["api", "web", "webber"]
    assert families(status="ALL", familyPrefix="web") == ["web", "webber"]
    assert families(status="ACTIVE") == ["api", "webber"]
    assert families(status="INACTIVE") == ["web"]


@pytest.mark.parametrize("size", [0, 101])
def test_pages_have_between_one_and_a_hundred_items(ecs: Any, size: int) -> None:
    assert refusal(ecs.list_task_definitions, maxResults=size) == (
        "InvalidParameterException",
        "maxResults must be between 1 and 100.",
    )


def test_what_a_definition_runs_on_is_computed(ecs: Any) -> None:
    def compatible(**changes: Any) -> list[str]:
        shown = ecs.register_task_definition(**fargate(**changes))["taskDefinition"]
        found: list[str] = shown["compatibilities"]
        return found

    assert "FARGATE" in compatible(requiresCompatibilities=[])
    assert "FARGATE" not in compatible(requiresCompatibilities=["EC2"], cpu="300")
    assert "EXTERNAL" in compatible(requiresCompatibilities=["EC2"], networkMode="bridge")


def test_a_definition_is_at_most_64_kib(ecs: Any) -> None:
    container = {
        "name": "app",
        "image": "busybox:1",
        "environment": [{"name": "A", "value": "x" * 66_000}],
    }
    code, sentence = refusal(
        ecs.register_task_definition, **fargate(containerDefinitions=[container])
    )
    assert code == "ClientException"
    assert sentence.startswith("Actual length: '")
    assert sentence.endswith("'. Max allowed length is '65536' bytes.")
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []


def test_the_number_of_a_revision_that_is_gone_is_never_given_again(
    ecs: Any, world: World, portal: LoopThread
) -> None:
    arn = ecs.register_task_definition(**fargate())["taskDefinition"]["taskDefinitionArn"]

    async def drop() -> None:
        transaction = world.store.transaction("gone")
        transaction.delete(TASK_DEFINITIONS, arn)
        await transaction.commit()

    portal.run(drop())
    assert ecs.register_task_definition(**fargate())["taskDefinition"]["revision"] == 2
