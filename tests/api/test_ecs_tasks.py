"""Stop, describe and list tasks through a real client."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, network, refusal
from tests.support.client import LoopThread

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.tasks import InterfaceAttachment, Task
from hostless.store.kinds import TASKS

ID = "0123456789abcdef0123456789abcdef"
ARN = f"arn:aws:ecs:us-east-1:000000000000:task/default/{ID}"
NOT_A_TASK = ("InvalidParameterException", "taskId length should be one of [32,36]")


@pytest.fixture
def ready(ecs: Any) -> Any:
    """The client, with the clusters default and other, and `web:1`."""
    ecs.create_cluster()
    ecs.create_cluster(clusterName="other")
    ecs.register_task_definition(**fargate(taskRoleArn=ROLE))
    return ecs


def run(ready: Any, world: World, **changes: Any) -> str:
    members = {"taskDefinition": "web", "launchType": "FARGATE", **network(world), **changes}
    arn: str = ready.run_task(**members)["tasks"][0]["taskArn"]
    return arn


def record_of(world: World, arn: str) -> Task:
    task = world.store.get(TASKS, arn)
    assert task is not None
    return task


def test_stopping_sets_the_goal_and_the_first_reason_stands(ready: Any, world: World) -> None:
    arn = run(ready, world)
    stopped = ready.stop_task(task=arn)["task"]
    assert stopped["desiredStatus"] == "STOPPED"
    assert stopped["lastStatus"] == "PROVISIONING"
    assert stopped["stopCode"] == "UserInitiated"
    assert stopped["stoppedReason"] == "Task stopped by user"
    assert stopped["version"] == 2
    again = ready.stop_task(task=arn.rsplit("/", 1)[-1], reason="other")["task"]
    assert (again["stoppedReason"], again["version"]) == ("Task stopped by user", 2)
    assert record_of(world, arn).goal == "STOPPED"


def test_a_stopped_task_stays_as_it_is(ready: Any, world: World, portal: LoopThread) -> None:
    arn = run(ready, world)
    portal.run(world.set_task(arn, status="STOPPED"))
    assert "stopCode" not in ready.stop_task(task=arn, reason="late")["task"]


def test_what_cannot_be_stopped(ready: Any, world: World) -> None:
    assert refusal(ready.stop_task, task=ID) == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )
    assert refusal(ready.stop_task, task="x") == NOT_A_TASK
    assert refusal(ready.stop_task, task=ARN, cluster="none") == (
        "ClusterNotFoundException",
        "Cluster not found.",
    )
    assert refusal(ready.stop_task, task=ARN, cluster="other") == (
        "InvalidParameterException",
        "Invalid identifier: Identifier is for cluster default. Your cluster is other",
    )
    arn = run(ready, world)
    code, _ = refusal(ready.stop_task, task=arn, reason="x" * 1025)
    assert code == "InvalidParameterException"
    assert record_of(world, arn).goal == "RUNNING"


def test_missing_tasks_are_failures(ready: Any, world: World) -> None:
    arn = run(ready, world)
    answer = ready.describe_tasks(tasks=[ID, arn])
    assert [task["taskArn"] for task in answer["tasks"]] == [arn]
    assert answer["failures"] == [{"arn": ARN, "reason": "MISSING"}]
    elsewhere = ready.describe_tasks(tasks=[arn.rsplit("/", 1)[-1]], cluster="other")
    assert elsewhere["failures"][0]["reason"] == "MISSING"


def test_what_cannot_be_described(ready: Any) -> None:
    code = "InvalidParameterException"
    assert refusal(ready.describe_tasks, tasks=[]) == (code, "Tasks cannot be empty.")
    assert refusal(ready.describe_tasks) == (code, "Tasks cannot be empty.")
    many = (code, "taskIds can have at most 100 items.")
    assert refusal(ready.describe_tasks, tasks=[ID] * 101) == many
    assert refusal(ready.describe_tasks, tasks=["x"]) == NOT_A_TASK
    wrong = "arn:aws:ecs:us-east-1:000000000000:service/default/x"
    assert refusal(ready.describe_tasks, tasks=[wrong]) == (
        code,
        "Unsupported resource type: service",
    )


def test_tags_are_shown_only_when_asked_for(ready: Any, world: World) -> None:
    arn = run(ready, world, tags=[{"key": "a", "value": "b"}])
    assert ready.describe_tasks(tasks=[arn])["tasks"][0]["tags"] == []
    shown = ready.describe_tasks(tasks=[arn], include=["TAGS"])["tasks"][0]
    assert shown["tags"] == [{"key": "a", "value": "b"}]


def test_a_running_task_shows_address_times_and_containers(
    ready: Any, world: World, portal: LoopThread
) -> None:
    arn = run(ready, world, enableExecuteCommand=True)
    before = record_of(world, arn)
    running = replace(
        before.containers[0],
        status="RUNNING",
        image_digest="sha256:" + "0" * 64,
        runtime_id=f"{before.id}-1234567890",
        started_at=4.25,
        exit_code=None,
    )
    attachment = InterfaceAttachment(
        id=before.attachment.id,
        status="ATTACHED",
        subnet_id=world.network.subnets[1].id,
        interface_id=NetworkInterfaceId("eni-0123456789abcdef0"),
        mac_address="0a:00:00:00:00:01",
        private_dns_name="ip-172-31-16-10.ec2.internal",
        address="172.31.16.10",
        ipv6_address="2001:db8:1:2::5",
    )
    portal.run(
        world.set_task(
            arn,
            status="RUNNING",
            zone="us-east-1b",
            attachment=attachment,
            containers=(running,),
            connectivity_at=1.0,
            pull_started_at=2.0,
            pull_stopped_at=3.0,
            started_at=4.5,
        )
    )
    task = ready.describe_tasks(tasks=[arn])["tasks"][0]
    assert task["lastStatus"] == "RUNNING"
    assert task["availabilityZone"] == "us-east-1b"
    assert task["connectivity"] == "CONNECTED"
    assert task["startedAt"].timestamp() == 4.5
    assert "stoppedAt" not in task
    assert {d["name"]: d["value"] for d in task["attachments"][0]["details"]} == {
        "subnetId": world.network.subnets[1].id,
        "networkInterfaceId": "eni-0123456789abcdef0",
        "macAddress": "0a:00:00:00:00:01",
        "privateDnsName": "ip-172-31-16-10.ec2.internal",
        "privateIPv4Address": "172.31.16.10",
        "ipv6Address": "2001:db8:1:2::5",
    }
    container = task["containers"][0]
    assert container["networkInterfaces"] == [
        {
            "attachmentId": before.attachment.id,
            "privateIpv4Address": "172.31.16.10",
            "ipv6Address": "2001:db8:1:2::5",
        }
    ]
    assert container["runtimeId"] == f"{before.id}-1234567890"
    [agent] = container["managedAgents"]
    assert (agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")
    assert agent["lastStartedAt"].timestamp() == 4.25
    assert "exitCode" not in container


def test_tasks_are_listed_by_every_filter(ready: Any, world: World, portal: LoopThread) -> None:
    ready.register_task_definition(**fargate(family="api"))
    web = run(ready, world, startedBy="me")
    api = run(ready, world, taskDefinition="api")
    stopped = run(ready, world)
    other = run(ready, world, cluster="other")
    ready.stop_task(task=stopped)

    def listed(**members: Any) -> set[str]:
        return set(ready.list_tasks(**members)["taskArns"])

    assert listed() == {web, api}
    assert listed(cluster="other") == {other}
    assert listed(family="api") == {api}
    assert listed(startedBy="me") == {web}
    assert listed(desiredStatus="STOPPED") == {stopped}
    assert listed(desiredStatus="PENDING") == set()
    assert listed(launchType="FARGATE") == {web, api}
    assert listed(launchType="EC2") == set()
    assert listed(family="web", desiredStatus="STOPPED") == {stopped}


def test_filters_that_cannot_be(ready: Any) -> None:
    assert refusal(ready.list_tasks, startedBy="me", family="web")[0] == (
        "InvalidParameterException"
    )
    assert refusal(ready.list_tasks, serviceName="s") == (
        "ServiceNotFoundException",
        "Service not found.",
    )
    assert refusal(ready.list_tasks, containerInstance="i")[0] == "InvalidParameterException"
    assert refusal(ready.list_tasks, desiredStatus="GONE")[0] == "InvalidParameterException"


def test_pages_of_tasks_meet_every_task_once(ready: Any, world: World) -> None:
    arns = {run(ready, world) for _ in range(5)}
    pages = list(ready.get_paginator("list_tasks").paginate(PaginationConfig={"PageSize": 2}))
    listed = [arn for page in pages for arn in page["taskArns"]]
    assert sorted(listed) == sorted(arns)
    token = ready.list_tasks(maxResults=2)["nextToken"]
    assert refusal(ready.list_tasks, nextToken=token, cluster="other") == (
        "InvalidParameterException",
        "Invalid token.",
    )


def test_a_cluster_with_tasks_cannot_be_deleted_and_counts_them(
    ready: Any, world: World, portal: LoopThread
) -> None:
    arn = run(ready, world)
    cluster = ready.describe_clusters(include=["STATISTICS"])["clusters"][0]
    assert (cluster["pendingTasksCount"], cluster["runningTasksCount"]) == (1, 0)
    statistics = {pair["name"]: pair["value"] for pair in cluster["statistics"]}
    assert statistics["pendingFargateTasksCount"] == "1"
    assert refusal(ready.delete_cluster, cluster="default") == (
        "ClusterContainsTasksException",
        "The Cluster cannot be deleted while Tasks are active.",
    )
    portal.run(world.set_task(arn, status="STOPPED", goal="STOPPED"))
    assert ready.delete_cluster(cluster="default")["cluster"]["status"] == "INACTIVE"


def test_a_provider_in_use_stays_with_the_cluster(ready: Any, world: World) -> None:
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    ready.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy
    )
    members = {"taskDefinition": "web", **network(world)}
    ready.run_task(**members)
    code, _ = refusal(
        ready.put_cluster_capacity_providers,
        cluster="default",
        capacityProviders=[],
        defaultCapacityProviderStrategy=[],
    )
    assert code == "ResourceInUseException"


def test_the_health_of_a_task_and_of_its_containers_is_shown(
    ready: Any, world: World, portal: LoopThread
) -> None:
    arn = run(ready, world)
    task = ready.describe_tasks(tasks=[arn])["tasks"][0]
    assert (task["healthStatus"], task["containers"][0]["healthStatus"]) == ("UNKNOWN", "UNKNOWN")
    main = record_of(world, arn).containers[0]
    side = replace(main, name="side", essential=False, health="UNHEALTHY")
    portal.run(world.set_task(arn, containers=(replace(main, health="HEALTHY"), side)))
    task = ready.describe_tasks(tasks=[arn])["tasks"][0]
    assert task["healthStatus"] == "HEALTHY"
    assert [c["healthStatus"] for c in task["containers"]] == ["HEALTHY", "UNHEALTHY"]
