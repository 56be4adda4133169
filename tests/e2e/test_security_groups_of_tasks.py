"""End to end: rules made by an unmodified client decide what running tasks reach."""

import secrets
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    address_of,
    left_empty,
    log_lines,
    page_of,
    run_on,
    started_engine,
    stop_everything,
    wait_until,
)
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
ANSWER = r"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
SERVE = f"while :; do printf '{ANSWER}' | nc -l -p 8080; done"
ASK = (
    "while :; do if nc -w 1 {} 8080 </dev/null | grep -q hello; "
    "then echo reached; else echo refused; fi; sleep 0.1; done"
)
NO_RUNSC = pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")


@pytest.fixture(
    scope="module",
    params=["container", pytest.param("gvisor", marks=NO_RUNSC)],
)
def isolating_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("groups") / "state"
    with started_engine(state_dir, "--isolation", request.param) as engine:
        yield engine


@pytest.fixture
def engine(isolating_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(isolating_engine)


@pytest.fixture
def groups(engine: RunningEngine) -> Iterator[tuple[str, str]]:
    """Who asks, and who serves: nothing may come in to either."""
    ec2 = engine.client("ec2")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    made = [
        ec2.create_security_group(
            GroupName=f"{name}-{secrets.token_hex(4)}", Description=name, VpcId=vpc["VpcId"]
        )["GroupId"]
        for name in ("asking", "serving")
    ]
    yield made[0], made[1]
    stop_everything(engine)
    for group in made:
        ec2.delete_security_group(GroupId=group)


def shell(script: str) -> dict[str, Any]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def comes_to_say(engine: RunningEngine, task: dict[str, Any], word: str) -> None:
    """From now on."""
    seen = len(log_lines(engine, task))
    wait_for(lambda: word in log_lines(engine, task)[seen + 1 :], what=word)


def test_rules_authorized_and_revoked_act_on_running_tasks(
    engine: RunningEngine, image: str, groups: tuple[str, str]
) -> None:
    asking, serving = groups
    server = run_on(engine, image, shell(SERVE), groups=[serving])
    server = wait_until(engine, server["taskArn"], "RUNNING")
    address = address_of(server)
    client = run_on(engine, image, shell(ASK.format(address)), groups=[asking])
    comes_to_say(engine, client, "refused")
    ec2 = engine.client("ec2")
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "UserIdGroupPairs": [{"GroupId": asking}],
    }
    ec2.authorize_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    comes_to_say(engine, client, "reached")
    engine.kill()
    engine.start()
    comes_to_say(engine, client, "reached")
    ec2.revoke_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    comes_to_say(engine, client, "refused")
    wait_for(lambda: page_of(address) == b"hello\n", what="the page on the host")


def test_a_changed_prefix_list_acts_on_running_tasks(
    engine: RunningEngine, image: str, groups: tuple[str, str]
) -> None:
    asking, serving = groups
    ec2 = engine.client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="callers", MaxEntries=2, AddressFamily="IPv4"
    )
    callers = made["PrefixList"]["PrefixListId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 8080,
        "ToPort": 8080,
        "PrefixListIds": [{"PrefixListId": callers}],
    }
    ec2.authorize_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    server = wait_until(
        engine, run_on(engine, image, shell(SERVE), groups=[serving])["taskArn"], "RUNNING"
    )
    client = run_on(engine, image, shell(ASK.format(address_of(server))), groups=[asking])
    client = wait_until(engine, client["taskArn"], "RUNNING")
    comes_to_say(engine, client, "refused")
    entry = {"Cidr": f"{address_of(client)}/32"}
    change: dict[str, Any] = {"PrefixListId": callers}
    ec2.modify_managed_prefix_list(**change, CurrentVersion=1, AddEntries=[entry])
    comes_to_say(engine, client, "reached")
    ec2.modify_managed_prefix_list(**change, CurrentVersion=2, RemoveEntries=[entry])
    comes_to_say(engine, client, "refused")
    ec2.revoke_security_group_ingress(GroupId=serving, IpPermissions=[permission])
    ec2.delete_managed_prefix_list(**change)
