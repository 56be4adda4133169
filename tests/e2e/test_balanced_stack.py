"""End to end: what CDK's ApplicationLoadBalancedFargateService builds, call by call, serves a page.

A VPC of two zones with NAT, a balancer in its public subnets, tasks in its private ones, security
groups by reference, a certificate of ACM's, and a redirect from HTTP. All by an unmodified client.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import left_empty, started_engine, stop_everything
from tests.e2e.test_load_balancers import define, stable
from tests.e2e.test_vpc_of_two_zones import Built, build, tear_down
from tests.support.certificates import Signed
from tests.support.engine import PATIENTLY, RunningEngine, wait_for

pytestmark = pytest.mark.root
DOMAIN = "shop.example.com"


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("stack") / "state") as engine:
        yield engine


@pytest.fixture
def engine(module_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(module_engine)


@pytest.fixture
def built(engine: RunningEngine) -> Iterator[Built]:
    ec2 = engine.client("ec2")
    made = build(ec2)
    yield made
    stop_everything(engine)
    tear_down(ec2, made)


def made_security_groups(ec2: Any, vpc: str) -> tuple[str, str]:
    """Of the balancer, open to the world, and of the service, open to the balancer."""
    front, behind = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("front", "behind")
    )
    for port in (80, 443):
        ports = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        ec2.authorize_security_group_ingress(
            GroupId=front, IpPermissions=[{**ports, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
    http = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    ec2.authorize_security_group_ingress(
        GroupId=behind, IpPermissions=[{**http, "UserIdGroupPairs": [{"GroupId": front}]}]
    )
    return front, behind


def made_balancer(elb: Any, built: Built, front: str) -> str:
    arn = elb.create_load_balancer(
        Name="stack-LB",
        Scheme="internet-facing",
        Type="application",
        SecurityGroups=[front],
        Subnets=[zone.public for zone in built.zones],
    )["LoadBalancers"][0]["LoadBalancerArn"]
    kept = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=kept)
    return str(arn)


def made_group(elb: Any, built: Built) -> str:
    arn = elb.create_target_group(
        Name="stack-ECS", Port=80, Protocol="HTTP", TargetType="ip", VpcId=built.vpc
    )["TargetGroups"][0]["TargetGroupArn"]
    loose = [{"Key": "stickiness.enabled", "Value": "false"}]
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=loose)
    return str(arn)


def made_listeners(elb: Any, balancer: str, group: str, certificate: str) -> list[str]:
    """HTTPS for the service, HTTP that sends there."""
    https = elb.create_listener(
        LoadBalancerArn=balancer,
        Port=443,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    to_https = {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"}
    http = elb.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": to_https}],
    )
    return [each["Listeners"][0]["ListenerArn"] for each in (https, http)]


def made_service(engine: RunningEngine, image: str, built: Built, group: str, behind: str) -> None:
    ecs = engine.client("ecs")
    place = {"subnets": [zone.private for zone in built.zones], "securityGroups": [behind]}
    ecs.create_service(
        serviceName="web",
        taskDefinition=define(ecs, image, "one"),
        desiredCount=2,
        launchType="FARGATE",
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 50},
        networkConfiguration={"awsvpcConfiguration": place},
    )
    stable(ecs, "web")


def addresses(engine: RunningEngine) -> list[str]:
    described = {"Name": "description", "Values": ["ELB app/stack-LB/*"]}
    found = engine.client("ec2").describe_network_interfaces(Filters=[described])
    return [each["Association"]["PublicIp"] for each in found["NetworkInterfaces"]]


def fetched(address: str, trusted: Path, url: str, *flags: str) -> str:
    """By curl, which trusts the certificate and nothing else."""
    places = [w for port in (80, 443) for w in ("--resolve", f"{DOMAIN}:{port}:{address}")]
    command = ["curl", "-sS", "--cacert", str(trusted), "--max-time", "10", *places, *flags, url]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return (run.stdout + run.stderr).strip()


def comes_to_answer(address: str, trusted: Path, url: str) -> None:
    said: list[str] = []

    def answers() -> bool:
        said.append(fetched(address, trusted, url))
        return said[-1].startswith("one ")

    try:
        wait_for(answers)
    except AssertionError as failure:
        raise AssertionError(f"{url} at {address} says {said[-1]}") from failure


def test_a_stack_of_a_load_balanced_service_serves_its_page_by_https(
    engine: RunningEngine, image: str, built: Built, tmp_path: Path
) -> None:
    ec2, elb, ecs, acm = (engine.client(name) for name in ("ec2", "elbv2", "ecs", "acm"))
    front, behind = made_security_groups(ec2, built.vpc)
    balancer, group = made_balancer(elb, built, front), made_group(elb, built)
    signed, trusted = Signed(DOMAIN), tmp_path / "trusted.pem"
    trusted.write_bytes(signed.pem)
    imported = acm.import_certificate(Certificate=signed.pem, PrivateKey=signed.key_pem())
    certificate = imported["CertificateArn"]
    listeners = made_listeners(elb, balancer, group, certificate)
    made_service(engine, image, built, group, behind)
    waiter = elb.get_waiter("target_in_service")
    waiter.wait(TargetGroupArn=group, WaiterConfig=PATIENTLY)

    page, moved = f"https://{DOMAIN}/cgi-bin/who", f"http://{DOMAIN}/cgi-bin/who"
    assert len(addresses(engine)) == 2
    for address in addresses(engine):
        comes_to_answer(address, trusted, page)
        assert fetched(address, trusted, moved, "-L").startswith("one ")
        shown = fetched(address, trusted, moved, "-o", "/dev/null", "-w", "%{http_code}")
        assert shown == "301"
        shown = fetched(address, trusted, page, "-o", "/dev/null", "-w", "%{http_version}")
        assert shown == "2"
    assert engine.cli("url", "web").stdout.split() == [
        f"{scheme}://{addresses(engine)[0]}" for scheme in ("http", "https")
    ]

    renewed = Signed(DOMAIN)
    acm.import_certificate(
        CertificateArn=certificate, Certificate=renewed.pem, PrivateKey=renewed.key_pem()
    )
    trusted.write_bytes(renewed.pem)
    comes_to_answer(addresses(engine)[0], trusted, page)

    ecs.delete_service(service="web", force=True)
    for listener in listeners:
        elb.delete_listener(ListenerArn=listener)
    elb.delete_target_group(TargetGroupArn=group)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    acm.delete_certificate(CertificateArn=certificate)
    stop_everything(engine)
    wait_for(lambda: not addresses(engine))
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")
    for each in (behind, front):
        ec2.delete_security_group(GroupId=each)
