"""End to end: volumes of a task, as a client asks for them."""

import pytest
from tests.e2e.conftest import Runner, container_of, log_lines, wait_until
from tests.support.engine import RunningEngine

pytestmark = pytest.mark.root


def shell(script: str) -> dict[str, object]:
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def test_containers_of_a_task_share_a_volume_and_write_nowhere_else(
    engine: RunningEngine, run: Runner
) -> None:
    writer = {
        **shell("touch /x 2>/dev/null && exit 9; echo hello > /out/file; sleep 1000"),
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/out"}],
    }
    reader = {
        **shell(
            "until grep -q hello /out/file; do sleep 0.1; done 2>/dev/null; cat /out/file;"
            "touch /out/x 2>/dev/null || echo read-only;"
            "df -m /mem | tail -1 | grep -o '^tmpfs *16';"
            "cat /proc/sys/net/ipv4/tcp_keepalive_time"
        ),
        "volumesFrom": [{"sourceContainer": "c0", "readOnly": True}],
        "linuxParameters": {"tmpfs": [{"containerPath": "/mem", "size": 16}]},
        "systemControls": [{"namespace": "net.ipv4.tcp_keepalive_time", "value": "500"}],
    }
    task = run(writer, reader, definition={"volumes": [{"name": "data", "host": {}}]})
    task = wait_until(engine, task["taskArn"], "STOPPED")
    assert container_of(task, "c1")["exitCode"] == 0
    found = [" ".join(line.split()) for line in log_lines(engine, task, "c1")]
    assert found == ["hello", "read-only", "tmpfs 16", "500"]
