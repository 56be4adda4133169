"""One node's HAProxy as a process: begun in its namespace, found again, reloaded, ended.

A master that starts workers, in the background and with the node's folder as its own; it outlives
the engine.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hostless.balancer.local.log_lines import DESCRIPTOR
from hostless.balancer.seam import BalancingFailed

PROGRAM = "/usr/sbin/haproxy"
CONFIGURATION, PID_FILE, SAID_FILE = "haproxy.cfg", "pid", "said"
LOG_FILE = "access.log"
_BEGIN = f"""
exec {DESCRIPTOR}>&1 1>&2
while [ "$1" != -- ]; do echo $$ >"$1" || exit; shift; done
trap '' XFSZ; shift; exec "$@"
"""
"""The shell enters its control groups, and becomes the program. A file that has reached its limit
(`log_file`) takes no more lines, and nobody dies of it."""
START_SECONDS = 10.0
END_SECONDS = 5.0
PAUSE_SECONDS = 0.01


class Groups(Protocol):
    """Control groups that nodes live in, outside the engine's. Blocking."""

    def entrances(self, name: str) -> Sequence[Path]:
        """Files to which a process writes its id to be in the group of that name. Made."""

    def remove(self, name: str) -> None:
        """Take a group away with all that is in it. Idempotent. Raises OSError."""

    def remove_all(self) -> None: ...


async def check(folder: Path, configuration: str) -> None:
    """configuration: name of a file in the folder. Raises BalancingFailed."""
    await _run(folder, PROGRAM, "-C", str(folder), "-c", "-f", configuration)


async def start(folder: Path, namespace_path: str, entrances: Sequence[Path]) -> None:
    """Raises BalancingFailed. The process gets a file to log to, whether it is to log or not.

    entrances: of its control group.
    """
    where = ("nsenter", f"--net={namespace_path}")
    begin = ("/bin/sh", "-c", _BEGIN, "sh", *map(str, entrances), "--")
    own = ("-W", "-D", "-p", PID_FILE, "-C", str(folder), "-f", CONFIGURATION)
    with _opened_log(folder / LOG_FILE) as log:
        await _run(folder, *where, *begin, PROGRAM, *own, output=log)


@contextlib.contextmanager
def _opened_log(path: Path) -> Iterator[int]:
    """HAProxy takes the flag to append away, and goes on where the descriptor stands."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.lseek(log, 0, os.SEEK_END)
        yield log
    finally:
        os.close(log)


async def _run(folder: Path, *command: str, output: int | None = None) -> None:
    """What the program says goes to a file: a process that stays would keep a pipe open."""
    said = folder / SAID_FILE
    try:
        with said.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file if output is None else output,
                stderr=file,
            )
    except OSError as error:
        raise BalancingFailed(f"{command[0]} cannot be run: {error}") from error
    try:
        async with asyncio.timeout(START_SECONDS):
            code = await process.wait()
    except TimeoutError as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise BalancingFailed(f"{command[0]} does not come to an end") from error
    if code:
        lines = said.read_text(errors="replace").splitlines()
        alerts = [line for line in lines if "ALERT" in line]
        raise BalancingFailed("; ".join(alerts) or f"{command[0]} ended with {code}")


def find(folder: Path) -> int | None:
    """The master's process id; None when it does not run."""
    try:
        pid = int((folder / PID_FILE).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if _lives_in(pid, folder) else None


async def clear(folder: Path) -> None:
    """End workers whose master is gone: they would keep the ports."""
    for word in os.listdir("/proc"):
        if word.isdigit() and _lives_in(int(word), folder):
            await end(int(word))


def _lives_in(pid: int, folder: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder) and is_alive(pid)
    except OSError:
        return False


def has_log(pid: int, folder: Path) -> bool:
    """Whether it was given a file to log to: those of older engines were not."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{DESCRIPTOR}") == str(folder / LOG_FILE)
    except OSError:
        return False


def reload(pid: int) -> None:
    """Have new workers read the configuration; the old ones end with their connections."""
    os.kill(pid, signal.SIGUSR2)


async def end(pid: int) -> None:
    """The master and all its workers, at once."""
    everybody = (pid, *children_of(pid))
    for each in everybody:
        _send(each, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            while any(map(is_alive, everybody)):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(PAUSE_SECONDS)
    for each in everybody:
        _send(each, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def is_alive(pid: int) -> bool:
    """A zombie is not: nobody may be there to wait for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")
