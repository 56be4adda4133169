"""End to end: tasks in gVisor, one sandbox a task, behind the same unmodified client.

The engine is as `hostless up` starts it without flags: gVisor is what tasks get.
"""

import platform
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    Runner,
    address_of,
    container_of,
    left_empty,
    log_lines,
    page_of,
    started_engine,
    wait_until,
)
from tests.support.engine import RunningEngine, wait_for

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed"),
]
SERVE = "mkdir /www; echo hello >/www/index.html; httpd -f -p 8080 -h /www"
PATIENT = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done")
SOMAXCONN = {"namespace": "net.core.somaxconn", "value": "1024"}


def shell(script: str) -> dict[str, Any]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


@pytest.fixture(scope="module")
def sandboxing_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("gvisor") / "state"
    with started_engine(state_dir, "--isolation", "auto") as engine:
        yield engine


@pytest.fixture
def engine(sandboxing_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(sandboxing_engine)


def isolation_of(task: dict[str, Any]) -> str:
    shown = {attribute["name"]: attribute["value"] for attribute in task["attributes"]}
    return str(shown["hostless.isolation"])


def test_two_containers_share_localhost_in_a_kernel_of_their_own(
    engine: RunningEngine, run: Runner
) -> None:
    sidecar = "until wget -q -O - http://127.0.0.1:8080/; do sleep 0.1; done; uname -r"
    task = run(shell(SERVE), shell(f"dmesg; {sidecar}; sleep 1000"), cpu="512", memory="1024")
    assert isolation_of(task) == "gvisor"
    task = wait_until(engine, task["taskArn"], "RUNNING")
    assert isolation_of(task) == "gvisor"

    def lines_after_the_page() -> list[str]:
        lines = log_lines(engine, task, "c1")
        return lines if "hello" in lines[:-1] else []

    lines = wait_for(lines_after_the_page, what="the page by localhost")
    assert any("gVisor" in line for line in lines)
    assert lines[-1] != platform.release()
    address = address_of(task)
    wait_for(lambda: page_of(address) == b"hello\n", what="the page from outside")


def test_exit_codes_reasons_and_lines_are_those_of_fargate(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(shell("for i in $(seq 1 200); do echo line $i; done; exit 3"), shell("sleep 1000"))
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert container_of(task, "c0")["exitCode"] == 3
    assert container_of(task, "c1")["exitCode"] in (137, 143)
    assert log_lines(engine, task) == [f"line {i}" for i in range(1, 201)]


def test_a_stop_signals_first_and_kills_after_the_time_out(
    engine: RunningEngine, run: Runner
) -> None:
    polite = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done")
    stubborn = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done")
    task = run(polite, stubborn)
    wait_until(engine, task["taskArn"], "RUNNING")
    for name in ("c0", "c1"):
        wait_for(lambda name=name: log_lines(engine, task, name), what=f"the line of {name}")
    engine.client("ecs").stop_task(task=task["taskArn"], reason="enough")
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert container_of(task, "c0")["exitCode"] == 7
    assert container_of(task, "c1")["exitCode"] == 137
    assert "bye" in log_lines(engine, task)


def test_a_command_that_is_not_there_is_the_reason(engine: RunningEngine, run: Runner) -> None:
    task = run({"entryPoint": ["/no/such/program"]})
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotStartContainerError: ")
    assert "/no/such/program" in task["stoppedReason"]


def test_commands_run_inside_by_the_command_line(engine: RunningEngine, image: str) -> None:
    task = engine.cli("run", image, "--name", "box", "--", *PATIENT).stdout.strip()
    run = engine.cli("exec", task, "--", "sh", "-c", "dmesg | head -1; exit 9", check=False)
    assert run.returncode == 9, run.stderr
    assert "gVisor" in run.stdout
    assert "gvisor" in engine.cli("describe", task).stdout


def test_another_life_of_the_engine_takes_sandboxes_over(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(shell("echo begun; while :; do sleep 0.1; done"))
    before = wait_until(engine, task["taskArn"], "RUNNING")
    engine.kill()
    engine.start()
    after = wait_until(engine, task["taskArn"], "RUNNING")
    assert after["containers"][0]["runtimeId"] == before["containers"][0]["runtimeId"]
    assert address_of(after) == address_of(before)
    assert isolation_of(after) == "gvisor"
    engine.client("ecs").stop_task(task=task["taskArn"])
    stopped = wait_until(engine, task["taskArn"], "STOPPED")
    assert log_lines(engine, stopped) == ["begun"]


def choosing(level: str) -> list[dict[str, str]]:
    return [{"key": "hostless:isolation", "value": level}]


def test_the_task_the_cluster_and_what_gvisor_cannot_do_choose_the_level(
    engine: RunningEngine, run: Runner
) -> None:
    ecs = engine.client("ecs")
    cluster = ecs.describe_clusters()["clusters"][0]["clusterArn"]
    kernel = shell("uname -r; sleep 1000")
    plain = run(kernel, tags=choosing("container"))
    wanting = run({**kernel, "systemControls": [SOMAXCONN]})
    ecs.tag_resource(resourceArn=cluster, tags=choosing("container"))
    try:
        by_cluster, by_task = run(kernel), run(kernel, tags=choosing("gvisor"))
    finally:
        ecs.untag_resource(resourceArn=cluster, tagKeys=["hostless:isolation"])
    for task, level in (
        (plain, "container"),
        (wanting, "container"),
        (by_cluster, "container"),
        (by_task, "gvisor"),
    ):
        task = wait_until(engine, task["taskArn"], "RUNNING")
        assert isolation_of(task) == level
        lines = wait_for(lambda task=task: log_lines(engine, task), what="the kernel's release")
        assert (lines[0] == platform.release()) == (level == "container")


def test_who_insists_on_gvisor_is_told_what_it_cannot_do(
    engine: RunningEngine, run: Runner
) -> None:
    task = run({**shell("true"), "systemControls": [SOMAXCONN]}, tags=choosing("gvisor"))
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == (
        "CannotCreateContainerError: systemControls is not available at this isolation level; "
        "choose hostless:isolation=container or auto for the task"
    )


def test_the_command_line_chooses_too(engine: RunningEngine, image: str) -> None:
    for level in ("container", "gvisor"):
        task = engine.cli(
            "run", image, "--name", "box", "--isolation", level, "--", *PATIENT
        ).stdout.strip()
        (found,) = engine.client("ecs").describe_tasks(tasks=[task])["tasks"]
        assert isolation_of(found) == level


def test_health_checks_and_conditions_of_start_are_as_in_containers(
    engine: RunningEngine, run: Runner
) -> None:
    check = {"command": ["CMD", "test", "-f", "/ok"], "interval": 5, "timeout": 2, "retries": 1}
    healthy = {"containerName": "c0", "condition": "HEALTHY"}
    ended = {"containerName": "c1", "condition": "SUCCESS"}
    task = run(
        {**shell("touch /ok; sleep 1000"), "healthCheck": check},
        {**shell("echo done"), "essential": False},
        {
            **shell("ulimit -n; touch /x; echo hello >/memory/x; cat /memory/x; sleep 1000"),
            "dependsOn": [healthy, ended],
            "ulimits": [{"name": "nofile", "softLimit": 512, "hardLimit": 512}],
            "readonlyRootFilesystem": True,
            "linuxParameters": {"tmpfs": [{"containerPath": "/memory", "size": 8}]},
        },
    )
    task = wait_until(engine, task["taskArn"], "RUNNING")
    assert isolation_of(task) == "gvisor"
    assert container_of(task, "c0")["healthStatus"] == "HEALTHY"
    assert container_of(task, "c1")["exitCode"] == 0
    lines = wait_for(lambda: log_lines(engine, task, "c2")[2:], what="its lines")
    assert lines == ["hello"]
    first, second = log_lines(engine, task, "c2")[:2]
    assert first == "512"
    assert "Read-only file system" in second


def test_conditions_see_starts_and_ends_and_folders_are_shared(
    engine: RunningEngine, run: Runner
) -> None:
    """An end whose code the restart policy ignores is the end."""
    policy = {"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [7]}
    shares = {"volumesFrom": [{"sourceContainer": "c0"}]}
    task = run(
        {
            **shell("sleep 1000"),
            "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}],
        },
        {
            **shell("echo x >/shared/runs; exit 7"),
            **shares,
            "essential": False,
            "restartPolicy": policy,
        },
        {
            **shell("while [ ! -e /shared/runs ]; do sleep 0.1; done; exit 5"),
            **shares,
            "essential": False,
            "dependsOn": [{"containerName": "c0", "condition": "START"}],
        },
        {
            **shell("echo after; sleep 1000"),
            "dependsOn": [{"containerName": "c2", "condition": "COMPLETE"}],
        },
        definition={"volumes": [{"name": "shared"}]},
    )
    task = wait_until(engine, task["taskArn"], "RUNNING")
    assert isolation_of(task) == "gvisor"
    assert container_of(task, "c2")["exitCode"] == 5
    assert wait_for(lambda: log_lines(engine, task, "c3")) == ["after"]
    assert container_of(task, "c1")["exitCode"] == 7


def test_a_service_replaces_a_task_that_its_health_check_finds_unhealthy(
    engine: RunningEngine, image: str
) -> None:
    ecs = engine.client("ecs")
    ecs.register_task_definition(
        family="sick",
        taskRoleArn="arn:aws:iam::000000000000:role/task",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "app",
                "image": image,
                **shell("touch /ok; sleep 1000"),
                "healthCheck": {
                    "command": ["CMD", "test", "-f", "/ok"],
                    "interval": 5,
                    "timeout": 2,
                    "retries": 1,
                },
                "stopTimeout": 2,
            }
        ],
    )
    place = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
    ecs.create_service(
        serviceName="sick",
        enableExecuteCommand=True,
        taskDefinition="sick",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=place,
    )

    def healthy(but: str = "") -> dict[str, Any]:
        arns = ecs.list_tasks(serviceName="sick")["taskArns"]
        found = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
        well = [t for t in found if t["healthStatus"] == "HEALTHY" and t["taskArn"] != but]
        return well[0] if well else {}

    try:
        first = wait_for(healthy, 60, what="a healthy task")
        assert isolation_of(first) == "gvisor"
        engine.cli("exec", first["taskArn"], "--", "rm", "/ok")
        stopped = wait_until(engine, first["taskArn"], "STOPPED")
        assert stopped["stoppedReason"] == "Task failed container health checks"
        wait_for(lambda: healthy(but=first["taskArn"]), 60, what="a task in its place")
    finally:
        ecs.delete_service(service="sick", force=True)
