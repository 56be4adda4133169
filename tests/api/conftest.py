"""Fixtures of the tests that call the API through real botocore clients, in process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_world import World, fargate, network
from tests.support.client import LoopThread, make_client
from tests.support.logs import logs_client
from tests.support.own_api import Own

from hostless.domain.tasks import Task


@pytest.fixture
def portal() -> Iterator[LoopThread]:
    """The thread in which the application's event loop runs."""
    with LoopThread() as portal:
        yield portal


async def make_world() -> World:
    return await World().open()


@pytest.fixture
def world(portal: LoopThread) -> World:
    """The services over a store that holds the default VPC only."""
    return portal.run(make_world())


@pytest.fixture
def ecs(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "ecs")


@pytest.fixture
def ec2(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "ec2")


@pytest.fixture
def sts(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "sts")


@pytest.fixture
def cloud_map(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "servicediscovery")


@pytest.fixture
def acm(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "acm")


@pytest.fixture
def efs(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "efs")


@pytest.fixture
def elbv2(world: World, portal: LoopThread) -> Any:
    return make_client(world.application(), portal, "elbv2")


@pytest.fixture
def ready_to_run(ecs: Any) -> Any:
    """The client, with a default cluster and `web:1`."""
    ecs.create_cluster(capacityProviders=["FARGATE", "FARGATE_SPOT"])
    ecs.register_task_definition(**fargate(tags=[{"key": "of", "value": "definition"}]))
    return ecs


@pytest.fixture
def request_members(world: World) -> dict[str, Any]:
    return {"taskDefinition": "web", "launchType": "FARGATE", **network(world)}


@pytest.fixture
def logs(tmp_path: Path, portal: LoopThread) -> Iterator[Any]:
    """CloudWatch Logs alone, over an empty store."""
    with logs_client(tmp_path, portal) as client:
        yield client


@pytest.fixture
def group(logs: Any) -> str:
    """A log group's name."""
    logs.create_log_group(logGroupName="/ecs/app")
    return "/ecs/app"


@pytest.fixture
def stream(logs: Any, group: str) -> str:
    """A log stream's name."""
    logs.create_log_stream(logGroupName=group, logStreamName="ecs/web/1")
    return "ecs/web/1"


@pytest.fixture
def acl(ec2: Any, world: World) -> str:
    """The id of a new network ACL."""
    return str(ec2.create_network_acl(VpcId=world.network.vpc.id)["NetworkAcl"]["NetworkAclId"])


@pytest.fixture
def entry(ec2: Any, acl: str) -> Callable[..., dict[str, Any]]:
    """The right members of an entry of that ACL, changed by keyword; None takes one away."""

    def members(**changes: Any) -> dict[str, Any]:
        usual = {
            "NetworkAclId": acl,
            "RuleNumber": 100,
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": False,
            "CidrBlock": "10.1.2.3/8",
            "PortRange": {"From": 80, "To": 81},
        }
        return {k: v for k, v in {**usual, **changes}.items() if v is not None}

    return members


@pytest.fixture
def own(world: World, portal: LoopThread) -> Own:
    return Own(world, portal)


@pytest.fixture
def tasks(own: Own, ready_to_run: Any) -> Callable[..., list[Task]]:
    """`tasks(3, zone="us-east-1a")`: so many running tasks with these fields."""

    def make(count: int, **fields: Any) -> list[Task]:
        answer = ready_to_run.run_task(
            taskDefinition="web", launchType="FARGATE", count=count, **network(own.world)
        )
        given = {"status": "RUNNING", **fields}
        return [
            own.portal.run(own.world.set_task(task["taskArn"], **given)) for task in answer["tasks"]
        ]

    return make
