"""How soon a load balancer acts on what Elastic Load Balancing's API was told, in a real engine and
under load: one target registered and deregistered, 1,000 targets, 200 rules.

Times run from the API's answer until the nodes' HAProxies do it. All along a load generator keeps
connections to a task behind the balancer busy: what it sees fail is printed, and should be nothing.
As root.
"""

import asyncio
import contextlib
import csv
import re
import signal
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from tests.support.engine import RunningEngine, wait_for

from bench.hosted import workplace
from hostless.balancer.local import runtime
from hostless.balancer.local.configuration import SOCKET

CHANGES, TARGETS, RULES, TARGETS_A_CALL = 20, 1000, 200, 100
TAKEN = 50
"""At the beginning of each subnet: what nodes and tasks may have."""


class Stage:
    """A balancer that faces the world, and a group with one task."""

    def __init__(self, engine: RunningEngine, image: str) -> None:
        self.engine = engine
        self.elb, self.ecs, self.ec2 = (engine.client(name) for name in ("elbv2", "ecs", "ec2"))
        (vpc,) = self.ec2.describe_vpcs()["Vpcs"]
        (security,) = self.ec2.describe_security_groups()["SecurityGroups"]
        described = self.ec2.describe_subnets()["Subnets"]
        self.subnets = [subnet["SubnetId"] for subnet in described[:2]]
        self.free = [
            {"Id": str(address), "Port": port}
            for subnet in described
            for address in list(IPv4Network(subnet["CidrBlock"]).hosts())[TAKEN:]
            for port in range(9080, 9090)  # the task, wherever it is, has 8080
        ]
        port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
        self.ec2.authorize_security_group_ingress(
            GroupId=security["GroupId"],
            IpPermissions=[{**port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        )
        (balancer,) = self.elb.create_load_balancer(Name="bench", Subnets=self.subnets)[
            "LoadBalancers"
        ]
        (group,) = self.elb.create_target_group(
            Name="bench", Protocol="HTTP", Port=8080, VpcId=vpc["VpcId"], TargetType="ip"
        )["TargetGroups"]
        self.group = group["TargetGroupArn"]
        self.listener = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )["Listeners"][0]["ListenerArn"]
        self._serve(image, security["GroupId"])

    def _serve(self, image: str, security_group: str) -> None:
        self.ecs.create_cluster()
        page = "mkdir /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"
        self.ecs.register_task_definition(
            family="page",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[
                {
                    "name": "page",
                    "image": image,
                    "entryPoint": ["sh", "-c"],
                    "command": [page],
                    "portMappings": [{"containerPort": 8080}],
                    "stopTimeout": 2,
                }
            ],
        )
        place = {"subnets": self.subnets, "securityGroups": [security_group]}
        self.ecs.create_service(
            serviceName="page",
            taskDefinition="page",
            desiredCount=1,
            launchType="FARGATE",
            loadBalancers=[
                {"targetGroupArn": self.group, "containerName": "page", "containerPort": 8080}
            ],
            networkConfiguration={"awsvpcConfiguration": place},
        )
        wait_for(lambda: self.page("") == "hello", what="the page")
        self.elb.get_waiter("target_in_service").wait(
            TargetGroupArn=self.group, WaiterConfig={"Delay": 1}
        )

    @property
    def url(self) -> str:
        """By the balancer's public address."""
        node, *_ = self.ec2.describe_network_interfaces(
            Filters=[{"Name": "description", "Values": ["ELB app/bench/*"]}]
        )["NetworkInterfaces"]
        return f"http://{node['Association']['PublicIp']}"

    def page(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"{self.url}/{path}", timeout=5) as answer:
                return bytes(answer.read()).decode().strip()
        except (OSError, KeyError, ValueError):
            return ""

    def targets(self, count: int, first: int = 0) -> list[Any]:
        """Where nobody is."""
        return self.free[first : first + count]

    def know(self, count: int) -> bool:
        """Whether every node's HAProxy sends to so many targets, whatever their health."""
        sockets = tuple(self.engine.state_dir.glob(f"balancers/*/{SOCKET}"))
        return len(sockets) == len(self.subnets) and all(_known(each) == count for each in sockets)

    def clear(self) -> None:
        self.ecs.update_service(service="page", desiredCount=0)
        wait_for(lambda: not self.ecs.list_tasks()["taskArns"], what="no task")


def _known(socket: Path) -> int:
    rows = csv.DictReader(asyncio.run(runtime.ask(socket, "show stat")).lstrip("# ").splitlines())
    return sum(
        row["pxname"].startswith("open-")
        and row["svname"] not in ("FRONTEND", "BACKEND")
        and not row["status"].startswith("MAINT")
        for row in rows
    )


def milliseconds_until(condition: Callable[[], bool]) -> float:
    started = time.perf_counter()
    while not condition():
        time.sleep(0.0005)
    return 1000 * (time.perf_counter() - started)


def coming_and_going(stage: Stage) -> None:
    registered, deregistered = [], []
    for number in range(CHANGES):
        targets = stage.targets(1, number)
        stage.elb.register_targets(TargetGroupArn=stage.group, Targets=targets)
        registered.append(milliseconds_until(lambda: stage.know(2)))
        stage.elb.deregister_targets(TargetGroupArn=stage.group, Targets=targets)
        deregistered.append(milliseconds_until(lambda: stage.know(1)))
    for what, found in (("registered", registered), ("deregistered", deregistered)):
        print(
            f"  a target {what}: acted on {statistics.median(found):.0f} ms after the answer, "
            f"at most {max(found):.0f} ms (limit 200 ms)"
        )


def many(stage: Stage) -> None:
    targets = stage.targets(TARGETS, CHANGES)
    started = time.perf_counter()
    for at in range(0, TARGETS, TARGETS_A_CALL):
        some = targets[at : at + TARGETS_A_CALL]
        stage.elb.register_targets(TargetGroupArn=stage.group, Targets=some)
    told = time.perf_counter() - started
    after = milliseconds_until(lambda: stage.know(1 + TARGETS)) / 1000
    print(f"  {TARGETS} targets: told in {told:.2f} s, all there {after:.2f} s later (limit 2 s)")
    started = time.perf_counter()
    for number in range(1, RULES + 1):
        said = {"StatusCode": "200", "MessageBody": str(number)}
        stage.elb.create_rule(
            ListenerArn=stage.listener,
            Priority=number,
            Conditions=[{"Field": "path-pattern", "Values": [f"/{number}"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": said}],
        )
    told = time.perf_counter() - started
    after = milliseconds_until(lambda: stage.page(str(RULES)) == str(RULES)) / 1000
    print(f"  {RULES} rules: told in {told:.2f} s, the last acts {after:.2f} s later (limit 2 s)")


@contextlib.contextmanager
def busy(url: str) -> Iterator[None]:
    command = ["wrk", "-t1", "-c8", "-d600s", f"{url}:80/"]
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        wrk.send_signal(signal.SIGINT)
        said, _ = wrk.communicate(timeout=30)
        requests = re.search(r"(\d+) requests in", said)
        failed = re.findall(r"(Socket errors.*|Non-2xx.*)", said)
        count = requests[1] if requests else "no"
        print(f"  meanwhile {count} requests; failed: {failed or 'none'}")


def main() -> None:
    with workplace() as (folder, registry):
        engine = RunningEngine(folder / "state", "--over-commit", "4")
        engine.start()
        try:
            stage = Stage(engine, f"{registry}/busybox:1")
            for what, part in (("One target", coming_and_going), ("Many", many)):
                print(f"{what}:")
                with busy(stage.url):
                    part(stage)
            stage.clear()
        finally:
            engine.purge()


if __name__ == "__main__":
    main()
