"""End to end: a load balancer before the tasks of a service, made by an unmodified client."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import awslogs, left_empty, started_engine
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
SERVE = (
    "mkdir -p /tmp/www/cgi-bin; printf '#!/bin/sh\\necho; echo {} $HTTP_X_FORWARDED_FOR\\n' "
    "> /tmp/www/cgi-bin/who; chmod +x /tmp/www/cgi-bin/who; echo ok > /tmp/www/index.html; "
    "exec httpd -f -p 8080 -h /tmp/www"
)


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("balancing") / "state") as engine:
        yield engine


@pytest.fixture
def engine(module_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(module_engine)


def page(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read()).decode().strip()
    except urllib.error.HTTPError as refused:
        with refused:
            return f"{refused.code}"


def stable(ecs: Any, service: str) -> None:
    waiter = ecs.get_waiter("services_stable")
    waiter.wait(cluster="default", services=[service], WaiterConfig={"Delay": 1})


def balanced(engine: RunningEngine, name: str) -> tuple[str, str]:
    """A balancer that faces the world and listens at port 80; its ARN and its group's."""
    ec2, elb = engine.client("ec2"), engine.client("elbv2")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    made = elb.create_load_balancer(Name=name, Subnets=engine.subnets()[:2])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc["VpcId"],
        TargetType="ip",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    elb.get_waiter("load_balancer_available").wait(
        LoadBalancerArns=[made["LoadBalancerArn"]], WaiterConfig={"Delay": 1}
    )
    return made["LoadBalancerArn"], group


def define(ecs: Any, image: str, word: str) -> str:
    """A task that answers with the word; the definition's ARN."""
    registered = ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": "app",
                "image": image,
                "entryPoint": ["sh", "-c"],
                "command": [SERVE.format(word)],
                "portMappings": [{"containerPort": 8080}],
                "logConfiguration": awslogs(),
                "stopTimeout": 2,
            }
        ],
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def start_service(engine: RunningEngine, definition: str, group: str, count: int) -> None:
    ecs, ec2 = engine.client("ecs"), engine.client("ec2")
    (own,) = ec2.describe_security_groups()["SecurityGroups"]
    place = {"subnets": engine.subnets(), "securityGroups": [own["GroupId"]]}
    ecs.create_service(
        serviceName="web",
        taskDefinition=definition,
        desiredCount=count,
        launchType="FARGATE",
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        networkConfiguration={"awsvpcConfiguration": place},
    )


@pytest.fixture
def open_group(engine: RunningEngine) -> None:
    """The default group lets the world in at port 80."""
    ec2 = engine.client("ec2")
    (group,) = ec2.describe_security_groups()["SecurityGroups"]
    if not any(each.get("FromPort") == 80 for each in group["IpPermissions"]):
        everybody = [{"CidrIp": "0.0.0.0/0"}]
        port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": everybody}
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[port])


def public_addresses(engine: RunningEngine, name: str) -> list[str]:
    described = {"Name": "description", "Values": [f"ELB app/{name}/*"]}
    found = engine.client("ec2").describe_network_interfaces(Filters=[described])
    return [each["Association"]["PublicIp"] for each in found["NetworkInterfaces"]]


@pytest.mark.usefixtures("open_group")
def test_a_service_is_reached_by_its_load_balancer(engine: RunningEngine, image: str) -> None:
    ec2, elb, ecs = (engine.client(name) for name in ("ec2", "elbv2", "ecs"))
    balancer, group = balanced(engine, "web")
    start_service(engine, define(ecs, image, "one"), group, 2)
    stable(ecs, "web")
    addresses = public_addresses(engine, "web")
    assert len(addresses) == 2
    for address in addresses:
        wait_for(lambda at=address: (page(f"http://{at}/cgi-bin/who") or "").startswith("one "))
    for named in ("web", "default/web"):
        assert engine.cli("url", named).stdout.split() == [f"http://{addresses[0]}"]
    waiter = elb.get_waiter("target_in_service")
    waiter.wait(TargetGroupArn=group, WaiterConfig={"Delay": 1})
    engine.kill()
    assert (page(f"http://{addresses[0]}/cgi-bin/who") or "").startswith("one ")
    engine.start()
    ecs.update_service(service="web", desiredCount=0)
    stable(ecs, "web")
    wait_for(lambda: page(f"http://{addresses[0]}/") == "503")
    ecs.delete_service(service="web")
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")
    wait_for(lambda: not ec2.describe_network_interfaces()["NetworkInterfaces"])
