"""Applications that serve a page and call each other's by names of Service Connect, in a loop.

What each caller got is in its log: `ok WORD` for a page, `failed` for none.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.e2e.conftest import LOGS, awslogs
from tests.support.engine import RunningEngine, wait_for

NAMESPACE = "shop"
PORT = 8080
SERVE = (
    "mkdir -p /tmp/www; echo {word} > /tmp/www/index.html; echo ok > /tmp/www/well; "
    "httpd -p 8080 -h /tmp/www; "
)
GET = (
    "get() { a=$(awk -v n=$1 '$2 == n {print $1}' /etc/hosts); [ -n \"$a\" ] || return; "
    'printf "GET / HTTP/1.0\\r\\nHost: $1\\r\\n\\r\\n" | nc -w 20 $a 80 '
    "| awk 'NR == 1 {s = $2} {l = $0} END {if (s == 200) print l}'; }; "
    'call() { w=$(get $1); [ -n "$w" ] && echo ok $1 $w || echo failed $1; }; '
)
"""`get NAME` prints a page's last line; `call NAME` tells of it. A static busybox finds no names by
itself."""
CALL = 'until [ -n "$(get {name})" ]; do sleep 0.2; done; while :; do call {name}; sleep 0.02; done'
"""A caller's first page is waited for: before, there may be nobody who serves."""
WAIT = "sleep 100000"


def script(word: str, calls: str | None) -> str:
    return SERVE.format(word=word) + GET + (CALL.format(name=calls) if calls else WAIT)


def register(engine: RunningEngine, image: str, family: str, command: str, **container: Any) -> str:
    """A task of one container whose port 8080 is called `http`; the definition's ARN."""
    registered = engine.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        taskRoleArn="arn:aws:iam::000000000000:role/task",
        containerDefinitions=[
            {
                "name": "app",
                "image": image,
                "entryPoint": ["sh", "-c"],
                "command": [command],
                "portMappings": [{"containerPort": PORT, "name": "http", "appProtocol": "http"}],
                "logConfiguration": awslogs(),
                "stopTimeout": 2,
                **container,
            }
        ],
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def serve(
    engine: RunningEngine,
    name: str,
    definition: str,
    count: int = 2,
    *,
    is_client_only: bool = False,
    **request: Any,
) -> None:
    """A service in the namespace; one that serves is called by its name, at port 80."""
    port = {"portName": "http", "clientAliases": [{"port": 80, "dnsName": name}]}
    connect: dict[str, Any] = {"enabled": True, "namespace": NAMESPACE}
    if not is_client_only:
        connect["services"] = [{**port, "discoveryName": name}]
    (own,) = engine.client("ec2").describe_security_groups()["SecurityGroups"]
    place = {"subnets": engine.subnets(), "securityGroups": [own["GroupId"]]}
    engine.client("ecs").create_service(
        serviceName=name,
        taskDefinition=definition,
        desiredCount=count,
        enableExecuteCommand=True,
        launchType="FARGATE",
        serviceConnectConfiguration=connect,
        networkConfiguration={"awsvpcConfiguration": place},
        **request,
    )


def redeploy(engine: RunningEngine, name: str) -> None:
    """Replace every task; return when that is done."""
    ecs = engine.client("ecs")
    ecs.update_service(service=name, forceNewDeployment=True)
    deployed(engine, name)


def deployed(engine: RunningEngine, name: str) -> None:
    ended = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
    ecs = engine.client("ecs")

    def newest() -> str | None:
        listed = ecs.list_service_deployments(service=name, cluster="default")
        status = str(listed["serviceDeployments"][0]["status"])
        return status if status in ended else None

    assert wait_for(newest, seconds=90) == "SUCCESSFUL"


def tasks_of_service(engine: RunningEngine, name: str) -> list[str]:
    """Ids of those that are to run."""
    arns = engine.client("ecs").list_tasks(serviceName=name)["taskArns"]
    return [arn.rpartition("/")[2] for arn in arns]


class Answers:
    """What callers wrote, of all tasks that were ever."""

    def __init__(self, engine: RunningEngine) -> None:
        self._engine = engine

    def lines(self, since_ms: int = 0) -> list[dict[str, Any]]:
        pages = self._engine.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=LOGS, startTime=since_ms)
        return [event for page in found for event in page["events"]]

    def counted(self, name: str | None = None) -> Counter[str]:
        """By `ok WORD` and `failed`. name: that was called; None: any."""
        counts: Counter[str] = Counter()
        for event in self.lines():
            found = re.match(r"(ok|failed) (\S+) ?(\S*)", event["message"])
            if found and name in (None, found[2]):
                counts[f"{found[1]} {found[3]}".strip()] += 1
        return counts

    def good(self, name: str | None = None) -> int:
        counts = self.counted(name)
        return sum(count for what, count in counts.items() if what.startswith("ok"))

    def failed(self, name: str | None = None) -> int:
        return self.counted(name)["failed"]

    def wait_for_more(self, count: int, names: Iterable[str]) -> None:
        """Until each name was answered so many times more than now."""
        for name in names:
            before = self.good(name)
            wait_for(lambda n=name, b=before: self.good(n) >= b + count, what=f"calls of {name}")
