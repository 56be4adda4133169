"""Processes of the machine, told apart from later ones with the same number."""

import contextlib
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """started: clock ticks after boot, from /proc/PID/stat; makes a recycled pid known."""

    pid: int
    started: int


def find_mark(pid: int) -> ProcessMark | None:
    """None when there is no such process, or it has ended and waits for its parent."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else ProcessMark(pid=pid, started=int(fields[19]))


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
    found = getattr(signal, f"SIG{base}", signal.SIGTERM)
    return int(found) + (int(offset) if plus and offset.isdecimal() else 0)
