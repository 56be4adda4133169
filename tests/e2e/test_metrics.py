"""End to end: what passes a load balancer is what its metrics say, whoever is killed."""

import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.e2e.test_readme import typed
from tests.support.engine import PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LOOK_SECONDS = 60.0
"""Patience: looks are ten seconds apart."""


def balanced(engine: RunningEngine, image: str) -> str:
    """A service behind a balancer that answers /old itself; its address."""
    ec2, elb, ecs = engine.client("ec2"), engine.client("elbv2"), engine.client("ecs")
    ecs.create_cluster()
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    (own,) = ec2.describe_security_groups()["SecurityGroups"]
    world = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    ec2.authorize_security_group_ingress(
        GroupId=own["GroupId"], IpPermissions=[{**world, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    made = elb.create_load_balancer(Name="front", Subnets=engine.subnets()[:2])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="web",
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc["VpcId"],
        TargetType="ip",
        Matcher={"HttpCode": "200-499"},
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/old"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}],
    )
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "app",
                "image": image,
                "command": ["httpd", "-f", "-p", "8080", "-h", "/etc"],
                "portMappings": [{"containerPort": 8080}],
            }
        ],
    )
    place = {"subnets": engine.subnets()[:1], "securityGroups": [own["GroupId"]]}
    ecs.create_service(
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        launchType="FARGATE",
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        networkConfiguration={"awsvpcConfiguration": place},
    )
    waiter = elb.get_waiter("target_in_service")
    waiter.wait(TargetGroupArn=group, WaiterConfig={"Delay": 1})
    waiter = elb.get_waiter("load_balancer_available")
    waiter.wait(LoadBalancerArns=[made["LoadBalancerArn"]], WaiterConfig={"Delay": 1})
    return engine.cli("url", "front").stdout.split()[0]


def ask(url: str, times: int) -> list[int]:
    return [_status(url) for _ in range(times)]


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return int(refused.code)


def scraped(engine: RunningEngine) -> dict[str, float]:
    """Without a signature, as Prometheus asks; by name, over all labels but a bucket's bound."""
    request = urllib.request.Request(f"{engine.endpoint}/_hostless/metrics")
    request.add_header("Accept", "application/openmetrics-text; version=1.0.0")
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.endswith("_bucket"):
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def has(engine: RunningEngine, **wanted: int) -> dict[str, float]:
    """Wait until metrics are as wanted: a look may fall between two requests."""
    names = {f"hostless_alb_{name}": number for name, number in wanted.items()}
    found: dict[str, float] = {}

    def are_as_wanted() -> bool:
        found.clear()
        found.update(scraped(engine))
        return {name: found.get(name, 0) for name in names} == names

    try:
        wait_for(are_as_wanted, LOOK_SECONDS)
    except AssertionError:
        assert {name: found.get(name, 0) for name in names} == names
    return found


def test_what_passes_is_what_metrics_say_over_a_killed_engine_too(
    own_engine: RunningEngine, image: str
) -> None:
    own_engine.start("--healthy-after", "0.5")
    address = balanced(own_engine, image)
    before = scraped(own_engine)
    assert before.get("hostless_alb_request_count_total", 0) == 0
    assert ask(f"{address}/hostname", 7) == [200] * 7
    assert ask(f"{address}/nothing", 3) == [404] * 3
    assert ask(f"{address}/old", 2) == [410] * 2
    counted = {
        "request_count_total": 10,
        "http_code_target_2xx_total": 7,
        "http_code_target_4xx_total": 3,
        "http_code_elb_4xx_total": 2,
        "http_code_elb_5xx_total": 0,
        "target_response_time_seconds_count": 10,
    }
    found = has(own_engine, **counted)
    assert found["hostless_alb_processed_bytes_total"] > 1000
    assert found["hostless_tasks"] == 1
    own_engine.kill()
    assert ask(f"{address}/hostname", 4) == [200] * 4
    own_engine.start("--healthy-after", "0.5")
    more = {"request_count_total": 14, "http_code_target_2xx_total": 11}
    has(own_engine, **{**counted, **more, "target_response_time_seconds_count": 14})
    assert own_engine.stop() == 0
    own_engine.start("--healthy-after", "0.5")
    found = scraped(own_engine)
    assert found["hostless_alb_request_count_total"] == 14
    _type_what_the_document_shows(own_engine)


def _type_what_the_document_shows(engine: RunningEngine) -> None:
    shown = "".join(BLOCK.findall(DOCUMENT.read_text()))
    environment: dict[str, Any] = {
        **engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    printed = typed(shown, **environment)
    assert re.search(r"^RequestCount +front +14 +1 +1 +1 ", printed, re.MULTILINE)
    assert re.search(r"^RequestCount +front web +14 ", printed, re.MULTILINE)
    assert re.search(r"^TargetResponseTime +front .* s$", printed, re.MULTILINE)
    assert '"AvailabilityZone": ' in printed
    assert "hostless_alb_request_count_total{" in printed
