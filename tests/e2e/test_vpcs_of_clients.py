"""End to end: VPCs that a stock client makes carry tasks at once, and go without a trace."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import address_of, awslogs, log_lines, wait_until
from tests.support.engine import RunningEngine, wait_for
from tests.support.networks import namespaces_of

pytestmark = pytest.mark.root
RANGE = "10.0.0.0/28"


@pytest.fixture
def subnets(engine: RunningEngine) -> Iterator[list[str]]:
    """Of two VPCs with equal ranges; deleted at the end, as the tests leave it."""
    ec2 = engine.client("ec2")
    vpcs = [ec2.create_vpc(CidrBlock=RANGE)["Vpc"]["VpcId"] for _ in range(2)]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=RANGE)["Subnet"]["SubnetId"] for vpc in vpcs]
    yield made
    for subnet in made:
        wait_for(lambda id_=subnet: is_deleted(ec2.delete_subnet, SubnetId=id_), what=subnet)
    for vpc in vpcs:
        ec2.delete_vpc(VpcId=vpc)


def is_deleted(call: Any, **members: Any) -> bool:
    """Whether nothing depends on it any more."""
    try:
        call(**members)
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        return False
    return True


def namespaces_for(engine: RunningEngine, vpc: str) -> list[str]:
    number = vpc.removeprefix("vpc-")
    return [name for name in namespaces_of(engine.engine_id) if number in name]


def run_in(engine: RunningEngine, image: str, subnet: str, command: str) -> dict[str, Any]:
    ecs = engine.client("ecs")
    definition = ecs.register_task_definition(
        family="vpcs",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": "c0",
                "image": image,
                "command": ["sh", "-c", command],
                "logConfiguration": awslogs(),
                "stopTimeout": 2,
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    answer = ecs.run_task(
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )
    assert not answer["failures"], answer["failures"]
    task: dict[str, Any] = answer["tasks"][0]
    return task


def test_tasks_run_at_once_in_vpcs_with_equal_ranges(
    engine: RunningEngine, image: str, subnets: list[str]
) -> None:
    show = "ip -4 -o address show scope global"
    tasks = [run_in(engine, image, subnet, show) for subnet in subnets]
    for task in tasks:
        stopped = wait_until(engine, task["taskArn"], "STOPPED")
        address = address_of(stopped)
        assert IPv4Address(address) in IPv4Network(RANGE)
        assert any(f"{address}/28" in line for line in log_lines(engine, stopped)), stopped


def test_a_vpc_leaves_no_namespace(engine: RunningEngine, image: str) -> None:
    ec2 = engine.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=RANGE)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=RANGE)["Subnet"]["SubnetId"]
    wait_for(lambda: namespaces_for(engine, vpc), what="the VPC's namespace")
    task = run_in(engine, image, subnet, "sleep 60")["taskArn"]
    wait_until(engine, task, "RUNNING")
    assert not is_deleted(ec2.delete_subnet, SubnetId=subnet)
    engine.client("ecs").stop_task(task=task)
    wait_for(lambda: is_deleted(ec2.delete_subnet, SubnetId=subnet), what="the end of the task")
    ec2.delete_vpc(VpcId=vpc)
    wait_for(lambda: not namespaces_for(engine, vpc), what="no namespace of the VPC")
