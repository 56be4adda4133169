"""End to end: what callers of a load balancer see when tasks stop, die or begin slowly, and when
the engine is killed, stopped or purged."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import left_empty, started_engine, wait_until
from tests.e2e.test_load_balancers import (
    SERVE,
    Load,
    balanced,
    define,
    page,
    public_addresses,
    stable,
    start_service,
    web,
)
from tests.support.engine import RunningEngine, wait_for

__all__ = ["web"]
pytestmark = pytest.mark.root
SLOW = "printf '#!/bin/sh\\necho; sleep 6; echo late\\n' > /tmp/www/cgi-bin/slow"
BESIDE = "mkdir -p /tmp/www/cgi-bin; " + SLOW + "; chmod +x /tmp/www/cgi-bin/slow; "


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("loaded") / "state") as engine:
        open_ports(engine)
        yield engine


@pytest.fixture
def engine(module_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(module_engine)


def open_ports(engine: RunningEngine) -> None:
    ec2 = engine.client("ec2")
    (group,) = ec2.describe_security_groups()["SecurityGroups"]
    port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81}
    everybody = [{"CidrIp": "0.0.0.0/0"}]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpPermissions=[{**port, "IpRanges": everybody}]
    )


def define_as(ecs: Any, image: str, before: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A task that does something first."""
    monkeypatch.setattr("tests.e2e.test_load_balancers.SERVE", before + SERVE)
    return define(ecs, image, "one")


def url_of(engine: RunningEngine) -> str:
    url = f"http://{public_addresses(engine, 'web')[0]}/cgi-bin/who"
    wait_for(lambda: (page(url) or "").startswith("one "))
    return url


def two_tasks(engine: RunningEngine, image: str, group: str) -> tuple[Any, str]:
    """A service that stands; the client that asked for it, and its URL."""
    ecs = engine.client("ecs")
    start_service(engine, define(ecs, image, "one"), group, 2)
    url = url_of(engine)
    stable(ecs, "web")
    return ecs, url


def tasks(ecs: Any) -> list[str]:
    return [arn.rpartition("/")[2] for arn in ecs.list_tasks(serviceName="web")["taskArns"]]


def processes_of(task: str) -> list[int]:
    """Of a task's containers, on this machine."""
    found = []
    for root, _, files in os.walk("/sys/fs/cgroup"):
        if task in root and "cgroup.procs" in files:
            found += [int(line) for line in (Path(root) / "cgroup.procs").read_text().split()]
    return sorted(set(found))


def test_a_request_under_way_is_answered_though_its_task_is_told_to_stop(
    engine: RunningEngine, image: str, web: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container would be killed two seconds after its stop signal; the request takes six."""
    ecs = engine.client("ecs")
    _, group = web
    start_service(engine, define_as(ecs, image, BESIDE, monkeypatch), group, 1)
    url = url_of(engine)
    stable(ecs, "web")
    answers: list[str] = []

    def ask() -> None:
        with urllib.request.urlopen(url.replace("who", "slow"), timeout=20) as answer:
            answers.append(bytes(answer.read()).decode().strip())

    asking = threading.Thread(target=ask)
    (task,) = tasks(ecs)
    before = len(processes_of(task))
    asking.start()
    wait_for(lambda: len(processes_of(task)) > before, what="the request to be under way")
    ecs.stop_task(task=task)
    asking.join()
    assert answers == ["late"]
    wait_until(engine, task, "STOPPED")


MOST_LOST_A_CALLER = 4
"""The request under way, and those that went to it before it was known to be gone."""


def test_a_target_that_dies_costs_a_few_requests_and_no_more(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs, url = two_tasks(engine, image, web[1])
    threads = 4
    with Load(url, threads) as load:
        wait_for(lambda: load.answers["one"] > 50)
        for pid in processes_of(tasks(ecs)[0]):
            with contextlib.suppress(ProcessLookupError):  # of a page that was just made
                os.kill(pid, signal.SIGKILL)
        seen = load.answers["one"]
        wait_for(lambda: load.answers["one"] > seen + 200)
        stable(ecs, "web")
        after = load.failures()
        seen = load.answers["one"]
        wait_for(lambda: load.answers["one"] > seen + 200)
        assert load.failures() == after, load.answers
    assert after <= MOST_LOST_A_CALLER * threads, load.answers


def test_no_request_fails_while_the_engine_is_killed_and_another_begins(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs, url = two_tasks(engine, image, web[1])
    with Load(url) as load:
        for end in (engine.kill, engine.stop):
            end()
            seen = load.answers["one"]
            wait_for(lambda before=seen: load.answers["one"] > before + 50)
            engine.start()
            seen = load.answers["one"]
            wait_for(lambda before=seen: load.answers["one"] > before + 50)
        stable(ecs, "web")
        ecs.update_service(service="web", desiredCount=1)
        stable(ecs, "web")
    assert set(load.answers) == {"one"}, load.answers


@contextlib.contextmanager
def generated_load(url: str, said: list[str]) -> Iterator[None]:
    """By `wrk`, on connections that stay open; said: afterwards, what it tells of them.

    Without a port it would ask /etc/services, which not every machine has.
    """
    command = ["wrk", "--threads", "1", "--connections", "8", "--duration", "300s", url]
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        wrk.send_signal(signal.SIGINT)  # it tells what it has seen so far, and ends
        out, _ = wrk.communicate(timeout=30)
        said.append(out)


def test_a_load_generator_sees_no_error_while_tasks_are_replaced_and_scaled_in(
    engine: RunningEngine, image: str, web: tuple[str, str]
) -> None:
    ecs, url = two_tasks(engine, image, web[1])
    old = tasks(ecs)
    said: list[str] = []
    with generated_load(url.replace("/cgi-bin/who", ":80/index.html"), said):
        ecs.update_service(service="web", taskDefinition=define(ecs, image, "two"))
        wait_for(lambda: not {*old} & {*tasks(ecs)}, seconds=90, what="new tasks only")
        ecs.update_service(service="web", desiredCount=1)
        stable(ecs, "web")
    (report,) = said
    requests = re.search(r"(\d+) requests in", report)
    assert requests is not None, report
    assert int(requests[1]) > 1000, report
    assert "Socket errors" not in report, report
    assert "Non-2xx" not in report, report


def test_a_slow_starter_is_spared_for_its_grace_period_in_each_of_its_groups(
    engine: RunningEngine, image: str, web: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two failed checks, five seconds apart, make a target unhealthy: long before it begins."""
    ecs, elb = engine.client("ecs"), engine.client("elbv2")
    balancer, group = web
    (vpc,) = engine.client("ec2").describe_vpcs()["Vpcs"]
    other = elb.create_target_group(
        Name="other", Protocol="HTTP", Port=8080, VpcId=vpc["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=81,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": other}],
    )
    place = {"subnets": engine.subnets()}
    (own,) = engine.client("ec2").describe_security_groups()["SecurityGroups"]
    ecs.create_service(
        serviceName="web",
        taskDefinition=define_as(ecs, image, "sleep 14; ", monkeypatch),
        desiredCount=1,
        launchType="FARGATE",
        healthCheckGracePeriodSeconds=60,
        loadBalancers=[
            {"targetGroupArn": each, "containerName": "app", "containerPort": 8080}
            for each in (group, other)
        ],
        networkConfiguration={"awsvpcConfiguration": {**place, "securityGroups": [own["GroupId"]]}},
    )
    (first,) = wait_for(lambda: tasks(ecs))

    def states(of: str) -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=of)["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in found]

    wait_for(lambda: states(group) == ["unhealthy"])
    for each in (group, other):
        wait_for(lambda of=each: states(of) == ["healthy"])
    stable(ecs, "web")
    assert tasks(ecs) == [first], "nobody was replaced"
    address = public_addresses(engine, "web")[0]
    for port in (80, 81):
        found = wait_for(lambda at=port: page(f"http://{address}:{at}/cgi-bin/who"))
        assert found.startswith("one ")


def test_a_purge_takes_proxies_away_and_a_mere_stop_leaves_them_serving(
    own_engine: RunningEngine, image: str
) -> None:
    own_engine.start("--healthy-after", "0.5")
    open_ports(own_engine)
    ecs = own_engine.client("ecs")
    ecs.create_cluster(clusterName="default")
    own_engine.client("logs").create_log_group(logGroupName="/test/tasks")
    _, group = balanced(own_engine, "web")
    start_service(own_engine, define(ecs, image, "one"), group, 1)
    url = url_of(own_engine)
    assert own_engine.stop() == 0
    assert (page(url) or "").startswith("one ")
    own_engine.purge()
    assert not own_engine.remains()
