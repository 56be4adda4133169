"""End to end: a container with a restart policy runs anew in its task; a minute is the least.

On both levels side by side.
"""

import shutil

import pytest
from tests.e2e.conftest import Runner, container_of, log_lines, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = [pytest.mark.root, pytest.mark.slow]
LEVELS = ("container", "gvisor") if shutil.which("runsc") else ("container",)
MINUTE = {"enabled": True, "restartAttemptPeriod": 60}


@pytest.mark.timeout(400)
def test_a_container_that_lasted_a_minute_runs_anew_with_all_that_it_had(
    engine: RunningEngine, run: Runner
) -> None:
    """c0 lasts the first time and not the second; c1 would outlive it."""
    script = (
        "echo x >>/runs; echo run $(wc -l </runs); test $(wc -l </runs) = 2 || sleep 61; exit 3"
    )
    tasks = [
        run(
            {"entryPoint": ["sh", "-c"], "command": [script], "restartPolicy": MINUTE},
            {"command": ["sleep", "3600"], "essential": False},
            tags=[{"key": "hostless:isolation", "value": level}],
        )
        for level in LEVELS
    ]
    running = [wait_until(engine, task["taskArn"], "RUNNING") for task in tasks]
    engine.kill()
    engine.start()
    for task in running:
        stopped = wait_until(engine, task["taskArn"], "STOPPED", 200)
        assert stopped["stopCode"] == "EssentialContainerExited"
        assert log_lines(engine, task) == ["run 1", "run 2"]
        assert container_of(stopped, "c0")["exitCode"] == 3
        assert stopped["startedAt"] == task["startedAt"]
        assert (stopped["executionStoppedAt"] - stopped["startedAt"]).total_seconds() > 60
    wait_for(lambda: not engine.traces(), what="nothing is left")
