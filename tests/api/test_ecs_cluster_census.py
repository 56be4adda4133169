"""What a cluster says of the tasks and services in it."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.service_records import put_service


@pytest.fixture
def tasks(ready_to_run: Any, request_members: dict[str, Any]) -> list[str]:
    tasks = ready_to_run.run_task(count=6, **request_members)["tasks"]
    return [task["taskArn"] for task in tasks]


def described(ecs: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The cluster, and those of its statistics that are not zero."""
    cluster = ecs.describe_clusters(include=["STATISTICS"])["clusters"][0]
    statistics = {pair["name"]: pair["value"] for pair in cluster["statistics"]}
    return cluster, {name: value for name, value in statistics.items() if value != "0"}


def test_tasks_are_counted_by_what_they_are(
    ready_to_run: Any, world: World, portal: LoopThread, tasks: list[str]
) -> None:
    statuses = ("PENDING", "ACTIVATING", "RUNNING", "RUNNING", "DEPROVISIONING", "STOPPED")
    for arn, status in zip(tasks, statuses, strict=True):
        portal.run(world.set_task(arn, status=status))
    cluster, statistics = described(ready_to_run)
    assert (cluster["runningTasksCount"], cluster["pendingTasksCount"]) == (2, 2)
    assert statistics == {"runningFargateTasksCount": "2", "pendingFargateTasksCount": "2"}


def test_services_are_counted_by_what_they_are(
    ready_to_run: Any, world: World, portal: LoopThread
) -> None:
    statuses = ("ACTIVE", "ACTIVE", "DRAINING", "INACTIVE")
    for number, status in enumerate(statuses):
        portal.run(put_service(world, f"s{number}", status=status))
    cluster, statistics = described(ready_to_run)
    assert cluster["activeServicesCount"] == 2
    assert statistics == {"activeFargateServiceCount": "2", "drainingFargateServiceCount": "1"}


def test_a_provider_that_a_service_starts_tasks_by_stays(
    ready_to_run: Any, world: World, portal: LoopThread
) -> None:
    portal.run(put_service(world, "api", providers=("FARGATE_SPOT",)))
    without = {
        "cluster": "default",
        "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": [],
    }
    assert refusal(ready_to_run.put_cluster_capacity_providers, **without) == (
        "ResourceInUseException",
        "The specified capacity provider is in use and cannot be removed.",
    )
    portal.run(put_service(world, "api", providers=("FARGATE_SPOT",), status="INACTIVE"))
    changed = ready_to_run.put_cluster_capacity_providers(**without)
    assert changed["cluster"]["capacityProviders"] == ["FARGATE"]


def test_all_of_the_configuration_is_shown_as_it_was_given(ecs: Any) -> None:
    configuration = {
        "executeCommandConfiguration": {
            "kmsKeyId": "key",
            "logging": "OVERRIDE",
            "logConfiguration": {
                "cloudWatchLogGroupName": "/exec",
                "cloudWatchEncryptionEnabled": True,
                "s3BucketName": "bucket",
                "s3EncryptionEnabled": False,
                "s3KeyPrefix": "exec",
            },
        },
        "managedStorageConfiguration": {
            "kmsKeyId": "storage",
            "fargateEphemeralStorageKmsKeyId": "ephemeral",
        },
    }
    created = ecs.create_cluster(configuration=configuration)["cluster"]
    found = ecs.describe_clusters(include=["CONFIGURATIONS"])["clusters"][0]
    assert created["configuration"] == found["configuration"] == configuration


@pytest.mark.parametrize("value", ["enabled", "disabled", "enhanced"])
def test_new_clusters_take_insights_from_the_account(ecs: Any, value: str) -> None:
    ecs.put_account_setting(name="containerInsights", value=value)
    settings = [{"name": "containerInsights", "value": value}]
    assert ecs.create_cluster()["cluster"]["settings"] == settings
    ecs.update_cluster_settings(
        cluster="default", settings=[{"name": "containerInsights", "value": "disabled"}]
    )
    found = ecs.describe_clusters(include=["SETTINGS"])["clusters"][0]
    assert found["settings"] == [{"name": "containerInsights", "value": "disabled"}]
