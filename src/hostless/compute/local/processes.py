"""Processes of the machine, told apart from later ones with the same number."""

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KILL_ROUNDS = 20
GENTLE_ROUNDS = 3
_ROUND_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """started: clock ticks after boot, from /proc/PID/stat; makes a recycled pid known."""

    pid: int
    started: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    mark: ProcessMark
    parent: int
    session: int


def find_mark(pid: int) -> ProcessMark | None:
    """None when there is no such process, or it has ended and waits for its parent."""
    row = _row_of(pid)
    return None if row is None else row.mark


def _stat_of(pid: int) -> list[str] | None:
    """From the state on (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def children_of(pid: int) -> list[ProcessMark]:
    return [row.mark for row in _rows() if row.parent == pid]


def is_alive(mark: ProcessMark) -> bool:
    return find_mark(mark.pid) == mark


def open_process(mark: ProcessMark) -> int | None:
    """A pidfd that turns readable when the process ends; None when it has ended."""
    try:
        descriptor = os.pidfd_open(mark.pid)
    except ProcessLookupError:
        return None
    if is_alive(mark):
        return descriptor
    os.close(descriptor)
    return None


def send_signal(mark: ProcessMark, number: int) -> bool:
    """False when the process has ended."""
    descriptor = open_process(mark)
    if descriptor is None:
        return False
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def kill_session(mark: ProcessMark) -> None:
    """SIGKILL a process and all others of its session; nothing when it has ended. Blocking.

    Only for a session of the process's own; what has begun one of its own since is left alone. At
    first only those go that wait for nobody, so that a shell can bury its child and end by itself:
    a container's first program seldom buries what is left to it. What is born meanwhile is met in
    the next of KILL_ROUNDS rounds.
    """
    first = _row_of(mark.pid)
    if first is None or not is_alive(mark):
        return
    for round_number in range(KILL_ROUNDS):
        members = _members_of(first.session)
        if not members:
            return
        parents = {row.parent for row in members}
        for row in members:
            if row.mark.pid not in parents or round_number >= GENTLE_ROUNDS:
                send_signal(row.mark, signal.SIGKILL)
        wait_for_end(mark, _ROUND_SECONDS)


def _row_of(pid: int) -> _Row | None:
    fields = _stat_of(pid)
    if fields is None or fields[0] in "ZX":
        return None
    mark = ProcessMark(pid=pid, started=int(fields[19]))
    return _Row(mark=mark, parent=int(fields[1]), session=int(fields[3]))


def _members_of(session: int) -> list[_Row]:
    return [row for row in _rows() if row.session == session]


def _rows() -> Iterator[_Row]:
    for pid in all_pids():
        row = _row_of(pid)
        if row is not None:
            yield row


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def wait_for_end(mark: ProcessMark, seconds: float) -> bool:
    """Block until the process has ended, for `seconds` at most."""
    descriptor = open_process(mark)
    if descriptor is None:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def command_line(pid: int) -> tuple[str, ...]:
    """Empty for a process that has ended."""
    with contextlib.suppress(OSError):
        return tuple(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0"))
    return ()


def signal_number(name: str) -> int:
    """`SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`; SIGTERM for what nobody knows."""
    if name.isdecimal():
        return int(name) if 0 < int(name) < signal.NSIG else signal.SIGTERM
    base, plus, offset = name.upper().removeprefix("SIG").partition("+")
    found = int(getattr(signal, f"SIG{base}", signal.SIGTERM))
    number = found + (int(offset) if plus and offset.isdecimal() else 0)
    return number if 0 < number < signal.NSIG else signal.SIGTERM
