"""Drills through the command line, against an engine with simulated containers: no root needed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.support.engine import RunningEngine, wait_for

CAPACITY = "Capacity is unavailable at this time. "


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("drills")
    engine = RunningEngine(folder / "state", "--backend", "simulated", "--healthy-after", "1")
    engine.start()
    try:
        ecs = engine.client("ecs")
        ecs.create_cluster(clusterName="default", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        ecs.register_task_definition(
            family="web",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "app", "image": "any/image:1"}],
        )
        yield engine
    finally:
        engine.purge()


@pytest.fixture(autouse=True)
def _nothing_left(engine: RunningEngine) -> Iterator[None]:
    yield
    ecs = engine.client("ecs")
    for arn in ecs.list_tasks()["taskArns"]:
        ecs.stop_task(task=arn)
    wait_for(lambda: not engine.cli("ps", "-q").stdout, what="every task stopped")


def run(engine: RunningEngine, count: int, provider: str = "FARGATE") -> dict[str, Any]:
    return engine.client("ecs").run_task(
        taskDefinition="web",
        count=count,
        capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
    )


def running(engine: RunningEngine, count: int, provider: str = "FARGATE") -> list[dict[str, Any]]:
    arns = [task["taskArn"] for task in run(engine, count, provider)["tasks"]]
    ecs = engine.client("ecs")

    def all_run() -> list[dict[str, Any]]:
        tasks = ecs.describe_tasks(tasks=arns)["tasks"]
        return tasks if all(task["lastStatus"] == "RUNNING" for task in tasks) else []

    return wait_for(all_run, what="RUNNING")


def stopped(engine: RunningEngine, arn: str) -> dict[str, Any]:
    ecs = engine.client("ecs")

    def has_stopped() -> dict[str, Any] | None:
        [task] = ecs.describe_tasks(tasks=[arn])["tasks"]
        return task if task["lastStatus"] == "STOPPED" else None

    return wait_for(has_stopped, what=f"{arn} STOPPED")


@contextmanager
def service(engine: RunningEngine, count: int, provider: str = "FARGATE") -> Iterator[str]:
    """The ARN of a service `web`, steady; it is deleted at the end."""
    ecs = engine.client("ecs")
    arn = ecs.create_service(
        serviceName="web",
        taskDefinition="web",
        desiredCount=count,
        capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
    )["service"]["serviceArn"]
    try:
        wait_for(lambda: is_steady(engine, count), what="the service's steady state")
        yield arn
    finally:
        ecs.delete_service(service="web", force=True)


def is_steady(engine: RunningEngine, count: int) -> bool:
    [found] = engine.client("ecs").describe_services(services=["web"])["services"]
    newest = found["events"][0]["message"] if found["events"] else ""
    return found["runningCount"] == count and newest.endswith("has reached a steady state.")


def tasks_of(engine: RunningEngine) -> dict[str, dict[str, Any]]:
    """The service's tasks that run, by ARN."""
    ecs = engine.client("ecs")
    arns = ecs.list_tasks(serviceName="web")["taskArns"]
    found = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
    return {task["taskArn"]: task for task in found if task["lastStatus"] == "RUNNING"}


def drill(engine: RunningEngine, *words: str) -> dict[str, Any]:
    return json.loads(engine.cli("drill", *words, "--json").stdout)


def test_a_spot_storm(engine: RunningEngine) -> None:
    safe = running(engine, 1)[0]
    on_spot = running(engine, 2, "FARGATE_SPOT")
    answer = drill(engine, "spot", "--for", "10m")
    assert {t["taskArn"] for t in answer["tasks"]} == {t["taskArn"] for t in on_spot}
    for task in on_spot:
        end = stopped(engine, task["taskArn"])
        assert end["stopCode"] == "SpotInterruption"
        assert end["stoppedReason"] == "Your Spot Task was interrupted."
        assert end["containers"][0]["exitCode"] == 143
    [failure] = run(engine, 1, "FARGATE_SPOT")["failures"]
    assert failure["reason"].startswith(CAPACITY)
    assert engine.cli("ps", "-q").stdout.split() == [safe["taskArn"].rsplit("/", 1)[-1]]
    assert engine.cli("drill", "status").stdout.startswith("There is no Spot capacity for ")
    assert engine.cli("drill", "spot", "--end").stdout == "Spot capacity is back.\n"
    running(engine, 1, "FARGATE_SPOT")


def test_a_lost_zone(engine: RunningEngine) -> None:
    tasks = running(engine, 6)
    lost = [task for task in tasks if task["availabilityZone"] == "us-east-1b"]
    assert len(lost) == 2
    answer = drill(engine, "zone-loss", "us-east-1b")
    assert {t["taskArn"] for t in answer["tasks"]} == {t["taskArn"] for t in lost}
    for task in lost:
        end = stopped(engine, task["taskArn"])
        assert end["stopCode"] == "InfrastructureHealth"
        assert "exitCode" not in end["containers"][0]
    more = running(engine, 6)
    assert {task["availabilityZone"] for task in more} == {"us-east-1a", "us-east-1c"}
    for zone in ("us-east-1a", "us-east-1c"):
        drill(engine, "zone-loss", zone)
    [failure] = run(engine, 1)["failures"]
    assert failure["reason"].startswith(CAPACITY)
    for zone in ("us-east-1a", "us-east-1b", "us-east-1c"):
        assert engine.cli("drill", "zone-loss", zone, "--end").stdout == f"Zone {zone} is back.\n"
    assert engine.cli("drill", "status").stdout == "No drill is on.\n"
    running(engine, 1)


def test_an_outage_ends_by_itself(engine: RunningEngine) -> None:
    drill(engine, "zone-loss", "us-east-1a", "--for", "1s")
    wait_for(lambda: engine.cli("drill", "status").stdout == "No drill is on.\n", what="no outage")


def test_a_lost_host_and_a_retired_one(engine: RunningEngine) -> None:
    first, second, third = running(engine, 3)
    said = engine.cli("drill", "host-loss", first["taskArn"].rsplit("/", 1)[-1][:12]).stdout
    assert said.startswith("1 task lost\n")
    assert stopped(engine, first["taskArn"])["stopCode"] == "InfrastructureHealth"
    engine.cli("drill", "retire", second["taskArn"], "--after", "1s")
    end = stopped(engine, second["taskArn"])
    assert end["stopCode"] == "ServiceSchedulerInitiated"
    assert end["stoppedReason"] == (
        "ECS is performing maintenance on the underlying infrastructure hosting the task"
    )
    assert end["containers"][0]["exitCode"] == 143
    assert engine.cli("ps", "-q").stdout.split() == [third["taskArn"].rsplit("/", 1)[-1]]
    assert engine.cli("drill", "host-loss", first["taskArn"], check=False).returncode == 1


def test_every_change_of_a_task_is_an_event_and_survives_a_crash(engine: RunningEngine) -> None:
    from hostless.cli.api import connect

    api = connect(engine.state_dir)
    after = api.own("GET", "events")["last"]
    [task] = running(engine, 1)
    drill(engine, "host-loss", task["taskArn"])
    stopped(engine, task["taskArn"])
    engine.kill()
    engine.start()
    events = [each["event"] for each in api.own("GET", "events", after=after)["events"]]
    details = [event["detail"] for event in events]
    assert {event["detail-type"] for event in events} == {"ECS Task State Change"}
    assert {detail["taskArn"] for detail in details} == {task["taskArn"]}
    assert [detail["version"] for detail in details] == list(range(1, len(details) + 1))
    statuses = list(dict.fromkeys(detail["lastStatus"] for detail in details))
    assert statuses == [
        "PROVISIONING",
        "PENDING",
        "ACTIVATING",
        "RUNNING",
        "DEACTIVATING",
        "STOPPING",
        "DEPROVISIONING",
        "STOPPED",
    ]
    assert details[-1]["stopCode"] == "InfrastructureHealth"


def test_a_service_replaces_what_retires_before_it_stops_it(engine: RunningEngine) -> None:
    with service(engine, 3):
        old = tasks_of(engine)
        answer = drill(engine, "retire", "--service", "web")
        assert {task["taskArn"] for task in answer["tasks"]} == set(old)
        fewest = 3

        def are_replaced() -> bool:
            nonlocal fewest
            now = tasks_of(engine)
            fewest = min(fewest, len(now))
            return len(now) == 3 and not now.keys() & old.keys()

        wait_for(are_replaced, what="three new tasks")
        assert fewest == 3
        for arn in old:
            end = stopped(engine, arn)
            assert end["stopCode"] == "ServiceSchedulerInitiated"
            assert end["stoppedReason"] == (
                "Service web: ECS is performing maintenance on the underlying infrastructure "
                "hosting the task"
            )
        wait_for(lambda: is_steady(engine, 3), what="a steady state")


def test_a_service_goes_where_no_zone_is_lost(engine: RunningEngine) -> None:
    with service(engine, 3):
        assert {task["availabilityZone"] for task in tasks_of(engine).values()} == {
            "us-east-1a",
            "us-east-1b",
            "us-east-1c",
        }
        drill(engine, "zone-loss", "us-east-1a", "--for", "1h")
        try:
            wait_for(
                lambda: (
                    sorted(t["availabilityZone"][-1] for t in tasks_of(engine).values())
                    in (["b", "b", "c"], ["b", "c", "c"])
                ),
                what="three tasks in two zones",
            )
        finally:
            engine.cli("drill", "zone-loss", "us-east-1a", "--end")


def test_a_service_waits_for_spot_capacity_and_goes_on_when_it_is_back(
    engine: RunningEngine,
) -> None:
    with service(engine, 2, "FARGATE_SPOT") as arn:
        drill(engine, "spot", "--for", "1h")
        wait_for(lambda: not tasks_of(engine), what="no task")
        failures = wait_for(
            lambda: [
                event
                for event in bus_events(engine)
                if event["resources"] == [arn]
                and event["detail"].get("eventName") == "SERVICE_TASK_PLACEMENT_FAILURE"
            ],
            what="the placement failure on the bus",
        )
        assert failures[0]["detail"]["reason"] == "RESOURCE:FARGATE"
        engine.cli("drill", "spot", "--end")
        wait_for(lambda: len(tasks_of(engine)) == 2, what="two tasks again")


def bus_events(engine: RunningEngine) -> list[dict[str, Any]]:
    lines = engine.cli("events", "web", "--bus", "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]
