"""boto3, which knows nothing of hostless, makes services in Service Connect and changes them.

What the tasks run is simulated.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.engine import RunningEngine

LIMIT_SECONDS = 30.0
STABLE = {"Delay": 1, "MaxAttempts": 30}
PORT = {"name": "http", "containerPort": 8080, "appProtocol": "http"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    engine = RunningEngine(tmp_path / "state", "--backend", "simulated", "--healthy-after", "0")
    engine.start()
    try:
        yield engine
    finally:
        engine.purge()


def until(is_so: Callable[[], Any]) -> None:
    """Wait for what the engine does on its own."""
    end = time.monotonic() + LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.05)


def connected(*services: Any) -> dict[str, Any]:
    return {"enabled": True, "namespace": "shop", "services": list(services)}


def serving(discovery_name: str) -> dict[str, Any]:
    alias = {"port": 80, "dnsName": discovery_name}
    return connected(
        {"portName": "http", "discoveryName": discovery_name, "clientAliases": [alias]}
    )


def create(engine: RunningEngine, name: str, configuration: Any) -> None:
    ecs = engine.client("ecs")
    ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "app:1", "portMappings": [PORT]}],
    )
    ecs.create_service(
        serviceName=name,
        taskDefinition=name,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
        serviceConnectConfiguration=configuration,
    )
    ecs.get_waiter("services_stable").wait(services=[name], WaiterConfig=STABLE)


def test_services_meet_in_a_namespace_until_they_are_deleted(engine: RunningEngine) -> None:
    ecs, cloud_map = engine.client("ecs"), engine.client("servicediscovery")
    ecs.create_cluster(serviceConnectDefaults={"namespace": "shop"})

    def names() -> set[str]:
        return {each["Name"] for each in cloud_map.list_services()["Services"]}

    create(engine, "web", serving("web"))
    create(engine, "client", connected())
    [task] = ecs.describe_tasks(tasks=ecs.list_tasks(serviceName="web")["taskArns"])["tasks"]
    attached = {each["type"]: each for each in task["attachments"]}["ServiceConnect"]
    said = {each["name"]: each["value"] for each in attached["details"]}
    proxy, app = task["containers"]
    assert said["ContainerName"] == proxy["name"]
    assert (said["portName"], said["discoveryName"]) == ("http", "web")
    assert said["clientAliases"] == '[{"port": 80, "dnsName": "web"}]'
    assert attached["status"] == "ATTACHED"
    assert proxy["name"].startswith("ecs-service-connect-")
    assert (proxy["lastStatus"], proxy["healthStatus"]) == ("RUNNING", "HEALTHY")
    assert (app["name"], app["lastStatus"]) == ("app", "RUNNING")

    ecs.update_service(service="web", serviceConnectConfiguration=serving("front"))
    assert names() == {"web", "front"}
    ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=STABLE)
    until(lambda: names() == {"front"})
    [shown] = ecs.describe_services(services=["web"])["services"]
    [deployment] = shown["deployments"]
    assert deployment["serviceConnectConfiguration"] == serving("front")
    assert [each["discoveryName"] for each in deployment["serviceConnectResources"]] == ["front"]
    in_it = ecs.list_services_by_namespace(namespace="shop")["serviceArns"]
    assert sorted(arn.rsplit("/", 1)[1] for arn in in_it) == ["client", "web"]

    for name in ("web", "client"):
        ecs.delete_service(service=name, force=True)
    ecs.get_waiter("services_inactive").wait(services=["web", "client"], WaiterConfig=STABLE)
    until(lambda: not names())
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    cloud_map.delete_namespace(Id=namespace["Id"])
