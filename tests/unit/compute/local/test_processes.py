"""Processes and signals."""

import os
import signal
import subprocess

import pytest

from hostless.compute.local import processes
from hostless.compute.local.processes import ProcessMark, signal_number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("SIGTERM", 15),
        ("TERM", 15),
        ("sigquit", 3),
        ("9", 9),
        ("SIGRTMIN+3", signal.SIGRTMIN + 3),
        ("SIGNONSENSE", 15),
        ("999", 15),
        ("SIGRTMIN+99", 15),
    ],
)
def test_signals_are_known_by_name_and_number(name: str, number: int) -> None:
    assert signal_number(name) == number


def test_a_process_is_told_from_a_later_one_of_the_same_number() -> None:
    mark = processes.find_mark(os.getpid())
    assert mark is not None
    assert processes.is_alive(mark)
    assert not processes.is_alive(ProcessMark(pid=mark.pid, started=mark.started - 1))
    assert not processes.send_signal(ProcessMark(pid=mark.pid, started=0), signal.SIGKILL)


def test_a_process_that_ended_but_was_not_reaped_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    mark = ProcessMark(pid=child.pid, started=0)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert processes.find_mark(child.pid) is None
    assert processes.wait_for_end(mark, 0)
    child.wait()


def test_the_end_of_a_process_is_waited_for() -> None:
    child = subprocess.Popen(["sleep", "60"])
    mark = processes.find_mark(child.pid)
    assert mark is not None
    assert not processes.wait_for_end(mark, 0.001)
    assert processes.send_signal(mark, signal.SIGKILL)
    assert processes.wait_for_end(mark, 10)
    child.wait()


def test_a_session_is_killed_with_all_its_children_and_a_shell_may_bury_them() -> None:
    line = "sh -c 'echo $$; sleep 60; true'; echo buried; sleep 60 & wait"
    shell = subprocess.Popen(["sh", "-c", line], start_new_session=True, stdout=subprocess.PIPE)
    mark = processes.find_mark(shell.pid)
    assert mark is not None
    assert shell.stdout is not None
    inner = int(shell.stdout.readline())
    processes.kill_session(mark)
    shell.wait(10)
    assert processes.find_mark(inner) is None
    assert shell.stdout.read() == b"buried\n", "also the end of file: nobody holds the pipe"
    shell.stdout.close()
    processes.kill_session(mark)


def test_what_began_a_session_of_its_own_outlives_the_one_it_came_from() -> None:
    line = "setsid sleep 60 >&- & echo $!; sleep 60"
    shell = subprocess.Popen(["sh", "-c", line], start_new_session=True, stdout=subprocess.PIPE)
    assert shell.stdout is not None
    apart = int(shell.stdout.readline())
    while b"sleep" not in processes.command_line(apart)[0].encode():
        assert shell.poll() is None
    mark = processes.find_mark(shell.pid)
    assert mark is not None
    processes.kill_session(mark)
    shell.wait(10)
    shell.stdout.close()
    left = processes.find_mark(apart)
    assert left is not None
    processes.send_signal(left, signal.SIGKILL)
