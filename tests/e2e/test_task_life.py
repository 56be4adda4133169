"""End to end: real containers behind an unmodified AWS client, from RunTask to STOPPED."""

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import (
    LOGS,
    Runner,
    address_of,
    awslogs,
    container_of,
    log_lines,
    page_of,
    wait_until,
)
from tests.support.engine import PATIENTLY, RunningEngine, describe, wait_for

from hostless.compute.local.cgroups import PROCESSES_PER_TASK

pytestmark = pytest.mark.root

SERVE = "mkdir -p /tmp/www && echo hello > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"


def shell(script: str) -> dict[str, object]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def test_a_web_server_and_a_sidecar_share_localhost_and_the_host_reaches_the_page(
    engine: RunningEngine, run: Runner
) -> None:
    sidecar = "until wget -qO- http://127.0.0.1:8080/; do sleep 0.1; done; sleep 1000"
    task = run(shell(SERVE), shell(sidecar), cpu="512", memory="1024")
    assert task["lastStatus"] == "PROVISIONING"
    ecs = engine.client("ecs")
    ecs.get_waiter("tasks_running").wait(tasks=[task["taskArn"]], WaiterConfig=PATIENTLY)
    task = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"][0]
    assert {c["lastStatus"] for c in task["containers"]} == {"RUNNING"}
    wait_for(lambda: "hello" in log_lines(engine, task, "c1"), what="the sidecar's line")
    assert page_of(address_of(task)) == b"hello\n"
    ecs.stop_task(task=task["taskArn"], reason="enough")
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert all("exitCode" in c for c in task["containers"])
    times = [
        task[name]
        for name in (
            "createdAt",
            "connectivityAt",
            "pullStartedAt",
            "pullStoppedAt",
            "startedAt",
            "stoppingAt",
            "executionStoppedAt",
            "stoppedAt",
        )
    ]
    assert times == sorted(times), describe(task)
    assert task["attachments"][0]["status"] == "DELETED"


def test_the_exit_of_an_essential_container_stops_the_task(
    engine: RunningEngine, run: Runner
) -> None:
    task = run(shell("sleep 1000"), shell("exit 3"))
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert container_of(task, "c1")["exitCode"] == 3
    assert container_of(task, "c0")["exitCode"] in (143, 137)


def test_a_helper_that_ends_leaves_the_task_running(engine: RunningEngine, run: Runner) -> None:
    task = run(shell("sleep 1000"), {**shell("exit 0"), "essential": False})
    arn = task["taskArn"]
    wait_until(engine, arn, "RUNNING")
    ecs = engine.client("ecs")

    def helper_ended() -> bool:
        shown = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        return bool(container_of(shown, "c1")["lastStatus"] == "STOPPED")

    wait_for(helper_ended, what="the end of the helper")
    assert ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING"


def test_lines_arrive_in_order_with_true_timestamps(engine: RunningEngine, run: Runner) -> None:
    task = run(shell("for i in $(seq 1 500); do echo line $i; done; echo to stderr >&2"))
    task = wait_until(engine, task["taskArn"], "STOPPED")
    lines = log_lines(engine, task)
    assert [line for line in lines if line.startswith("line")] == [
        f"line {i}" for i in range(1, 501)
    ]
    assert "to stderr" in lines
    stream = f"t/c0/{task['taskArn'].rsplit('/', 1)[-1]}"
    events = engine.client("logs").get_log_events(
        logGroupName=LOGS, logStreamName=stream, startFromHead=True
    )["events"]
    stamps = [event["timestamp"] / 1000 for event in events]
    assert stamps == sorted(stamps)
    assert task["createdAt"].timestamp() - 1 < stamps[0] < task["stoppedAt"].timestamp() + 1


def test_a_container_over_its_memory_is_killed_and_says_so(
    engine: RunningEngine, run: Runner
) -> None:
    task = run({**shell("tail -c 200000000 /dev/zero"), "memory": 32})
    task = wait_until(engine, task["taskArn"], "STOPPED")
    container = container_of(task, "c0")
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_a_task_over_its_memory_is_killed_and_says_so(engine: RunningEngine, run: Runner) -> None:
    task = run(shell("tail -c 2000000000 /dev/zero"), memory="512")
    task = wait_until(engine, task["taskArn"], "STOPPED")
    container = container_of(task, "c0")
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_the_task_gets_no_more_cpu_than_it_asked_for(engine: RunningEngine, run: Runner) -> None:
    """Two busy loops in a task of a quarter vCPU use a quarter of one second's CPU a second."""
    burn = "timeout 2 sh -c 'while :; do :; done' ; cat /proc/uptime; times; sleep 1"
    task = run(shell(burn), shell(burn), cpu="256")
    task = wait_until(engine, task["taskArn"], "STOPPED")
    used = 0.0
    for name in ("c0", "c1"):
        lines = log_lines(engine, task, name)
        if lines:
            minutes, _, seconds = lines[-1].split()[0].partition("m")
            used += 60 * float(minutes) + float(seconds.rstrip("s"))
    assert 0.1 < used < 1.2, f"{used} CPU seconds in about two seconds"


def test_no_more_processes_than_the_limit_can_be_made(engine: RunningEngine, run: Runner) -> None:
    """A fork bomb ends at the task's limit: the shell says so and the rest of the machine lives."""
    bomb = f"i=0; while [ $i -lt {PROCESSES_PER_TASK + 500} ]; do sleep 600 & i=$((i+1)); done"
    task = run(shell(f"({bomb}; echo all started) 2>&1"), memory="4096", cpu="2048")
    task = wait_until(engine, task["taskArn"], "STOPPED", 90)
    lines = log_lines(engine, task)
    assert "all started" not in lines
    assert any("can't fork" in line for line in lines), lines[-5:]


def test_what_the_definition_says_is_what_the_process_sees(
    engine: RunningEngine, run: Runner
) -> None:
    script = (
        "echo env=$GREETING; echo cwd=$(pwd); echo id=$(id -u):$(id -g); echo nofile=$(ulimit -n);"
        "touch /x 2>/dev/null && echo writable || echo read-only; cat /etc/hosts; "
        "cat /etc/resolv.conf; echo host=$(hostname); grep Seccomp: /proc/self/status"
    )
    task = run(
        {
            **shell(script),
            "environment": [{"name": "GREETING", "value": "from the definition"}],
            "workingDirectory": "/tmp",
            "user": "1000:1001",
            "readonlyRootFilesystem": True,
            "ulimits": [{"name": "nofile", "softLimit": 512, "hardLimit": 1024}],
        },
        overrides={
            "containerOverrides": [
                {"name": "c0", "environment": [{"name": "GREETING", "value": "overridden"}]}
            ]
        },
    )
    task = wait_until(engine, task["taskArn"], "STOPPED")
    text = "\n".join(log_lines(engine, task))
    for expected in (
        "env=overridden",
        "cwd=/tmp",
        "id=1000:1001",
        "nofile=512",
        "read-only",
        "127.0.0.1 localhost",
        "Seccomp:\t2",
        f"host=ip-{address_of(task).replace('.', '-')}.ec2.internal",
    ):
        assert expected in text, text
    assert "nameserver" in text


def test_stop_signals_first_and_kills_after_the_time_out(
    engine: RunningEngine, run: Runner
) -> None:
    polite = shell("trap 'echo bye; exit 7' TERM; while :; do sleep 0.1; done")
    stubborn = {**shell("trap '' TERM; while :; do sleep 0.1; done"), "stopTimeout": 2}
    task = run(polite, stubborn)
    wait_until(engine, task["taskArn"], "RUNNING")
    engine.client("ecs").stop_task(task=task["taskArn"])
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stoppedReason"] == "Task stopped by user"
    assert container_of(task, "c0")["exitCode"] == 7
    assert container_of(task, "c1")["exitCode"] == 137
    assert "bye" in log_lines(engine, task)
    waited = (task["executionStoppedAt"] - task["stoppingAt"]).total_seconds()
    assert 1.5 < waited < 15


def test_tasks_reach_each_other_by_address(engine: RunningEngine, run: Runner) -> None:
    server = wait_until(engine, run(shell(SERVE))["taskArn"], "RUNNING")
    fetch = f"until wget -qO- http://{address_of(server)}:8080/; do sleep 0.1; done"
    task = wait_until(engine, run(shell(fetch))["taskArn"], "STOPPED")
    assert log_lines(engine, task) == ["hello"]


def test_a_task_pulled_by_digest_shows_that_digest(
    engine: RunningEngine, run: Runner, image: str
) -> None:
    by_tag = wait_until(engine, run(shell("true"))["taskArn"], "STOPPED")
    digest = by_tag["containers"][0]["imageDigest"]
    name = image.rsplit(":", 1)[0]
    task = run({**shell("true"), "image": f"{name}@{digest}"})
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["containers"][0]["imageDigest"] == digest


def test_a_missing_log_group_is_what_a_fargate_user_knows(
    engine: RunningEngine, run: Runner
) -> None:
    task = run({**shell("true"), "logConfiguration": awslogs("/no/such/group")})
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(
        "ResourceInitializationError: failed to validate logger args: "
    )
    assert "The specified log group does not exist." in task["stoppedReason"]


def test_a_stopped_task_can_still_be_described_and_stopping_it_again_changes_nothing(
    engine: RunningEngine, run: Runner
) -> None:
    task = wait_until(engine, run(shell("exit 5"))["taskArn"], "STOPPED")
    again = engine.client("ecs").stop_task(task=task["taskArn"], reason="too late")["task"]
    assert again["stoppedReason"] == task["stoppedReason"]
    with pytest.raises(ClientError, match="The referenced task was not found"):
        engine.client("ecs").stop_task(task="0" * 32)
