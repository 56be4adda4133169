"""End to end: an unmodified client gives a VPC IPv6; tasks have it, in containers and in gVisor."""

import secrets
import shutil
from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest
from tests.e2e.conftest import log_lines, run_on, started_engine, stop_everything, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
ANSWER = r"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
SERVE = f"while :; do printf '{ANSWER}' | nc -l -p 8080; done"
ASK = (
    "while :; do if nc -w 1 {address} 8080 </dev/null | grep -q hello; "
    "then echo reached; else echo refused; fi; "
    "nslookup -type=aaaa {name} fd00:ec2::253 | grep {address} && echo named; sleep 0.1; done"
)
DROPPED = 4
NO_RUNSC = pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")


@pytest.fixture(params=["container", pytest.param("gvisor", marks=NO_RUNSC)])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("dual") / "state"
    with started_engine(state_dir, "--isolation", request.param) as engine:
        yield engine
        stop_everything(engine)


def with_ipv6(ec2: Any) -> IPv6Network:
    """The range of the first of the default VPC's subnets, which all get one."""
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    made = ec2.associate_vpc_cidr_block(VpcId=vpc["VpcId"], AmazonProvidedIpv6CidrBlock=True)
    whole = IPv6Network(made["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"])
    ranges = list(whole.subnets(new_prefix=64))
    for range_, subnet in zip(ranges, ec2.describe_subnets()["Subnets"], strict=False):
        ec2.associate_subnet_cidr_block(SubnetId=subnet["SubnetId"], Ipv6CidrBlock=str(range_))
    return whole


def group_of(ec2: Any, name: str) -> str:
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    made = ec2.create_security_group(
        GroupName=f"{name}-{secrets.token_hex(4)}", Description=name, VpcId=vpc["VpcId"]
    )
    return str(made["GroupId"])


def shell(script: str) -> dict[str, Any]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def ipv6_address_of(task: dict[str, Any]) -> str:
    (interface,) = task["containers"][0]["networkInterfaces"]
    return str(interface["ipv6Address"])


def comes_to_say(engine: RunningEngine, task: dict[str, Any], word: str) -> None:
    """From now on."""
    seen = len(log_lines(engine, task))
    wait_for(lambda: word in log_lines(engine, task)[seen + 1 :], what=word)


def name_of(engine: RunningEngine, address: str) -> str:
    """A name in the VPC that has the address."""
    cloud_map = engine.client("servicediscovery")
    (vpc,) = engine.client("ec2").describe_vpcs()["Vpcs"]
    cloud_map.create_private_dns_namespace(Name="app.internal", Vpc=vpc["VpcId"])
    namespace = wait_for(lambda: cloud_map.list_namespaces()["Namespaces"], what="the namespace")[
        0
    ]["Id"]
    config = {"DnsRecords": [{"Type": "AAAA", "TTL": 15}], "RoutingPolicy": "MULTIVALUE"}
    service = cloud_map.create_service(Name="web", NamespaceId=namespace, DnsConfig=config)
    cloud_map.register_instance(
        ServiceId=service["Service"]["Id"],
        InstanceId="one",
        Attributes={"AWS_INSTANCE_IPV6": address},
    )
    return "web.app.internal"


def test_tasks_reach_each_other_by_ipv6_as_their_groups_say(
    engine: RunningEngine, image: str
) -> None:
    ec2 = engine.client("ec2")
    whole = with_ipv6(ec2)
    asking, serving = group_of(ec2, "asking"), group_of(ec2, "serving")
    server = run_on(engine, image, shell(SERVE), groups=[serving])
    server = wait_until(engine, server["taskArn"], "RUNNING")
    address = ipv6_address_of(server)
    assert IPv6Address(address) in whole
    (found,) = ec2.describe_network_interfaces(
        Filters=[{"Name": "ipv6-addresses.ipv6-address", "Values": [address]}]
    )["NetworkInterfaces"]
    assert found["Groups"][0]["GroupId"] == serving
    assert [each["Ipv6Address"] for each in found["Ipv6Addresses"]] == [address]

    overview = engine.cli("network").stdout
    assert str(whole) in overview
    assert address in overview

    script = ASK.format(address=address, name=name_of(engine, address))
    client = run_on(engine, image, shell(script), groups=[asking])
    comes_to_say(engine, client, "refused")
    comes_to_say(engine, client, "named")
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "UserIdGroupPairs": [{"GroupId": asking}],
    }
    ec2.authorize_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    comes_to_say(engine, client, "reached")
    id_ = client["taskArn"].rsplit("/", 1)[-1]
    assert explained(engine, id_, address) == 0
    assert explained(engine, "host", address) == DROPPED
    engine.kill()
    engine.start()
    comes_to_say(engine, client, "reached")
    ec2 = engine.client("ec2")
    ec2.revoke_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    comes_to_say(engine, client, "refused")
    assert explained(engine, id_, address) == DROPPED


def explained(engine: RunningEngine, sender: str, address: str) -> int:
    """What `network explain` exits with: records and kernel are of one mind, or it is 5."""
    return engine.cli("network", "explain", sender, address, "8080", check=False).returncode
