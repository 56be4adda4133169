"""What a task is shown of itself: names and values are those of AWS's examples."""

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.support.tasks import definition_of, new_task
from tests.support.told_tasks import MIB, subject_of

from hostless.compute.stats import StorageStats
from hostless.domain.arns import ServiceArn
from hostless.domain.container_definitions import (
    ContainerDefinition,
    ContainerRestartPolicy,
    HealthCheck,
    LogConfiguration,
    PortMapping,
)
from hostless.domain.tags import Tag
from hostless.domain.tasks import Container
from hostless.kit.clock_error import ClockError
from hostless.kit.ids import Ids
from hostless.services.task_metadata.subject import Subject
from hostless.services.task_metadata.views import (
    Version,
    container_view,
    known_status_of,
    tags_view,
    task_view,
)

MAIN = ContainerDefinition(
    name="main",
    image="busybox",
    cpu=128,
    memory=256,
    port_mappings=(PortMapping(container_port=80),),
    docker_labels={"mine": "1", "com.amazonaws.ecs.container-name": "forged"},
    log_configuration=LogConfiguration(
        log_driver="awslogs",
        options={"awslogs-group": "g", "awslogs-stream-prefix": "p"},
    ),
)
STORAGE = StorageStats(used_bytes=261 * MIB, size_bytes=20 << 30)
CLOCK = ClockError(bound_milliseconds=0.446931, is_synchronized=True)


def subject(*containers: ContainerDefinition) -> Subject:
    definition = definition_of(*containers)
    task = new_task(definition, Ids(random.Random(0)), 0.0)
    return subject_of(task, "172.31.0.10", *containers)


def told(found: Subject, version: Version = "v4") -> dict[str, Any]:
    return task_view(found, version, STORAGE, CLOCK, 1100.0)


def shown(found: Subject, number: int = 0, version: Version = "v4") -> dict[str, Any]:
    return container_view(found, found.task.containers[number], version)


def test_a_task_is_shown_as_fargate_shows_it() -> None:
    found = subject(MAIN)
    view = told(found)
    (container,) = view.pop("Containers")
    assert container == shown(found)
    assert view == {
        "Cluster": "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        "TaskARN": found.task.arn,
        "Family": "web",
        "Revision": "1",
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": {"CPU": 0.25, "Memory": 512},
        "PullStartedAt": "1970-01-01T00:16:40.25Z",
        "PullStoppedAt": "1970-01-01T00:16:41Z",
        "AvailabilityZone": "us-east-1a",
        "LaunchType": "FARGATE",
        "ClockDrift": {
            "ClockErrorBound": 0.446931,
            "ReferenceTimestamp": "1970-01-01T00:18:20Z",
            "ClockSynchronizationStatus": "SYNCHRONIZED",
        },
        "EphemeralStorageMetrics": {"Utilized": 261, "Reserved": 20480},
        "FaultInjectionEnabled": False,
    }


def test_a_container_is_shown_as_fargate_shows_it() -> None:
    found = subject(MAIN)
    task = found.task
    view = shown(found)
    assert view.pop("DockerId").startswith(f"{task.id}-")
    assert view == {
        "Name": "main",
        "DockerName": "main",
        "Image": "busybox",
        "ImageID": "sha256:ab",
        "Ports": [{"ContainerPort": 80, "Protocol": "tcp"}],
        "Labels": {
            "mine": "1",
            "com.amazonaws.ecs.cluster": task.cluster_arn,
            "com.amazonaws.ecs.container-name": "main",
            "com.amazonaws.ecs.task-arn": task.arn,
            "com.amazonaws.ecs.task-definition-family": "web",
            "com.amazonaws.ecs.task-definition-version": "1",
        },
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": {"CPU": 128, "Memory": 256},
        "CreatedAt": "1970-01-01T00:16:41.5Z",
        "StartedAt": "1970-01-01T00:16:41.5Z",
        "Type": "NORMAL",
        "Networks": [
            {
                "NetworkMode": "awsvpc",
                "IPv4Addresses": ["172.31.0.10"],
                "AttachmentIndex": 0,
                "MACAddress": found.interface.mac_address,
                "IPv4SubnetCIDRBlock": "172.31.0.0/20",
                "DomainNameServers": ["172.31.0.2"],
                "DomainNameSearchList": ["ec2.internal"],
                "PrivateDNSName": "ip-172-31-0-10.ec2.internal",
                "SubnetGatewayIpv4Address": "172.31.0.1/20",
            }
        ],
        "ContainerARN": task.containers[0].arn,
        "LogOptions": {"awslogs-group": "g", "awslogs-stream": f"p/main/{task.id}"},
        "LogDriver": "awslogs",
        "Snapshotter": "overlayfs",
    }


def test_version_3_shows_less() -> None:
    found = subject(MAIN)
    assert "ClockDrift" not in told(found, "v3")
    assert "EphemeralStorageMetrics" not in told(found, "v3")
    view = shown(found, version="v3")
    assert view["Networks"] == [{"NetworkMode": "awsvpc", "IPv4Addresses": ["172.31.0.10"]}]
    assert "LogDriver" not in view


def test_what_asks_for_no_units_shows_what_linux_gives_it() -> None:
    assert shown(subject(replace(MAIN, cpu=None, memory=None)))["Limits"] == {"CPU": 2}


def test_restarts_are_counted_where_there_is_a_policy() -> None:
    policy = ContainerRestartPolicy(enabled=True)
    found = subject(replace(MAIN, restart_policy=policy))
    again = replace(found.task.containers[0], restart_count=3)
    assert container_view(found, again, "v4")["RestartCount"] == 3
    assert "RestartCount" not in shown(subject(MAIN))


def test_health_is_shown_of_what_is_checked() -> None:
    checked = subject(replace(MAIN, health_check=HealthCheck(command=("CMD", "true"))))
    assert shown(checked)["Health"] == {"status": "UNKNOWN"}
    assert "Health" not in shown(subject(MAIN))


def test_a_container_that_has_ended_shows_how() -> None:
    found = subject(MAIN)
    ended = replace(found.task.containers[0], status="STOPPED", exit_code=3, finished_at=1002.0)
    view = container_view(found, ended, "v4")
    assert (view["KnownStatus"], view["ExitCode"]) == ("STOPPED", 3)
    assert view["FinishedAt"] == "1970-01-01T00:16:42Z"


@pytest.mark.parametrize(
    ("status", "runtime_id", "digest", "known"),
    [
        ("PENDING", None, None, "NONE"),
        ("PENDING", None, "sha256:ab", "PULLED"),
        ("PENDING", "r", "sha256:ab", "CREATED"),
        ("RUNNING", "r", "sha256:ab", "RUNNING"),
        ("STOPPED", None, None, "STOPPED"),
    ],
)
def test_a_container_is_as_far_as_it_got(
    status: Any, runtime_id: str | None, digest: str | None, known: str
) -> None:
    container: Container = replace(
        subject(MAIN).task.containers[0], status=status, runtime_id=runtime_id, image_digest=digest
    )
    assert known_status_of(container) == known


def test_a_task_is_as_far_as_its_last_container_that_goes_on() -> None:
    found = subject(MAIN, replace(MAIN, name="late"))
    first, late = found.task.containers
    waits = replace(late, status="PENDING", runtime_id="r")
    for containers, known in (
        ((first, waits), "CREATED"),
        ((replace(first, status="STOPPED"), late), "RUNNING"),
        ((replace(first, status="STOPPED"), replace(late, status="STOPPED")), "STOPPED"),
    ):
        task = replace(found.task, containers=containers)
        assert told(replace(found, task=task))["KnownStatus"] == known


def test_a_services_task_names_it() -> None:
    found = subject(MAIN)
    arn = ServiceArn("arn:aws:ecs:us-east-1:000000000000:service/default/shop")
    assert told(replace(found, task=replace(found.task, service_arn=arn)))["ServiceName"] == "shop"
    assert "ServiceName" not in told(found)


def test_what_is_not_known_is_left_out() -> None:
    view = task_view(subject(MAIN), "v4", None, None, 0.0)
    assert "EphemeralStorageMetrics" not in view
    assert "ClockDrift" not in view


def test_tags_are_shown_where_they_are_asked_for() -> None:
    found = subject(MAIN)
    tagged = replace(found.task, tags=(Tag(key="team", value="red"),))
    assert tags_view(replace(found, task=tagged)) == {"TaskTags": {"team": "red"}}
    assert tags_view(found) == {}
