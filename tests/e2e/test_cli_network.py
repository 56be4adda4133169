"""`hostless network` against a real engine: what it shows, and what it says of a packet."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import address_of, run_on, stop_everything, wait_until
from tests.e2e.test_security_groups_of_tasks import SERVE, shell
from tests.support.engine import RunningEngine

from hostless.cli.outcome import DROPPED

pytestmark = pytest.mark.root


@pytest.fixture
def groups(engine: RunningEngine) -> Iterator[tuple[str, str]]:
    ec2 = engine.client("ec2")
    vpc = default_vpc(engine)
    made = [
        ec2.create_security_group(
            GroupName=f"{name}-{secrets.token_hex(4)}", Description=name, VpcId=vpc
        )["GroupId"]
        for name in ("asking", "serving")
    ]
    yield made[0], made[1]
    stop_everything(engine)
    for group in made[::-1]:
        ec2.delete_security_group(GroupId=group)


def default_vpc(engine: RunningEngine) -> str:
    filters = [{"Name": "is-default", "Values": ["true"]}]
    (vpc,) = engine.client("ec2").describe_vpcs(Filters=filters)["Vpcs"]
    return str(vpc["VpcId"])


def short_id_of(task: dict[str, Any]) -> str:
    return str(task["taskArn"].rsplit("/", 1)[-1][:10])


def test_a_revoked_rule_is_what_drops_the_packet_from_then_on(
    engine: RunningEngine, image: str, groups: tuple[str, str]
) -> None:
    asking, serving = groups
    running = [
        wait_until(
            engine, run_on(engine, image, shell(SERVE), groups=[group])["taskArn"], "RUNNING"
        )
        for group in groups
    ]
    caller, called = map(short_id_of, running)
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "UserIdGroupPairs": [{"GroupId": asking}],
    }
    ec2 = engine.client("ec2")
    (rule,) = ec2.authorize_security_group_ingress(GroupId=serving, IpPermissions=[permission])[
        "SecurityGroupRules"
    ]
    passing = engine.cli("network", "explain", caller, called, "8080")
    assert "passes" in passing.stdout.splitlines()[0]
    assert rule["SecurityGroupRuleId"] in passing.stdout
    assert "on this machine: passes" in passing.stdout
    assert "tcp dport 8080 accept" in passing.stdout
    overview = engine.cli("network").stdout
    assert address_of(running[0]) in overview
    assert "tcp 8080" in overview

    ec2.revoke_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    dropped = engine.cli("network", "explain", caller, called, "8080", check=False)
    assert dropped.returncode == DROPPED
    because = dropped.stdout.splitlines()[1]
    assert because.startswith(f"because {serving} of eni-")
    assert "on this machine: is DROPPED" in dropped.stdout
    assert "tcp 8080" not in engine.cli("network").stdout

    told = json.loads(engine.cli("network", "explain", "host", called, "8080", "--json").stdout)
    assert (told["passes"], told["agrees"], told["fabric"]["isReal"]) == (True, True, True)


def test_the_rules_of_each_vpc_are_printed_as_the_kernel_has_them(engine: RunningEngine) -> None:
    vpc = default_vpc(engine)
    printed = engine.cli("network", "rules", vpc).stdout
    assert printed.startswith(f"# {vpc}\n")
    assert "hook forward" in printed
    of_host = engine.cli("network", "rules", "host").stdout
    assert of_host in engine.cli("network", "rules").stdout
    assert "masquerade" in of_host
    refused = engine.cli("network", "rules", "vpc-1", check=False)
    assert (refused.returncode, "There is no VPC vpc-1." in refused.stderr) == (1, True)
