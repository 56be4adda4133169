"""End to end: an interface endpoint is a way from a VPC to the engine's API, for who has a key."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import (
    address_of,
    log_lines,
    run_on,
    started_engine,
    stop_everything,
    wait_until,
)
from tests.support.engine import RunningEngine, wait_for

from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root
IDLE = {"entryPoint": ["sleep", "600"]}
NAME = "sts.us-east-1.amazonaws.com"
UNSIGNED = (
    "POST / HTTP/1.0\\r\\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\\r\\n"
    "Content-Type: application/x-amz-json-1.1\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
)
ASK = {
    "entryPoint": ["sh", "-c"],
    "command": [f"printf '{UNSIGNED}' | nc -w 5 {NAME} 80 | head -n 1"],
}
DESCRIBE = (
    "import boto3, sys; from botocore.config import Config;"
    "ec2 = boto3.client('ec2', endpoint_url='http://' + sys.argv[1], config=Config("
    "connect_timeout=2, retries={'total_max_attempts': 1}));"
    "print(ec2.describe_vpcs()['Vpcs'][0]['VpcId'])"
)


class Endpoint:
    """One to STS, with a group of its own that lets nothing in, in the task's subnet."""

    def __init__(self, engine: RunningEngine, task: dict[str, Any]) -> None:
        self.engine = engine
        self.ec2 = engine.client("ec2")
        (vpc,) = self.ec2.describe_vpcs()["Vpcs"]
        self.vpc_id = vpc["VpcId"]
        self.group = self.ec2.create_security_group(
            GroupName=f"endpoint-{secrets.token_hex(4)}", Description="endpoint", VpcId=self.vpc_id
        )["GroupId"]
        details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
        self.place = namespace_name_of(engine.engine_id, details["networkInterfaceId"])
        self.id = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc_id,
            VpcEndpointType="Interface",
            ServiceName="com.amazonaws.us-east-1.sts",
            SubnetIds=[details["subnetId"]],
            SecurityGroupIds=[self.group],
        )["VpcEndpoint"]["VpcEndpointId"]
        wait_for(lambda: self.shown()["State"] == "available", what="available")
        (interface,) = self.ec2.describe_network_interfaces(
            NetworkInterfaceIds=self.shown()["NetworkInterfaceIds"]
        )["NetworkInterfaces"]
        self.address = interface["PrivateIpAddress"]

    def shown(self) -> dict[str, Any]:
        answer = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[self.id])
        found: dict[str, Any] = answer["VpcEndpoints"][0]
        return found

    def let_in(self, address: str) -> None:
        web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
        self.ec2.authorize_security_group_ingress(
            GroupId=self.group, IpPermissions=[{**web, "IpRanges": [{"CidrIp": f"{address}/32"}]}]
        )

    def asked(self, **keys: str) -> str:
        """The default VPC's id, as boto3 finds it from where the task is; or why not."""
        environment = {**os.environ, **self.engine.environment, **keys}
        environment.pop("AWS_ENDPOINT_URL", None)
        done = subprocess.run(
            ["ip", "netns", "exec", self.place, sys.executable, "-c", DESCRIBE, self.address],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
        )
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    def delete(self) -> None:
        if self.ec2.describe_vpc_endpoints()["VpcEndpoints"]:
            self.ec2.delete_vpc_endpoints(VpcEndpointIds=[self.id])
        wait_for(lambda: not self.ec2.describe_vpc_endpoints()["VpcEndpoints"], what="deleted")
        self.ec2.delete_security_group(GroupId=self.group)


@pytest.fixture
def task(engine: RunningEngine, image: str) -> dict[str, Any]:
    return wait_until(engine, run_on(engine, image, IDLE)["taskArn"], "RUNNING")


@pytest.fixture
def endpoint(engine: RunningEngine, task: dict[str, Any]) -> Iterator[Endpoint]:
    made = Endpoint(engine, task)
    yield made
    stop_everything(engine)
    made.delete()


def test_groups_and_keys_decide_who_uses_the_api(endpoint: Endpoint, task: dict[str, Any]) -> None:
    assert "Connect timeout" in endpoint.asked()
    endpoint.let_in(address_of(task))
    wait_for(lambda: endpoint.asked() == endpoint.vpc_id, what="the API's answer")
    assert "AuthFailure" in endpoint.asked(AWS_ACCESS_KEY_ID="AKIAOTHER")
    closed = endpoint.ec2.create_security_group(
        GroupName=f"closed-{secrets.token_hex(4)}", Description="closed", VpcId=endpoint.vpc_id
    )["GroupId"]
    change = {"VpcEndpointId": endpoint.id}
    endpoint.ec2.modify_vpc_endpoint(
        **change, AddSecurityGroupIds=[closed], RemoveSecurityGroupIds=[endpoint.group]
    )
    wait_for(lambda: "Connect timeout" in endpoint.asked(), what="no answer")
    endpoint.ec2.modify_vpc_endpoint(
        **change, AddSecurityGroupIds=[endpoint.group], RemoveSecurityGroupIds=[closed]
    )
    wait_for(lambda: endpoint.asked() == endpoint.vpc_id, what="the API's answer")
    endpoint.ec2.delete_security_group(GroupId=closed)


def test_its_names_lead_to_it_and_a_request_without_a_key_is_refused(
    engine: RunningEngine, image: str, endpoint: Endpoint
) -> None:
    endpoint.ec2.authorize_security_group_ingress(
        GroupId=endpoint.group,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    asking = run_on(engine, image, ASK)
    wait_until(engine, asking["taskArn"], "STOPPED")
    wait_for(lambda: log_lines(engine, asking), what="the answer in the log")
    (line,) = log_lines(engine, asking)
    assert line.split()[1].startswith("4"), line


def test_of_a_deleted_endpoint_nothing_is_left(
    engine: RunningEngine, endpoint: Endpoint, task: dict[str, Any]
) -> None:
    endpoint.let_in(address_of(task))
    wait_for(lambda: endpoint.asked() == endpoint.vpc_id, what="the API's answer")
    endpoint.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint.id])
    wait_for(lambda: not endpoint.ec2.describe_vpc_endpoints()["VpcEndpoints"], what="deleted")
    assert "timeout" in endpoint.asked() or "Could not connect" in endpoint.asked()
    filters = [{"Name": "interface-type", "Values": ["vpc_endpoint"]}]
    found = endpoint.ec2.describe_network_interfaces(Filters=filters)
    assert found["NetworkInterfaces"] == []


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningEngine]:
    with started_engine(tmp_path / "state") as engine:
        yield engine


def test_an_endpoint_is_there_again_with_the_engine(own: RunningEngine, image: str) -> None:
    task = wait_until(own, run_on(own, image, IDLE)["taskArn"], "RUNNING")
    endpoint = Endpoint(own, task)
    endpoint.let_in(address_of(task))
    wait_for(lambda: endpoint.asked() == endpoint.vpc_id, what="the API's answer")
    own.kill()
    assert "Could not connect" in endpoint.asked()
    own.start()
    wait_for(lambda: endpoint.asked() == endpoint.vpc_id, what="the API's answer")


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[RunningEngine]:
    """Whoever asks it is the admin."""
    with started_engine(tmp_path / "state", "--insecure-any-key") as engine:
        yield engine


def test_where_every_key_is_accepted_tasks_cannot_ask(careless: RunningEngine, image: str) -> None:
    task = wait_until(careless, run_on(careless, image, IDLE)["taskArn"], "RUNNING")
    endpoint = Endpoint(careless, task)
    endpoint.let_in(address_of(task))
    wait_for(lambda: "Could not connect" in endpoint.asked(), what="a refusal")
