"""End to end: the network that CDK's `ec2.Vpc` builds, made by an unmodified client, carries tasks.

Two zones, each with a public and a private subnet, an internet gateway, and a NAT gateway for each
private subnet. The world is a task of another VPC with a public address, which tells its callers
under which address it sees them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    address_of,
    left_empty,
    log_lines,
    public_address_of,
    run_in,
    started_engine,
    stop_everything,
    wait_until,
)
from tests.support.built_vpcs import Built, build, tear_down
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
PAGE = "#!/bin/sh\\necho; echo seen $REMOTE_ADDR\\n"
TELL = (
    f"mkdir -p /tmp/cgi-bin; printf '{PAGE}' > /tmp/cgi-bin/who; chmod +x /tmp/cgi-bin/who; "
    "exec httpd -f -p 0.0.0.0:8080 -h /tmp"
)
ASK = (
    "while :; do printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {} 8080 | grep seen "
    "|| echo cut off; sleep 0.2; done"
)
"""By nc: Debian's busybox crashes in wget."""


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with started_engine(tmp_path_factory.mktemp("zones") / "state") as engine:
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
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]


@pytest.fixture
def world(engine: RunningEngine, image: str) -> str:
    """The public address of a task in another VPC that lets everybody in."""
    ec2 = engine.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    group = groups["SecurityGroups"][0]["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    if not any(p.get("FromPort") == 8080 for p in groups["SecurityGroups"][0]["IpPermissions"]):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    chosen = subnets["Subnets"][0]["SubnetId"]
    task = run_in(engine, image, TELL, subnet=chosen, group=group, public=True)
    wait_until(engine, task["taskArn"], "RUNNING")
    return public_address_of(engine, task)


def comes_to_say(engine: RunningEngine, task: dict[str, Any], word: str) -> None:
    """From now on."""
    before = len(log_lines(engine, task))
    since = slice(before + 1, None)
    wait_for(lambda: word in log_lines(engine, task)[since], what=word)


def test_tasks_of_public_and_private_subnets_reach_the_world_each_by_its_own_way(
    engine: RunningEngine, image: str, built: Built, world: str
) -> None:
    ask, ec2 = ASK.format(world), engine.client("ec2")
    first, second = built.zones
    public = run_in(engine, image, ask, subnet=first.public, group=built.group, public=True)
    hidden = run_in(engine, image, ask, subnet=first.public, group=built.group, public=False)
    private = [
        run_in(engine, image, ask, subnet=zone.private, group=built.group, public=False)
        for zone in built.zones
    ]
    for task in (public, hidden, *private):
        wait_until(engine, task["taskArn"], "RUNNING")
    comes_to_say(engine, public, f"seen {public_address_of(engine, public)}")
    comes_to_say(engine, private[0], f"seen {first.gateway_address}")
    comes_to_say(engine, private[1], f"seen {second.gateway_address}")
    comes_to_say(engine, hidden, "cut off")
    engine.kill()
    engine.start()
    comes_to_say(engine, private[0], f"seen {first.gateway_address}")
    ec2.delete_route(RouteTableId=first.private_table, DestinationCidrBlock="0.0.0.0/0")
    comes_to_say(engine, private[0], "cut off")
    comes_to_say(engine, private[1], f"seen {second.gateway_address}")


def test_tasks_of_one_vpc_reach_each_other_and_those_of_another_do_not(
    engine: RunningEngine, image: str, built: Built
) -> None:
    zone = built.zones[0]
    server = run_in(engine, image, TELL, subnet=zone.private, group=built.group, public=False)
    address = address_of(wait_until(engine, server["taskArn"], "RUNNING"))
    ask = ASK.format(address)
    near = run_in(engine, image, ask, subnet=built.zones[1].public, group=built.group, public=False)
    ec2 = engine.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    other = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    group = ec2.describe_security_groups(Filters=[other])["SecurityGroups"][0]["GroupId"]
    subnet = ec2.describe_subnets(Filters=[other])["Subnets"][0]["SubnetId"]
    far = run_in(engine, image, ask, subnet=subnet, group=group, public=True)
    for task in (near, far):
        wait_until(engine, task["taskArn"], "RUNNING")
    comes_to_say(engine, near, f"seen {address_of(wait_until(engine, near['taskArn'], 'RUNNING'))}")
    comes_to_say(engine, far, "cut off")
