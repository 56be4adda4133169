"""Services from the command line, on an engine with simulated containers: no root needed."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.engine import PROGRAM, RunningEngine, wait_for

BEHAVIOUR = """
[[behaviour]]
image = "missing/*"
pull_failure = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"

[[behaviour]]
image = "slow/*"
pull_seconds = 600.0
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("cli-services")
    behaviour = folder / "behaviour.toml"
    behaviour.write_text(BEHAVIOUR)
    flags = ("--backend", "simulated", "--behaviour", str(behaviour), "--healthy-after", "0")
    engine = RunningEngine(folder / "state", *flags)
    engine.start()
    try:
        yield engine
    finally:
        engine.purge()


@pytest.fixture
def service(engine: RunningEngine, request: pytest.FixtureRequest) -> Iterator[str]:
    """A short name of the test's own, for a service that it makes; deleted at the end."""
    name = "".join(word[0] for word in request.node.name.split("_"))
    yield name
    engine.client("ecs").delete_service(service=name, force=True)


def test_a_service_is_deployed_listed_scaled_and_rolled_back(
    engine: RunningEngine, service: str
) -> None:
    run = engine.cli("deploy", service, "web:1", "-n", "2")
    assert f"{service} runs {service}:1, 2/2 tasks" in run.stdout
    assert "has reached a steady state" in run.stderr
    engine.cli("deploy", service, "web:2")
    [shown] = [
        s
        for s in json.loads(engine.cli("services", "--json").stdout)
        if s["serviceName"] == service
    ]
    assert shown["taskDefinition"].endswith(f"{service}:2")
    row = next(r for r in engine.cli("services").stdout.splitlines() if r.startswith(service))
    assert row.split()[1:5] == [f"{service}:2", "ACTIVE", "2/2", "COMPLETED"]
    assert engine.cli("scale", service, "3").stdout == f"{service}  3/3 running\n"
    rows = engine.cli("tasks", service).stdout.splitlines()[1:]
    assert [row.split()[1:3] for row in rows] == [[f"{service}:2", "RUNNING"]] * 3
    assert f"{service}: {service}:1" in engine.cli("rollback", service).stdout
    events = engine.cli("events", service).stdout.splitlines()
    assert "has started 1 tasks" in events[0]
    assert "has reached a steady state" in events[-1]


def test_a_version_that_cannot_start_is_rolled_back_and_the_reason_is_said(
    engine: RunningEngine, service: str
) -> None:
    engine.cli("deploy", service, "web:1", "-n", "2")
    run = engine.cli("deploy", service, "missing/web:2", check=False)
    assert run.returncode == 1
    assert f"{service}: the rollout failed; back to {service}:1" in run.stderr
    assert "could not pull the image" in run.stderr
    assert "Check the name and tag" in run.stderr
    [shown] = [
        s
        for s in json.loads(engine.cli("services", "--json").stdout)
        if s["serviceName"] == service
    ]
    assert shown["runningCount"] == 2


def test_without_a_circuit_breaker_the_wait_for_a_bad_version_has_an_end(
    engine: RunningEngine, service: str
) -> None:
    engine.cli("deploy", service, "web:1")
    bad = ("deploy", service, "missing/web:2", "--no-breaker", "--timeout", "3")
    run = engine.cli(*bad, check=False)
    assert run.returncode == 1
    assert "is not stable after 3.0s; the rollout goes on" in run.stderr
    assert "could not pull the image" in run.stderr


def test_a_rollout_under_way_is_undone(engine: RunningEngine, service: str) -> None:
    engine.cli("deploy", service, "web:1")
    engine.cli("deploy", service, "slow/web:2", "--detach")
    assert f"{service}: {service}:1" in engine.cli("rollback", service).stdout
    [newest, *_] = engine.client("ecs").list_service_deployments(service=service)[
        "serviceDeployments"
    ]
    assert newest["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_definition_file_is_deployed_with_another_image(
    engine: RunningEngine, service: str, tmp_path: Path
) -> None:
    definition = {
        "family": service,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "web", "image": "web:1"}],
    }
    file = tmp_path / "definition.json"
    file.write_text(json.dumps(definition))
    engine.cli("deploy", service, "web:9", "--file", file)
    [task] = json.loads(engine.cli("tasks", service, "--json").stdout)
    assert task["containers"][0]["image"] == "web:9"


def test_a_service_that_is_not_there_is_said_so_with_what_to_do(engine: RunningEngine) -> None:
    for command in (("tasks",), ("events",), ("rollback",), ("scale", "3")):
        name, *rest = command
        run = engine.cli(name, "nobody", *rest, check=False)
        assert run.returncode == 1
        assert "no service is called 'nobody'" in run.stderr
        assert "hostless services" in run.stderr
    run = engine.cli("deploy", "nobody", check=False)
    assert run.returncode == 2
    assert "say what it is to run" in run.stderr


def test_on_a_terminal_a_rollout_is_drawn_while_it_goes_on(
    engine: RunningEngine, service: str
) -> None:
    engine.cli("deploy", service, "web:1", "-n", "4")
    ours, theirs = pty.openpty()
    command = [PROGRAM, "deploy", service, "slow/web:2", "--timeout", "3"]
    environment = {**os.environ, **engine.environment, "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = ""

        def drawn() -> bool:
            nonlocal seen
            seen += os.read(ours, 65536).decode(errors="replace")
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
            return bool(
                re.search(rf"new  [░█·]+  {service}:2  0/4 running, 1 starting", plain)
                and re.search(rf"old  █+  {service}:1  4 left", plain)
            )

        try:
            wait_for(drawn, what="the picture of the rollout")
        finally:
            process.terminate()
            os.close(ours)
