"""Clients that know nothing of hostless roll services out: `ecs-deploy`, the AWS CLI, boto3.

What the tasks run is simulated; that real ones do the same is in test_services.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.engine import PATIENTLY, RunningEngine

BIN = Path(sys.executable).parent
BEHAVIOUR = """
[[behaviour]]
image = "missing/*"
pull_failure = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("clients")
    behaviour = folder / "behaviour.toml"
    behaviour.write_text(BEHAVIOUR)
    flags = ("--backend", "simulated", "--behaviour", str(behaviour), "--healthy-after", "0")
    engine = RunningEngine(folder / "state", *flags)
    engine.start()
    try:
        engine.client("ecs").create_cluster()
        yield engine
    finally:
        engine.purge()


@pytest.fixture
def service(engine: RunningEngine, request: pytest.FixtureRequest) -> Iterator[str]:
    """A stable service of three tasks of `web:1`; deleted at the end."""
    ecs, name = engine.client("ecs"), request.node.name[:200].replace("[", "-").rstrip("]")
    ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "web:1"}],
    )
    ecs.create_service(
        serviceName=name,
        taskDefinition=name,
        desiredCount=3,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
    )
    ecs.get_waiter("services_stable").wait(services=[name], WaiterConfig=PATIENTLY)
    yield name
    ecs.delete_service(service=name, force=True)
    ecs.get_waiter("services_inactive").wait(services=[name], WaiterConfig=PATIENTLY)


def shown(engine: RunningEngine, name: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.client("ecs").describe_services(services=[name])["services"][0]
    return found


def images(engine: RunningEngine, name: str) -> set[str]:
    """Of the running tasks."""
    ecs = engine.client("ecs")
    arns = ecs.list_tasks(serviceName=name)["taskArns"]
    tasks = ecs.describe_tasks(tasks=arns)["tasks"]
    return {container["image"] for task in tasks for container in task["containers"]}


def client(
    engine: RunningEngine, program: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [BIN / program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **engine.environment},
    )
    if check:
        assert run.returncode == 0, run.stdout + run.stderr
    return run


def test_ecs_deploy_deploys_a_new_tag(engine: RunningEngine, service: str) -> None:
    run = client(engine, "ecs", "deploy", "default", service, "--tag", "2", "--timeout", "60")
    assert "Deployment successful" in run.stdout
    assert shown(engine, service)["taskDefinition"].endswith(f"{service}:2")
    assert images(engine, service) == {"web:2"}


def deploy_a_missing_image(
    engine: RunningEngine, service: str, *flags: str
) -> subprocess.CompletedProcess[str]:
    image = ("--image", "web", "missing/web:2")
    deploy = ("deploy", "default", service, *image, "--timeout", "30", *flags)
    run = client(engine, "ecs", *deploy, check=False)
    assert run.returncode == 1
    return run


def test_ecs_deploy_fails_and_rolls_back(engine: RunningEngine, service: str) -> None:
    run = deploy_a_missing_image(engine, service, "--rollback")
    assert "Deployment failed, but service has been rolled back" in run.stderr
    assert shown(engine, service)["taskDefinition"].endswith(f"{service}:1")
    assert images(engine, service) == {"web:1"}


def test_ecs_deploy_is_told_by_the_circuit_breaker(engine: RunningEngine, service: str) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    engine.client("ecs").update_service(service=service, deploymentConfiguration=breaker)
    run = deploy_a_missing_image(engine, service)
    assert "Deployment Failed! ECS deployment circuit breaker: tasks failed to start." in run.stderr
    assert images(engine, service) == {"web:1"}


def test_ecs_scale_scales(engine: RunningEngine, service: str) -> None:
    run = client(engine, "ecs", "scale", "default", service, "5", "--timeout", "60")
    assert "Scaling successful" in run.stdout
    assert shown(engine, service)["runningCount"] == 5


def test_the_aws_cli_updates_a_service_and_waits_until_it_is_stable(
    engine: RunningEngine, service: str
) -> None:
    update = ("ecs", "update-service", "--service", service, "--desired-count", "4")
    client(engine, "aws", *update, "--force-new-deployment")
    client(engine, "aws", "ecs", "wait", "services-stable", "--services", service)
    found = shown(engine, service)
    assert (found["runningCount"], len(found["deployments"])) == (4, 1)


def test_boto3_pages_through_services_and_their_deployments(
    engine: RunningEngine, service: str
) -> None:
    ecs = engine.client("ecs")
    pages = ecs.get_paginator("list_services").paginate(PaginationConfig={"PageSize": 1})
    assert any(service in arn for page in pages for arn in page["serviceArns"])
    deployments = ecs.list_service_deployments(service=service, maxResults=1)
    assert [each["status"] for each in deployments["serviceDeployments"]] == ["SUCCESSFUL"]
