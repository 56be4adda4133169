"""The command line against a real engine with real containers."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.engine import PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
LIMIT_SECONDS = 30.0
IDLE = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1000 & wait $!; done")
"""Does nothing until it is told to stop, and then stops at once."""
OUTDATED_SIZE = {"LINES": "24", "COLUMNS": "80"}
"""As readline exports it into every process that imports it."""


@pytest.fixture
def task(engine: RunningEngine, image: str) -> str:
    """The id of a task that idles."""
    return engine.cli("run", image, "--name", "cli", "--", *IDLE).stdout.strip()


class Terminal:
    """A hostless command on a terminal of its own."""

    def __init__(self, engine: RunningEngine, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = b""
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, **engine.environment, "TERM": "xterm", **OUTDATED_SIZE},
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while text.encode() not in self.seen:
            ready, _, _ = select.select([self._ours], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} did not appear: {self.seen!r}"
            self.seen += os.read(self._ours, 4096)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def shell(engine: RunningEngine, task: str) -> Iterator[Terminal]:
    terminal = Terminal(engine, "exec", "-it", task, "--", "sh")
    yield terminal
    terminal.close()


def test_run_prints_the_id_of_a_task_that_runs(engine: RunningEngine, task: str) -> None:
    [shown] = json.loads(engine.cli("ps", "--json").stdout)
    assert shown["taskArn"].endswith(task)
    assert shown["lastStatus"] == "RUNNING"
    assert task[:8] in engine.cli("ps").stdout


def test_run_that_follows_prints_the_output_and_ends_with_the_code(
    engine: RunningEngine, image: str
) -> None:
    script = "echo out; echo err >&2; exit 42"
    run = engine.cli("run", "--follow", image, "--", "sh", "-c", script, check=False)
    assert run.returncode == 42
    assert sorted(run.stdout.split()) == ["err", "out"]


def test_run_of_an_image_that_is_not_there_says_what_to_check(
    engine: RunningEngine, registry: str
) -> None:
    run = engine.cli("run", f"{registry}/nope:1", check=False)
    assert run.returncode == 1
    assert "could not pull the image" in run.stderr
    assert "Check the name and tag" in run.stderr


def test_environment_entry_point_and_command_reach_the_container(
    engine: RunningEngine, image: str
) -> None:
    flags = ("-e", "COLOUR=blue", "--entry-point", "sh -c", "--command", "'echo $COLOUR'")
    assert engine.cli("run", "-f", image, *flags).stdout == "blue\n"


def test_exec_keeps_streams_apart_and_passes_the_code_on(engine: RunningEngine, task: str) -> None:
    script = "echo out; echo err >&2; exit 9"
    run = engine.cli("exec", task[:6], "--", "sh", "-c", script, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (9, "out\n", "err\n")


def test_exec_hands_binary_input_over_to_the_last_byte(
    engine: RunningEngine, task: str, tmp_path: Path
) -> None:
    sent = os.urandom(3_000_000)
    (tmp_path / "input").write_bytes(sent)
    with (tmp_path / "input").open("rb") as source:
        run = subprocess.run(
            [PROGRAM, "exec", "-i", task, "--", "cat"],
            stdin=source,
            capture_output=True,
            timeout=LIMIT_SECONDS,
            env={**os.environ, **engine.environment},
        )
    assert run.returncode == 0, run.stderr
    assert run.stdout == sent


def test_exec_of_a_command_that_is_not_there_is_no_success(
    engine: RunningEngine, task: str
) -> None:
    run = engine.cli("exec", task, "--", "/no/such/command", check=False)
    assert run.returncode in (125, 126, 127)
    assert "/no/such/command" in run.stderr


def test_a_shell_has_a_terminal_of_the_windows_size(shell: Terminal) -> None:
    shell.wait_for("# ")
    shell.resize(33, 99)
    shell.type(
        'while [ "$(stty size)" != "33 $((90 + 9))" ]; do sleep 0.05; done; stty size; tty\n'
    )
    shell.wait_for("33 99")
    shell.wait_for("/dev/pts/")
    shell.type("exit 4\n")
    assert shell.process.wait(LIMIT_SECONDS) == 4


def test_ctrl_c_in_a_shell_interrupts_the_command_and_not_the_shell(shell: Terminal) -> None:
    shell.wait_for("# ")
    shell.type("sh -c 'echo begin$((40+2)); exec sleep 1000'\n")
    shell.wait_for("begin42")
    shell.type("\x03")
    shell.type("echo code $?; exit 0\n")
    shell.wait_for("code 130")
    assert shell.process.wait(LIMIT_SECONDS) == 0


def test_a_command_ends_when_its_client_is_killed(engine: RunningEngine, task: str) -> None:
    client = subprocess.Popen(
        [PROGRAM, "exec", task, "--", "sleep", "777"], env={**os.environ, **engine.environment}
    )

    def sleepers() -> list[str]:
        lines = engine.cli("exec", task, "--", "ps").stdout.splitlines()
        return [line for line in lines if "sleep 777" in line]

    wait_for(sleepers, LIMIT_SECONDS, "the command")
    client.kill()
    client.wait()
    wait_for(lambda: not sleepers(), LIMIT_SECONDS, "the command's end")


def test_exec_is_refused_where_it_was_not_enabled(engine: RunningEngine, image: str) -> None:
    task = engine.cli("run", "--no-exec", image, "--", *IDLE).stdout.strip()
    run = engine.cli("exec", task, "--", "true", check=False)
    assert run.returncode == 125
    assert "execute command was not enabled" in run.stderr


def test_stop_waits_and_shows_the_exit_code(engine: RunningEngine, image: str) -> None:
    script = "trap 'exit 17' TERM; while true; do sleep 0.05; done"
    task = engine.cli("run", image, "--name", "cli", "--", "sh", "-c", script).stdout.strip()
    assert engine.cli("stop", task[:8]).stdout == f"{task[:8]}  STOPPED  cli 17\n"
    story = engine.cli("describe", task).stdout
    assert "stopping: Task stopped by user" in story


def test_logs_follow_a_task_to_its_end(engine: RunningEngine, image: str) -> None:
    script = "for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done"
    task = engine.cli("run", "-d", image, "--", "sh", "-c", script).stdout.strip()
    lines = engine.cli("logs", "-f", task).stdout
    assert lines == "".join(f"line {number}\n" for number in range(1, 6))
    assert engine.cli("logs", "-n", "2", task).stdout == "line 4\nline 5\n"


def test_a_second_engine_on_the_folder_is_told_where_the_first_is(engine: RunningEngine) -> None:
    second = engine.cli("up", "--state-dir", engine.state_dir, check=False)
    assert second.returncode == 1
    assert engine.endpoint in second.stderr
    assert second.stdout == ""
