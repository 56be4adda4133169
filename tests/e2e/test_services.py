"""End to end: services of real containers, kept, rolled out, rolled back, and held by a crash."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import address_of, left_empty, page_of, started_engine
from tests.support.engine import PATIENTLY, RunningEngine, wait_for

pytestmark = pytest.mark.root

SERVE = "mkdir /tmp/www && echo {0} >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"
CRASH = "sleep 0.2; exit 3"


@pytest.fixture(scope="module")
def service_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """Its tasks without a health check count as healthy at once, not after 40 s."""
    state_dir = tmp_path_factory.mktemp("services") / "state"
    with started_engine(state_dir, "--healthy-after", "0.5") as engine:
        yield engine


@pytest.fixture
def engine(service_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(service_engine)


@pytest.fixture
def ecs(engine: RunningEngine) -> Iterator[Any]:
    """A client; the services that a test made are deleted when it ends."""
    client = engine.client("ecs")
    yield client
    for arn in client.list_services()["serviceArns"]:
        client.delete_service(service=arn, force=True)
        client.get_waiter("services_inactive").wait(services=[arn], WaiterConfig=PATIENTLY)


@pytest.fixture
def register(ecs: Any, image: str) -> Callable[..., str]:
    def registered(script: str, **container: Any) -> str:
        main = {"name": "web", "image": image, "entryPoint": ["sh", "-c"], "command": [script]}
        answer = ecs.register_task_definition(
            family="served",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{**main, "stopTimeout": 2, **container}],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    return registered


def create(engine: RunningEngine, definition: str, desired: int, **fields: Any) -> dict[str, Any]:
    answer = engine.client("ecs").create_service(
        serviceName="web",
        taskDefinition=definition,
        desiredCount=desired,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
        **fields,
    )
    service: dict[str, Any] = answer["service"]
    return service


def wait_until_stable(ecs: Any) -> dict[str, Any]:
    ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=PATIENTLY)
    service: dict[str, Any] = ecs.describe_services(services=["web"])["services"][0]
    return service


def running(ecs: Any) -> list[dict[str, Any]]:
    arns = ecs.list_tasks(serviceName="web")["taskArns"]
    tasks = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
    return [task for task in tasks if task["lastStatus"] == "RUNNING"]


def pages(tasks: list[dict[str, Any]]) -> set[str]:
    """What they serve, once they do: a container runs before its server listens."""
    addresses = [address_of(task) for task in tasks]
    found = [wait_for(lambda at=at: page_of(at), what=f"a page at {at}") for at in addresses]
    return {page.decode().strip() for page in found}


def messages(ecs: Any) -> list[str]:
    service = ecs.describe_services(services=["web"])["services"][0]
    return [event["message"] for event in service["events"]]


def test_a_rolling_update_replaces_real_tasks_and_never_has_too_few(
    engine: RunningEngine, ecs: Any, register: Callable[..., str]
) -> None:
    create(engine, register(SERVE.format("one")), 2)
    wait_until_stable(ecs)
    assert pages(running(ecs)) == {"one"}
    ecs.update_service(service="web", taskDefinition=register(SERVE.format("two")))
    fewest = 2

    def is_done() -> bool:
        nonlocal fewest
        fewest = min(fewest, len(running(ecs)))
        deployments = ecs.describe_services(services=["web"])["services"][0]["deployments"]
        return [each["rolloutState"] for each in deployments] == ["COMPLETED"]

    wait_for(is_done, what="the rollout's end")
    assert fewest == 2
    assert pages(running(ecs)) == {"two"}
    assert any("has reached a steady state" in each for each in messages(ecs))


def test_a_task_that_dies_is_replaced(
    engine: RunningEngine, ecs: Any, register: Callable[..., str]
) -> None:
    create(engine, register("sleep 1000"), 2)
    wait_until_stable(ecs)
    victim = running(ecs)[0]["taskArn"]
    ecs.stop_task(task=victim, reason="to see whether anybody cares")
    wait_for(
        lambda: len(running(ecs)) == 2 and victim not in {t["taskArn"] for t in running(ecs)},
        30,
        "a replacement",
    )


def test_a_version_that_crashes_is_rolled_back_by_the_circuit_breaker(
    engine: RunningEngine, ecs: Any, register: Callable[..., str]
) -> None:
    breaker = {"enable": True, "rollback": True}
    configuration = {"deploymentCircuitBreaker": breaker}
    good = register(SERVE.format("good"))
    create(engine, good, 2, deploymentConfiguration=configuration)
    wait_until_stable(ecs)
    bad = register("none", image="127.0.0.1:1/not/there:1")
    ecs.update_service(service="web", taskDefinition=bad)

    def status() -> str:
        [newest, *_] = ecs.list_service_deployments(service="web")["serviceDeployments"]
        return str(newest["status"])

    wait_for(lambda: status() == "ROLLBACK_SUCCESSFUL", 90, "the rollback")
    service = wait_until_stable(ecs)
    assert service["taskDefinition"] == good
    assert pages(running(ecs)) == {"good"}


def test_container_health_decides_whether_a_new_version_takes_over(
    engine: RunningEngine, ecs: Any, register: Callable[..., str]
) -> None:
    check = {"command": ["CMD-SHELL", "test -f /tmp/ok"], "interval": 5, "retries": 1}
    good = register("touch /tmp/ok; sleep 1000", healthCheck=check)
    create(engine, good, 1, deploymentConfiguration={"maximumPercent": 200})
    wait_until_stable(ecs)
    wait_for(lambda: running(ecs)[0]["healthStatus"] == "HEALTHY", what="a healthy task")
    old = running(ecs)[0]["taskArn"]
    ecs.update_service(
        service="web",
        taskDefinition=register("sleep 3; touch /tmp/ok; sleep 1000", healthCheck=check),
    )

    def takes_over() -> bool:
        tasks = {task["taskArn"]: task["healthStatus"] for task in running(ecs)}
        healthy = [arn for arn, health in tasks.items() if health == "HEALTHY"]
        assert healthy, "nobody is healthy"
        return old not in tasks

    wait_for(takes_over, what="the healthy new task alone")


def test_scaling_in_and_out_is_followed_and_zones_are_shared(
    engine: RunningEngine, ecs: Any, register: Callable[..., str]
) -> None:
    create(engine, register("sleep 1000"), 3)
    wait_until_stable(ecs)
    assert len({task["availabilityZone"] for task in running(ecs)}) == 3
    ecs.update_service(service="web", desiredCount=1)
    wait_for(lambda: len(running(ecs)) == 1, what="one task")
    ecs.update_service(service="web", desiredCount=4)
    wait_for(lambda: len(running(ecs)) == 4, what="four tasks")


def test_a_killed_engine_finishes_the_rollout_it_was_in(tmp_path: Path, image: str) -> None:
    with started_engine(tmp_path / "state", "--healthy-after", "0.5") as engine:
        ecs = engine.client("ecs")

        def registered(script: str) -> str:
            main = {"name": "web", "image": image, "command": ["sh", "-c", script]}
            answer = ecs.register_task_definition(
                family="served",
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu="256",
                memory="512",
                containerDefinitions=[{**main, "stopTimeout": 2}],
            )
            return str(answer["taskDefinition"]["taskDefinitionArn"])

        create(engine, registered("sleep 1000"), 3)
        wait_until_stable(ecs)
        new = registered("sleep 2000")
        ecs.update_service(service="web", taskDefinition=new)
        for pause in (0.05, 0.15, 0.3, 0.6):
            time.sleep(pause)  # the instant of the kill, not a wait for anything
            engine.kill()
            engine.start("--healthy-after", "0.5")
        ecs = engine.client("ecs")
        wait_until_stable(ecs)
        tasks = running(ecs)
        assert len(tasks) == 3
        assert {task["taskDefinitionArn"] for task in tasks} == {new}
        ecs.delete_service(service="web", force=True)
        ecs.get_waiter("services_inactive").wait(services=["web"], WaiterConfig=PATIENTLY)
