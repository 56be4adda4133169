"""End to end: a real task as DescribeTasks shows it, to the field and in Fargate's forms."""

import re
from datetime import datetime
from typing import Any

import pytest
from tests.e2e.conftest import Runner, address_of, wait_until
from tests.support.engine import RunningEngine

pytestmark = pytest.mark.root

REALM = "us-east-1:000000000000"
ID = r"[0-9a-f]{32}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RUNNING_MEMBERS = (
    *("attachments", "attributes", "availabilityZone", "clusterArn", "connectivity"),
    *("connectivityAt", "containers", "cpu", "createdAt", "desiredStatus", "enableExecuteCommand"),
    *("ephemeralStorage", "fargateEphemeralStorage", "group", "healthStatus"),
    *("inferenceAccelerators", "lastStatus", "launchType", "memory", "overrides"),
    *("platformFamily", "platformVersion", "pullStartedAt", "pullStoppedAt", "startedAt"),
    *("startedBy", "tags", "taskArn", "taskDefinitionArn", "version"),
)
MEMBERS_AT_ITS_END = ("executionStoppedAt", "stopCode", "stoppedAt", "stoppedReason", "stoppingAt")


@pytest.fixture
def task(engine: RunningEngine, run: Runner) -> dict[str, Any]:
    asleep = {
        "entryPoint": ["sh", "-c"],
        "command": ["trap 'exit 3' TERM; while :; do sleep 0.1; done"],
    }
    override = {"name": "c1", "environment": [{"name": "A", "value": "b"}], "memory": 64}
    task = run(
        {**asleep, "cpu": 64, "memory": 128, "memoryReservation": 32},
        asleep,
        definition={"taskRoleArn": "arn:aws:iam::000000000000:role/task"},
        startedBy="the-test",
        group="a-group",
        tags=[{"key": "colour", "value": "green"}],
        enableExecuteCommand=True,
        overrides={"containerOverrides": [override]},
    )
    wait_until(engine, task["taskArn"], "RUNNING")
    shown = engine.client("ecs").describe_tasks(tasks=[task["taskArn"]], include=["TAGS"])
    found: dict[str, Any] = shown["tasks"][0]
    return found


def test_a_running_task_is_shown_to_the_field(task: dict[str, Any], image: str) -> None:
    assert sorted(task) == sorted(RUNNING_MEMBERS)
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    assert re.fullmatch(ID, task_id)
    expected = {
        "taskArn": f"arn:aws:ecs:{REALM}:task/default/{task_id}",
        "clusterArn": f"arn:aws:ecs:{REALM}:cluster/default",
        "availabilityZone": task["availabilityZone"],
        "connectivity": "CONNECTED",
        "cpu": "256",
        "memory": "512",
        "desiredStatus": "RUNNING",
        "lastStatus": "RUNNING",
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "enableExecuteCommand": True,
        "group": "a-group",
        "startedBy": "the-test",
        "healthStatus": "UNKNOWN",
        "inferenceAccelerators": [],
        "tags": [{"key": "colour", "value": "green"}],
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
        "overrides": {
            "containerOverrides": [
                {"name": "c0"},
                {"name": "c1", "environment": [{"name": "A", "value": "b"}], "memory": 64},
            ],
            "inferenceAcceleratorOverrides": [],
        },
    }
    assert {name: task[name] for name in expected} == expected
    assert re.fullmatch(rf"arn:aws:ecs:{REALM}:task-definition/test:\d+", task["taskDefinitionArn"])
    attributes = {a["name"]: a["value"] for a in task["attributes"]}
    assert attributes["ecs.cpu-architecture"] in ("x86_64", "arm64")
    assert attributes["hostless.isolation"] == "container"
    for container in task["containers"]:
        check_container(container, task, image)
    assert {c["name"]: (c["cpu"], c.get("memory")) for c in task["containers"]} == {
        "c0": ("64", "128"),
        "c1": ("0", "64"),
    }


def check_container(container: dict[str, Any], task: dict[str, Any], image: str) -> None:
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    arn = rf"arn:aws:ecs:{REALM}:container/default/{task_id}/{UUID}"
    assert re.fullmatch(arn, container["containerArn"])
    assert re.fullmatch(rf"{task_id}-\d{{10}}", container["runtimeId"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", container["imageDigest"])
    assert container["image"] == image
    assert container["lastStatus"] == "RUNNING"
    assert container["networkBindings"] == []
    assert container["networkInterfaces"] == [
        {
            "attachmentId": task["attachments"][0]["id"],
            "privateIpv4Address": address_of(task),
        }
    ]
    [agent] = container["managedAgents"]
    assert (agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")
    assert isinstance(agent["lastStartedAt"], datetime)
    assert not {"exitCode", "reason"} & container.keys()


def test_its_interface_is_the_one_that_ec2_shows(
    engine: RunningEngine, task: dict[str, Any]
) -> None:
    [attachment] = task["attachments"]
    assert re.fullmatch(UUID, attachment["id"])
    assert (attachment["type"], attachment["status"]) == ("ElasticNetworkInterface", "ATTACHED")
    details = {d["name"]: d["value"] for d in attachment["details"]}
    names = ["subnetId", "networkInterfaceId", "macAddress", "privateDnsName", "privateIPv4Address"]
    assert [d["name"] for d in attachment["details"]] == names
    found = engine.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"][0]
    assert found["AvailabilityZone"] == task["availabilityZone"]
    assert details == {
        "subnetId": found["SubnetId"],
        "networkInterfaceId": found["NetworkInterfaceId"],
        "macAddress": found["MacAddress"],
        "privateDnsName": found["PrivateDnsName"],
        "privateIPv4Address": found["PrivateIpAddress"],
    }


def test_a_stopped_task_says_when_and_why(engine: RunningEngine, task: dict[str, Any]) -> None:
    engine.client("ecs").stop_task(task=task["taskArn"], reason="that will do")
    stopped = wait_until(engine, task["taskArn"], "STOPPED")
    assert sorted(stopped) == sorted((*RUNNING_MEMBERS, *MEMBERS_AT_ITS_END))
    assert stopped["desiredStatus"] == "STOPPED"
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "that will do")
    assert {c["exitCode"] for c in stopped["containers"]} <= {3, 137}  # 137: not trapped yet
    assert stopped["stoppingAt"] <= stopped["executionStoppedAt"] <= stopped["stoppedAt"]
    assert stopped["version"] > task["version"]
    assert stopped["attachments"][0]["status"] == "DELETED"
    interface = {d["name"]: d["value"] for d in stopped["attachments"][0]["details"]}
    gone = engine.client("ec2").describe_network_interfaces(
        Filters=[{"Name": "network-interface-id", "Values": [interface["networkInterfaceId"]]}]
    )
    assert gone["NetworkInterfaces"] == []
