"""End to end: a load balancer before the tasks of a service, made by an unmodified client."""

import os
import shutil
import signal
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    awslogs,
    left_empty,
    log_lines,
    run_on,
    started_engine,
    stop_everything,
)
from tests.support.engine import PATIENTLY, RunningEngine, wait_for

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
    """None when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read()).decode().strip()
    except urllib.error.HTTPError as refused:
        with refused:
            return f"{refused.code}"
    except OSError:
        return None


def stable(ecs: Any, service: str) -> None:
    waiter = ecs.get_waiter("services_stable")
    waiter.wait(cluster="default", services=[service], WaiterConfig=PATIENTLY)


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
        LoadBalancerArns=[made["LoadBalancerArn"]], WaiterConfig=PATIENTLY
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


@pytest.fixture
def web(engine: RunningEngine) -> Iterator[tuple[str, str]]:
    """A balancer and its group; gone at the end with the service, and nothing may be left."""
    balancer, group = balanced(engine, "web")
    yield balancer, group
    ec2, elb, ecs = (engine.client(name) for name in ("ec2", "elbv2", "ecs"))
    if ecs.describe_services(services=["web"])["services"]:
        ecs.delete_service(service="web", force=True)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
    stop_everything(engine)
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")
    wait_for(lambda: not ec2.describe_network_interfaces()["NetworkInterfaces"])


class Load:
    """Asks for a page again and again, by several threads; knows every answer."""

    def __init__(self, url: str, threads: int = 4) -> None:
        self._url = url
        self._over = threading.Event()
        self.answers: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                with urllib.request.urlopen(self._url, timeout=10) as answer:
                    self.answers[bytes(answer.read()).decode().split()[0]] += 1
            except OSError as error:
                self.answers[f"failed: {error}"] += 1

    def failures(self) -> int:
        """Answers that no target gave, so far."""
        return sum(count for answer, count in self.answers.items() if not answer.isalpha())

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture(params=["container", "gvisor"])
def level(request: pytest.FixtureRequest, engine: RunningEngine) -> Iterator[str]:
    """What the cluster chooses for its tasks."""
    if request.param == "gvisor" and shutil.which("runsc") is None:
        pytest.skip("runsc is not installed")
    ecs = engine.client("ecs")
    cluster = ecs.describe_clusters()["clusters"][0]["clusterArn"]
    ecs.tag_resource(
        resourceArn=cluster, tags=[{"key": "hostless:isolation", "value": request.param}]
    )
    yield request.param
    ecs.untag_resource(resourceArn=cluster, tagKeys=["hostless:isolation"])


@pytest.mark.usefixtures("open_group")
def test_a_service_is_reached_by_its_load_balancer(
    engine: RunningEngine, image: str, web: tuple[str, str], level: str
) -> None:
    elb, ecs = engine.client("elbv2"), engine.client("ecs")
    group = web[1]
    start_service(engine, define(ecs, image, "one"), group, 2)
    stable(ecs, "web")
    (task, *_) = ecs.describe_tasks(tasks=ecs.list_tasks()["taskArns"])["tasks"]
    assert {"name": "hostless.isolation", "value": level} in task["attributes"]
    addresses = public_addresses(engine, "web")
    assert len(addresses) == 2
    for address in addresses:
        wait_for(lambda at=address: (page(f"http://{at}/cgi-bin/who") or "").startswith("one "))
    for named in ("web", "default/web"):
        assert engine.cli("url", named).stdout.split() == [f"http://{addresses[0]}"]
    waiter = elb.get_waiter("target_in_service")
    waiter.wait(TargetGroupArn=group, WaiterConfig=PATIENTLY)
    engine.kill()
    assert (page(f"http://{addresses[0]}/cgi-bin/who") or "").startswith("one ")
    engine.start()
    ecs.update_service(service="web", desiredCount=0)
    stable(ecs, "web")
    wait_for(lambda: page(f"http://{addresses[0]}/") == "503")


@pytest.mark.usefixtures("open_group")
def test_no_request_fails_while_a_service_is_deployed_and_scaled_in(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs = engine.client("ecs")
    group = web[1]
    start_service(engine, define(ecs, image, "one"), group, 2)
    address = public_addresses(engine, "web")[0]
    url = f"http://{address}/cgi-bin/who"
    wait_for(lambda: (page(url) or "").startswith("one "))
    with Load(url) as load:
        ecs.update_service(service="web", taskDefinition=define(ecs, image, "two"))
        ended = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")

        def newest() -> str | None:
            listed = ecs.list_service_deployments(service="web", cluster="default")
            status = str(listed["serviceDeployments"][0]["status"])
            return status if status in ended else None

        assert wait_for(newest, seconds=90) == "SUCCESSFUL"
        ecs.update_service(service="web", desiredCount=1)
        stable(ecs, "web")
    assert set(load.answers) == {"one", "two"}, load.answers


@pytest.mark.usefixtures("open_group")
def test_a_proxy_that_dies_is_started_again(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs = engine.client("ecs")
    group = web[1]
    start_service(engine, define(ecs, image, "one"), group, 1)
    address = public_addresses(engine, "web")[0]
    url = f"http://{address}/cgi-bin/who"
    wait_for(lambda: (page(url) or "").startswith("one "))
    pids = [int(p.read_text().split()[0]) for p in engine.state_dir.glob("balancers/*/pid")]
    assert len(pids) == 2
    for pid in pids:
        os.kill(pid, signal.SIGKILL)

    wait_for(lambda: (page(url) or "").startswith("one "))


@pytest.mark.usefixtures("open_group")
def test_a_task_that_fails_its_load_balancers_checks_is_replaced(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    """Its page is gone after a while; the container itself goes on."""
    ecs, elb = engine.client("ecs"), engine.client("elbv2")
    group = web[1]
    elb.modify_target_group(
        TargetGroupArn=group, HealthCheckPath="/index.html", UnhealthyThresholdCount=2
    )
    start_service(engine, define(ecs, image, "one; rm -f /tmp/www/index.html; echo"), group, 1)
    address = public_addresses(engine, "web")[0]
    wait_for(lambda: page(f"http://{address}/index.html") == "ok")
    (first,) = ecs.list_tasks(serviceName="web")["taskArns"]
    page(f"http://{address}/cgi-bin/who")

    def replaced() -> str | None:
        (task,) = ecs.describe_tasks(tasks=[first])["tasks"]
        return task.get("stoppedReason") if task["lastStatus"] == "STOPPED" else None

    reason = wait_for(replaced)
    assert reason == f"Task failed ELB health checks in (target-group {group})"
    wait_for(lambda: page(f"http://{address}/index.html") == "ok")


@pytest.mark.usefixtures("open_group")
def test_tasks_reach_a_load_balancer_by_its_name(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs, elb = engine.client("ecs"), engine.client("elbv2")
    group = web[1]
    start_service(engine, define(ecs, image, "one"), group, 1)
    (shown,) = elb.describe_load_balancers(LoadBalancerArns=[web[0]])["LoadBalancers"]
    name = shown["DNSName"]
    resolved = f"$(nslookup {name} | awk '/^Address: /{{print $2; exit}}')"
    get = "printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n'"
    asking = f"while :; do {get} | nc -w 2 {resolved} 80; sleep 0.3; done"
    place = {"subnets": engine.subnets()[:1], "assignPublicIp": "ENABLED"}
    task = run_on(
        engine,
        image,
        {"entryPoint": ["sh", "-c"], "command": [asking]},
        networkConfiguration={"awsvpcConfiguration": place},
    )
    wait_for(lambda: any(line.startswith("one ") for line in log_lines(engine, task)))
