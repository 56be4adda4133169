"""End to end: the task metadata endpoint, asked from inside tasks on both levels of isolation."""

import json
import shutil
import socket
from typing import Any

import pytest
from tests.e2e.conftest import LOGS, Runner, address_of, run_on, tasks_of, wait_until
from tests.support.engine import RunningEngine, wait_for

from hostless.domain.container_identity import METADATA_ADDRESS, METADATA_PORT
from hostless.network.local.names import host_link_of

pytestmark = pytest.mark.root
HAS_RUNSC = shutil.which("runsc") is not None
LEVELS = [
    "container",
    pytest.param("gvisor", marks=pytest.mark.skipif(not HAS_RUNSC, reason="no runsc")),
]
URI = "$ECS_CONTAINER_METADATA_URI_V4"
IDLE = {"entryPoint": ["sh", "-c"], "command": ["trap 'exit 0' TERM; while :; do sleep 1; done"]}


ROLE = "arn:aws:iam::000000000000:role/task"
TALKS: dict[str, Any] = {"enableExecuteCommand": True, "definition": {"taskRoleArn": ROLE}}


def at(level: str) -> list[dict[str, str]]:
    return [{"key": "hostless:isolation", "value": level}]


def shell(engine: RunningEngine, task: dict[str, Any], script: str, container: str = "c0") -> str:
    """What the script prints that is run inside, whatever becomes of it."""
    command = ("exec", "--container", container, task["taskArn"], "--", "sh", "-c", script)
    done = engine.cli(*command, check=False)
    return str(done.stdout) + str(done.stderr)


def told(engine: RunningEngine, task: dict[str, Any], path: str, container: str = "c0") -> Any:
    """What the endpoint says to a container."""
    said = shell(engine, task, f"wget -q -O - {URI}{path}", container)
    return json.loads(said)


def without_rules(engine: RunningEngine) -> str:
    """A security group that lets nothing in and nothing out."""
    ec2 = engine.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=vpc)
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=everything)
    return str(group["GroupId"])


@pytest.mark.parametrize("level", LEVELS)
def test_a_task_is_told_about_itself_whatever_its_groups_let_through(
    engine: RunningEngine, run: Runner, level: str
) -> None:
    group = without_rules(engine)
    try:
        begun = run(IDLE, IDLE, tags=at(level), groups=[group], **TALKS)
        task = wait_until(engine, begun["taskArn"], "RUNNING")
        found = told(engine, task, "/task")
        assert (found["TaskARN"], found["LaunchType"]) == (task["taskArn"], "FARGATE")
        assert (found["DesiredStatus"], found["KnownStatus"]) == ("RUNNING", "RUNNING")
        assert found["Limits"] == {"CPU": 0.25, "Memory": 512}
        assert [c["Name"] for c in found["Containers"]] == ["c0", "c1"]
        assert [c["DockerId"] for c in found["Containers"]] == [
            c["runtimeId"] for c in task["containers"]
        ]
        own = told(engine, task, "", "c1")
        assert own == found["Containers"][1]
        (network,) = own["Networks"]
        assert network["IPv4Addresses"] == [address_of(task)]
        assert network["PrivateDNSName"].startswith("ip-")
        assert told(engine, task, "/taskWithTags")["TaskTags"] == {"hostless:isolation": level}
        stats = told(engine, task, "/task/stats")
        assert {each["name"] for each in stats.values()} == {"c0", "c1"}
        for each in stats.values():
            assert each["cpu_stats"]["cpu_usage"]["total_usage"] > 0
            assert each["networks"]["eth0"]["tx_bytes"] > 0
            assert each["network_rate_stats"]["tx_bytes_per_sec"] > 0
        assert told(engine, task, "/stats", "c1")["name"] == "c1"
    finally:
        for arn in tasks_of(engine):
            engine.client("ecs").stop_task(task=arn)
            wait_until(engine, arn, "STOPPED")
        engine.client("ec2").delete_security_group(GroupId=group)


@pytest.mark.parametrize("level", LEVELS)
def test_ephemeral_storage_is_shown_as_it_is_used(
    engine: RunningEngine, run: Runner, level: str
) -> None:
    begun = run(IDLE, tags=at(level), **TALKS)
    task = wait_until(engine, begun["taskArn"], "RUNNING")
    before = told(engine, task, "/task")["EphemeralStorageMetrics"]
    assert before["Reserved"] == 20 * 1024
    shell(engine, task, "dd if=/dev/zero of=/x bs=1M count=64; sync")
    after = told(engine, task, "/task")["EphemeralStorageMetrics"]
    assert after["Reserved"] == before["Reserved"]
    assert 64 <= after["Utilized"] - before["Utilized"] < 80


@pytest.mark.parametrize("level", LEVELS)
def test_nobody_is_told_about_another_task(engine: RunningEngine, run: Runner, level: str) -> None:
    begun = [run(IDLE, tags=at(level), **TALKS) for _ in range(2)]
    victim, attacker = (wait_until(engine, each["taskArn"], "RUNNING") for each in begun)
    theirs = victim["containers"][0]["runtimeId"]
    own = attacker["containers"][0]["runtimeId"]
    base = "http://169.254.170.2"
    paths = ["", "/task", "/taskWithTags", "/stats", "/task/stats"]
    tries = [f"/{v}/{theirs}{path}" for v in ("v3", "v4") for path in paths]
    tries += [f"/v4/{own}/../{theirs}/task", f"/v4/{own}%2f..%2f{theirs}", "/v2/metadata"]
    tries += ["/v2/credentials/", f"/v2/credentials/{theirs}", "/", f"/v4/{theirs[:32]}/task"]
    script = "; ".join(f"wget -O - '{base}{path}' 2>&1" for path in tries)
    script += f"; wget -O - --header 'X-Forwarded-For: {address_of(victim)}' {base}/v4/{theirs}"
    said = shell(engine, attacker, f"{script} 2>&1; wget -q -O - {base}/v4/{own}")
    assert victim["taskArn"] not in said
    assert address_of(victim) not in said
    assert said.count("404 Not Found") == len(tries) + 1
    assert json.loads(said.splitlines()[-1])["DockerId"] == own


def test_what_a_service_runs_names_it_and_restarts_are_counted(
    engine: RunningEngine, image: str
) -> None:
    ecs = engine.client("ecs")
    dies = {"entryPoint": ["sh", "-c"], "command": ["sleep 1; exit 1"], "essential": False}
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    family = ecs.register_task_definition(
        family="told",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        taskRoleArn=ROLE,
        containerDefinitions=[
            {"name": "c0", "image": image, **IDLE},
            {"name": "c1", "image": image, **dies, "restartPolicy": policy},
        ],
    )["taskDefinition"]
    place = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
    ecs.create_service(
        serviceName="teller",
        taskDefinition=family["taskDefinitionArn"],
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=place,
        enableExecuteCommand=True,
    )
    try:
        (arn,) = wait_for(lambda: tasks_of(engine), what="the service's task")
        task = wait_until(engine, arn, "RUNNING")
        found = told(engine, task, "/task")
        assert found["ServiceName"] == "teller"
        assert found["Revision"] == str(family["revision"])
        assert "RestartCount" not in found["Containers"][0]
        assert found["Containers"][1]["RestartCount"] == 0
    finally:
        ecs.delete_service(service="teller", force=True)


def test_another_life_of_the_engine_answers_at_the_same_place(
    own_engine: RunningEngine, image: str
) -> None:
    own_engine.start()
    own_engine.client("ecs").create_cluster()
    own_engine.client("logs").create_log_group(logGroupName=LOGS)
    begun = run_on(own_engine, image, IDLE, **TALKS)
    task = wait_until(own_engine, begun["taskArn"], "RUNNING")
    before = told(own_engine, task, "")
    own_engine.kill()
    own_engine.start()
    assert told(own_engine, task, "") == before


def test_who_floods_the_endpoint_is_held_to_a_rate_and_others_are_not(
    engine: RunningEngine, run: Runner
) -> None:
    begun = [run(IDLE, **TALKS) for _ in range(2)]
    flooder, other = (wait_until(engine, each["taskArn"], "RUNNING") for each in begun)
    flood = f"for i in $(seq 1 400); do wget -q -O /dev/null {URI} 2>&1; done"
    said = shell(engine, flooder, flood)
    assert "429 Too Many Requests" in said
    assert told(engine, other, "")["Name"] == "c0"


def test_the_endpoint_is_nowhere_but_at_its_port_and_for_tasks_only(
    engine: RunningEngine, run: Runner
) -> None:
    begun = run(IDLE, **TALKS)
    task = wait_until(engine, begun["taskArn"], "RUNNING")
    script = "nc -w 2 169.254.170.2 4566 2>&1 </dev/null && echo open"
    assert "open" not in shell(engine, task, script)
    vpc = engine.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    link = host_link_of(engine.engine_id, vpc)
    with socket.socket() as host:
        host.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        host.settimeout(2)
        with pytest.raises(OSError):
            host.connect((METADATA_ADDRESS, METADATA_PORT))
    assert told(engine, task, "")["Name"] == "c0"
