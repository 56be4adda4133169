"""End to end: access logs of a load balancer arrive in a bucket, each request once."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import left_empty, started_engine
from tests.support.access_logs import Entry, entries_in
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
GONE = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "gone"},
}
MOVED = {
    "Type": "redirect",
    "RedirectConfig": {"StatusCode": "HTTP_301", "Path": "/new", "Protocol": "HTTPS"},
}


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    root = tmp_path_factory.mktemp("logged")
    flags = ("--access-logs-every", "1", "--buckets-dir", str(root / "s3"))
    with started_engine(root / "state", *flags) as engine:
        yield engine


@pytest.fixture
def engine(module_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(module_engine)


@pytest.fixture
def bucket(engine: RunningEngine) -> Path:
    path = engine.state_dir.parent / "s3" / "my-logs"
    path.mkdir(parents=True, exist_ok=True)
    for found in path.rglob("*"):
        if found.is_file():
            found.unlink()
    return path


@pytest.fixture
def front(engine: RunningEngine) -> Iterator[str]:
    """A balancer in one zone; gone at the end."""
    ec2, elb = engine.client("ec2"), engine.client("elbv2")
    (group,) = ec2.describe_security_groups()["SecurityGroups"]
    if not any(each.get("FromPort") == 80 for each in group["IpPermissions"]):
        everybody = [{"CidrIp": "0.0.0.0/0"}]
        port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": everybody}
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[port])
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    made = elb.create_load_balancer(Name="front", Subnets=engine.subnets()[:2])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    nobody = elb.create_target_group(
        Name="nobody", Protocol="HTTP", Port=80, VpcId=vpc["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[GONE]
    )["Listeners"][0]["ListenerArn"]
    forward = {"Type": "forward", "TargetGroupArn": nobody}
    for priority, (path, action) in enumerate({"/moved": MOVED, "/nobody": forward}.items(), 1):
        where = [{"Field": "path-pattern", "Values": [path]}]
        elb.create_rule(ListenerArn=listener, Priority=priority, Conditions=where, Actions=[action])
    available(elb, arn)
    yield arn
    elb.delete_load_balancer(LoadBalancerArn=arn)
    wait_for(lambda: not engine.traces(), what="the nodes are gone")
    elb.delete_target_group(TargetGroupArn=nobody)


def available(elb: Any, arn: str) -> None:
    """Wait until its nodes answer."""
    waiter = elb.get_waiter("load_balancer_available")
    waiter.wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})


def switch(engine: RunningEngine, arn: str, **values: str) -> None:
    asked = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in values.items()]
    engine.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=asked)


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_Stays, urllib.request.ProxyHandler({}))


def ask(address: str, path: str) -> int:
    try:
        with OPENER.open(f"http://{address}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def addresses(engine: RunningEngine, arn: str) -> list[str]:
    described = {"Name": "description", "Values": [f"ELB {arn.split('/', 1)[1]}"]}
    found = engine.client("ec2").describe_network_interfaces(Filters=[described])
    return sorted(each["Association"]["PublicIp"] for each in found["NetworkInterfaces"])


def logging_nodes(engine: RunningEngine) -> list[Path]:
    """Folders of nodes that log."""
    return [
        path.parent
        for path in (engine.state_dir / "balancers").glob("*/haproxy.cfg")
        if "log fd@9" in path.read_text()
    ]


def is_logging(folders: list[Path], nodes: list[str]) -> bool:
    """Whether workers that log answer: those before them go on until they are told to stop."""
    assert [ask(node, "/probe") for node in nodes] == [404] * len(nodes)
    return all("/probe" in (folder / "access.log").read_text() for folder in folders)


def told(bucket: Path) -> list[Entry]:
    return [each for each in entries_in(bucket) if "/probe" not in each["request"]]


def paths_of(entries: list[Entry]) -> list[str]:
    return sorted(entry["request"].split()[1].split("/", 3)[3] for entry in entries)


def masters(folders: list[Path]) -> list[int]:
    return sorted(int((folder / "pid").read_text()) for folder in folders)


def test_a_bucket_that_is_not_there_is_refused_and_changes_nothing(
    engine: RunningEngine, front: str
) -> None:
    with pytest.raises(ClientError) as refused:
        switch(engine, front, enabled="true", bucket="no-such-bucket")
    assert refused.value.response["Error"] == {
        "Type": "Sender",
        "Code": "InvalidConfigurationRequest",
        "Message": "Access Denied for bucket: no-such-bucket. Please check S3bucket permission",
    }
    shown = engine.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=front)
    values = {each["Key"]: each["Value"] for each in shown["Attributes"]}
    assert values["access_logs.s3.enabled"] == "false"


def test_every_request_arrives_once_though_the_engine_is_killed(
    engine: RunningEngine, front: str, bucket: Path
) -> None:
    switch(engine, front, enabled="true", bucket=bucket.name, prefix="my/front")
    account = bucket / "my" / "front" / "AWSLogs" / "000000000000"
    assert (account / "ELBAccessLogTestFile").read_text().startswith("Enable AccessLog for ELB")
    folders = wait_for(lambda: len(f := logging_nodes(engine)) == 2 and f, what="two nodes")
    nodes, before = addresses(engine, front), masters(folders)
    wait_for(lambda: is_logging(folders, nodes), what="both log")
    asked = []
    for round_ in range(2):
        for node in nodes:
            for path, status in (("/moved", 301), ("/nobody", 503), ("/", 404)):
                asked.append(f"{path[1:]}?{round_}-{node}")
                assert ask(node, f"{path}?{round_}-{node}") == status
        engine.kill()
        asked.append(f"down?{round_}")
        assert ask(nodes[0], f"/down?{round_}") == 404
        engine.start()
    wait_for(lambda: len(told(bucket)) >= len(asked), what="all requests are in the bucket")
    assert masters(folders) == before
    switch(engine, front, enabled="false")
    wait_for(lambda: not logging_nodes(engine), what="no node logs")
    entries = told(bucket)
    assert paths_of(entries) == sorted(asked)
    statuses = {entry["elb_status"]: entry["actions"] for entry in entries}
    assert statuses == {"301": "redirect", "503": "forward", "404": "fixed-response"}
    assert {entry["redirect"] for entry in entries if entry["redirect"] != "-"} == {
        f"https://{node}:80/new?{round_}-{node}" for node in nodes for round_ in range(2)
    }
    names = [path.name for path in bucket.rglob("*.log.gz")]
    balancer = front.partition(":loadbalancer/")[2].replace("/", ".")
    head = f"000000000000_elasticloadbalancing_us-east-1_{balancer}_"
    assert all(name.startswith(head) for name in names)
    assert {name.split("_")[5] for name in names} == set(nodes)
    folder = time.strftime("%Y/%m", time.gmtime())
    assert (account / "elasticloadbalancing" / "us-east-1" / folder).is_dir()


def test_the_last_requests_of_a_balancer_arrive_when_it_is_deleted(
    engine: RunningEngine, bucket: Path
) -> None:
    elb = engine.client("elbv2")
    made = elb.create_load_balancer(Name="short", Subnets=engine.subnets()[:2], Scheme="internal")
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[GONE])
    available(elb, arn)
    switch(engine, arn, enabled="true", bucket=bucket.name)
    folders = wait_for(lambda: len(f := logging_nodes(engine)) == 2 and f, what="two nodes")
    described = {"Name": "description", "Values": [f"ELB {arn.split('/', 1)[1]}"]}
    found = engine.client("ec2").describe_network_interfaces(Filters=[described])
    nodes = [each["PrivateIpAddress"] for each in found["NetworkInterfaces"]]
    wait_for(lambda: is_logging(folders, nodes), what="both log")
    engine.kill()
    assert ask(nodes[0], "/last") == 404
    engine.start()
    elb.delete_load_balancer(LoadBalancerArn=arn)
    wait_for(lambda: not engine.traces(), what="the nodes are gone")
    assert paths_of(told(bucket)) == ["last"]
