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
