"""The real services through real clients: register, run, describe, stop."""

import pytest
from botocore.exceptions import ClientError
from tests.support.api_world import World
from tests.support.client import LoopThread, make_client
from tests.support.world_application import application_of


@pytest.fixture
def world(portal: LoopThread) -> World:
    async def made() -> World:
        return await World().open()

    return portal.run(made())


def test_a_task_is_run_and_stopped_by_a_plain_client(portal: LoopThread, world: World) -> None:
    ecs = make_client(application_of(world), portal, "ecs")
    ec2 = make_client(application_of(world), portal, "ec2")
    ecs.create_cluster()
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    assert len(subnets) == 3
    registered = ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "busybox:1", "essential": True}],
    )["taskDefinition"]
    assert registered["revision"] == 1
    answer = ecs.run_task(
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}},
    )
    (task,) = answer["tasks"]
    assert (answer["failures"], task["lastStatus"]) == ([], "PROVISIONING")
    described = ecs.describe_tasks(tasks=[task["taskArn"], "f" * 32])
    assert described["tasks"][0]["taskArn"] == task["taskArn"]
    assert described["tasks"][0]["createdAt"] == task["createdAt"]
    assert described["failures"][0]["reason"] == "MISSING"
    assert ecs.stop_task(task=task["taskArn"])["task"]["stopCode"] == "UserInitiated"


def test_errors_are_the_clients_own(portal: LoopThread, world: World) -> None:
    ecs = make_client(application_of(world), portal, "ecs")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_tasks(cluster="nowhere")
    with pytest.raises(ClientError) as error:
        make_client(application_of(world), portal, "sts").get_session_token()
    assert error.value.response["Error"]["Code"] == "InvalidAction"
    assert "hostless does not offer it yet" in error.value.response["Error"]["Message"]


def test_who_am_i(portal: LoopThread, world: World) -> None:
    sts = make_client(application_of(world), portal, "sts")
    assert sts.get_caller_identity()["Account"] == "000000000000"
