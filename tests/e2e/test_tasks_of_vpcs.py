"""End to end: a stock client makes a VPC, runs a task there, reaches it, and takes all away."""

import shutil
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import LOGS, awslogs, stop_everything, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
ANSWER = r"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
SERVE = f"while :; do printf '{ANSWER}' | nc -l -p 8080; done"
NO_RUNSC = pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")


def made_vpc(ec2: Any, cidr: str) -> dict[str, str]:
    """Ids of a VPC with a public subnet of all its range, and of a group that lets nothing in."""
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    (table,) = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    ec2.create_route(
        RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnet": subnet, "gateway": gateway, "group": group}


def delete_vpc(ec2: Any, ids: Mapping[str, str]) -> None:
    ec2.detach_internet_gateway(InternetGatewayId=ids["gateway"], VpcId=ids["vpc"])
    ec2.delete_internet_gateway(InternetGatewayId=ids["gateway"])
    ec2.delete_security_group(GroupId=ids["group"])
    ec2.delete_subnet(SubnetId=ids["subnet"])
    ec2.delete_vpc(VpcId=ids["vpc"])


def run_in(engine: RunningEngine, image: str, ids: Mapping[str, str]) -> str:
    """The ARN of a task that serves, with a public address."""
    ecs = engine.client("ecs")
    container = {
        "name": "web",
        "image": image,
        "command": ["sh", "-c", SERVE],
        "stopTimeout": 2,
        "logConfiguration": awslogs(),
    }
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[container],
    )
    placement = {
        "subnets": [ids["subnet"]],
        "securityGroups": [ids["group"]],
        "assignPublicIp": "ENABLED",
    }
    answer = ecs.run_task(
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": placement},
    )
    assert not answer["failures"]
    return str(answer["tasks"][0]["taskArn"])


def is_served(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}:8080", timeout=1) as answer:
            return bool(answer.read() == b"hello\n")
    except OSError:
        return False


def await_answer(address: str) -> None:
    """Between two callers nobody listens for a moment."""
    wait_for(lambda: is_served(address), what=f"an answer at {address}")


@pytest.mark.parametrize("isolation", ["container", pytest.param("gvisor", marks=NO_RUNSC)])
def test_a_task_of_a_vpc_of_ones_own_is_reached_by_its_public_address(
    own_engine: RunningEngine, image: str, isolation: str
) -> None:
    """The VPC has the range of the default one."""
    engine = own_engine
    engine.flags = ("--isolation", isolation)
    engine.start()
    engine.client("ecs").create_cluster()
    engine.client("logs").create_log_group(logGroupName=LOGS)
    ec2 = engine.client("ec2")
    ids = made_vpc(ec2, engine.cidr)
    task = run_in(engine, image, ids)
    wait_until(engine, task, "RUNNING")
    of_subnet = [{"Name": "subnet-id", "Values": [ids["subnet"]]}]
    (interface,) = ec2.describe_network_interfaces(Filters=of_subnet)["NetworkInterfaces"]
    public, private = interface["Association"]["PublicIp"], interface["PrivateIpAddress"]
    assert not is_served(public)
    permission = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    everybody = {**permission, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=ids["group"], IpPermissions=[everybody])
    await_answer(public)
    assert not is_served(private)
    engine.kill()
    await_answer(public)
    engine.start()
    await_answer(public)
    stop_everything(engine)
    assert not is_served(public)
    delete_vpc(engine.client("ec2"), ids)
    wait_for(lambda: not list(Path("/run/netns").glob(f"*{ids['vpc']}")), what="no VPC")
    engine.purge()
    assert not engine.remains()
