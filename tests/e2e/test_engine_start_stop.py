"""`hostless up`: what keeps it from starting is told; it stops whenever it is told to."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import run_on, wait_until
from tests.support.engine import PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
STUBBORN = {
    "entryPoint": ["sh", "-c"],
    "command": ["trap '' TERM; while true; do sleep 1; done"],
    "stopTimeout": 100,
}


def refused(engine: RunningEngine, *flags: str) -> tuple[int, str]:
    """Exit code and what is said of an engine that does not start."""
    process = engine.spawn(*flags)
    code = process.wait(30)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read() == b""
    said = engine.log.read_text()
    engine.log.unlink()
    assert "Traceback" not in said
    return code, said


def test_a_port_that_is_taken(own_engine: RunningEngine) -> None:
    with socket.create_server(("127.0.0.1", own_engine.port)):
        assert refused(own_engine) == (
            1,
            f"hostless: cannot listen at 127.0.0.1:{own_engine.port}: Address already in use\n"
            "  Stop what listens there, or name another address with --listen.\n",
        )
    assert set(own_engine.remains()) == {"state"}
    own_engine.start()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine(own_engine: RunningEngine, host: str) -> None:
    code, said = refused(own_engine, "--listen", f"{host}:80")
    assert code == 1
    assert said.startswith(f"hostless: cannot listen at {host}:80: ")


def test_a_state_folder_that_another_engine_uses(engine: RunningEngine, tmp_path: Path) -> None:
    second = RunningEngine(engine.state_dir)
    second.log = tmp_path / "log"
    assert refused(second) == (
        1,
        f"hostless: an engine runs on {engine.state_dir} already at {engine.endpoint}\n"
        "  Use it, stop it with `hostless down`, or name another --state-dir.\n",
    )


def test_a_range_that_is_taken_and_then_one_that_is_free(
    engine: RunningEngine, own_engine: RunningEngine
) -> None:
    free, own_engine.cidr = own_engine.cidr, engine.cidr
    code, said = refused(own_engine)
    assert code == 1
    assert said.startswith(f"hostless: The VPC's range {engine.cidr} overlaps {engine.cidr}, which")
    assert "--vpc-cidr" in said
    own_engine.cidr = free
    own_engine.start()
    [vpc] = own_engine.client("ec2").describe_vpcs()["Vpcs"]
    assert vpc["CidrBlock"] == free


def test_a_folder_that_is_no_state_folder(own_engine: RunningEngine) -> None:
    own_engine.state_dir.mkdir()
    thesis = own_engine.state_dir / "thesis.txt"
    thesis.touch()
    code, said = refused(own_engine)
    assert (code, "holds files that are not hostless's" in said) == (1, True)
    thesis.unlink()


def test_a_database_that_is_none(own_engine: RunningEngine) -> None:
    own_engine.state_dir.mkdir()
    (own_engine.state_dir / "engine.lock").touch()
    (own_engine.state_dir / "store.db").write_bytes(b"no database" * 1000)
    code, said = refused(own_engine)
    assert (code, "store.db: file is not a database" in said) == (1, True)


def test_somebody_who_is_not_root(tmp_path: Path) -> None:
    """Only what the process says of itself is changed: another user may not read this folder."""
    script = (
        "import os, sys; from hostless.main import main; os.geteuid = lambda: 65534; "
        "sys.argv = ['hostless', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", script, "up", "--state-dir", tmp_path / "state"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "real containers need root: start with sudo, or try --backend simulated" in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("sign", ["engine.lock", "engine.json", "store.db", "images", "compute"])
def test_told_to_stop_while_it_starts(own_engine: RunningEngine, sign: str) -> None:
    """SIGTERM as soon as the start has come to some point: a clean end, and no line `ready`."""
    process = own_engine.spawn()
    wait_for((own_engine.state_dir / sign).exists, what=sign)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read() == b""
    assert own_engine.log.read_text() == ""
    own_engine.purge()
    assert not own_engine.remains()


def test_down_stops_an_engine_that_is_just_starting(own_engine: RunningEngine) -> None:
    process = own_engine.spawn()
    wait_for((own_engine.state_dir / "engine.json").exists, what="the record")
    said = own_engine.cli("down", "--purge", "--state-dir", own_engine.state_dir).stdout
    assert said.startswith("engine stopped\npurged")
    assert process.wait(5) == 0
    assert process.stdout is not None
    process.stdout.close()
    assert not own_engine.remains()


def test_the_second_signal_ends_the_waiting_for_tasks(
    own_engine: RunningEngine, image: str
) -> None:
    own_engine.start("--stop-tasks")
    ecs = own_engine.client("ecs")
    ecs.create_cluster()
    own_engine.client("logs").create_log_group(logGroupName="/test/tasks")
    arn = run_on(own_engine, image, STUBBORN)["taskArn"]
    wait_until(own_engine, arn, "RUNNING")
    process = own_engine.process
    assert process is not None
    process.send_signal(signal.SIGTERM)

    def shown() -> Any:
        return ecs.describe_tasks(tasks=[arn])["tasks"][0]

    wait_for(lambda: shown()["desiredStatus"] == "STOPPED", what="the task is told to stop")
    assert process.poll() is None
    assert own_engine.stop() == 0
    assert "told to hurry" in own_engine.log.read_text()
    own_engine.start()
    assert shown()["lastStatus"] in ("DEACTIVATING", "STOPPING")


def test_help_says_what_a_second_signal_does() -> None:
    done = subprocess.run([PROGRAM, "up", "--help"], capture_output=True, text=True, check=True)
    assert "A second signal" in done.stdout
