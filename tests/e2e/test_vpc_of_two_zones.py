"""End to end: the network that CDK's `ec2.Vpc` builds, made by an unmodified client, carries tasks.

Two zones, each with a public and a private subnet, an internet gateway, and a NAT gateway for each
private subnet. The world is a task of another VPC with a public address, which tells its callers
under which address it sees them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e.conftest import (
    address_of,
    left_empty,
    log_lines,
    run_on,
    started_engine,
    stop_everything,
    wait_until,
)
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


@dataclass(frozen=True, kw_only=True)
class Zone:
    public: str
    private: str
    private_table: str
    gateway: str
    gateway_address: str


@dataclass(frozen=True, kw_only=True)
class Built:
    vpc: str
    group: str
    internet_gateway: str
    zones: tuple[Zone, ...]


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": f"Stack/Vpc/{name}"}]}]


def build(ec2: Any) -> Built:
    """The calls that CloudFormation makes for `new ec2.Vpc(this, "Vpc", {maxAzs: 2})`."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "Vpc"))
    vpc_id = vpc["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc_id])
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        ec2.modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": True}})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    names = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"][:2]]
    zones = [build_zone(ec2, vpc_id, gateway, number, name) for number, name in enumerate(names)]
    (group,) = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    ec2.get_waiter("nat_gateway_available").wait(
        NatGatewayIds=[zone.gateway for zone in zones], WaiterConfig={"Delay": 1}
    )
    return Built(vpc=vpc_id, group=group["GroupId"], internet_gateway=gateway, zones=tuple(zones))


def build_zone(ec2: Any, vpc: str, gateway: str, number: int, name: str) -> Zone:
    public, public_table = build_subnet(ec2, vpc, f"10.0.{64 * number}.0/18", name)
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})
    ec2.create_route(RouteTableId=public_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address["AllocationId"])
    nat_id = nat["NatGateway"]["NatGatewayId"]
    private, private_table = build_subnet(ec2, vpc, f"10.0.{64 * number + 128}.0/18", name)
    ec2.create_route(
        RouteTableId=private_table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat_id
    )
    return Zone(
        public=public,
        private=private,
        private_table=private_table,
        gateway=nat_id,
        gateway_address=address["PublicIp"],
    )


def build_subnet(ec2: Any, vpc: str, cidr: str, zone: str) -> tuple[str, str]:
    """The subnet and its own route table."""
    made = ec2.create_subnet(
        VpcId=vpc,
        CidrBlock=cidr,
        AvailabilityZone=zone,
        TagSpecifications=tagged("subnet", f"Subnet {cidr}"),
    )
    subnet = made["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return subnet, table


def tear_down(ec2: Any, built: Built) -> None:
    """What CloudFormation does when the stack is deleted; each call must be allowed by then."""
    for zone in built.zones:
        ec2.delete_nat_gateway(NatGatewayId=zone.gateway)
    ec2.get_waiter("nat_gateway_deleted").wait(
        NatGatewayIds=[zone.gateway for zone in built.zones], WaiterConfig={"Delay": 1}
    )
    for address in ec2.describe_addresses()["Addresses"]:
        ec2.release_address(AllocationId=address["AllocationId"])
    for zone in built.zones:
        for subnet in (zone.public, zone.private):
            ec2.delete_subnet(SubnetId=subnet)
    tables = ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [built.vpc]},
        ]
    )["RouteTables"]
    for table in tables:
        if not any(each["Main"] for each in table["Associations"]):
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    ec2.detach_internet_gateway(InternetGatewayId=built.internet_gateway, VpcId=built.vpc)
    ec2.delete_internet_gateway(InternetGatewayId=built.internet_gateway)
    ec2.delete_vpc(VpcId=built.vpc)


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


def run_in(
    engine: RunningEngine, image: str, script: str, *, subnet: str, group: str, public: bool
) -> dict[str, Any]:
    return run_on(
        engine,
        image,
        {"entryPoint": ["sh", "-c"], "command": [script]},
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": [subnet],
                "securityGroups": [group],
                "assignPublicIp": "ENABLED" if public else "DISABLED",
            }
        },
    )


def public_address_of(engine: RunningEngine, task: dict[str, Any]) -> str:
    """As a client of Fargate finds it: by the task's network interface."""
    ecs, ec2 = engine.client("ecs"), engine.client("ec2")
    (shown,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    details = {d["name"]: d["value"] for d in shown["attachments"][0]["details"]}
    (interface,) = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"]
    return str(interface["Association"]["PublicIp"])


def comes_to_say(engine: RunningEngine, task: dict[str, Any], word: str) -> None:
    """From now on."""
    before = len(log_lines(engine, task))
    since = slice(before + 1, None)
    wait_for(lambda: word in log_lines(engine, task)[since], seconds=20, what=word)


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
