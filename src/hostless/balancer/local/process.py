"""One node's HAProxy as a process: begun in its namespace, found again, reloaded, ended.

A master that starts workers, in the background and with the node's folder as its own; it outlives
the engine.
"""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from hostless.balancer.seam import BalancingFailed

PROGRAM = "/usr/sbin/haproxy"
CONFIGURATION, PID_FILE, SAID_FILE = "haproxy.cfg", "pid", "said"
START_SECONDS = 10.0
END_SECONDS = 5.0
PAUSE_SECONDS = 0.01


async def check(folder: Path, configuration: str) -> None:
    """configuration: name of a file in the folder. Raises BalancingFailed."""
    await _run(folder, PROGRAM, "-C", str(folder), "-c", "-f", configuration)


async def start(folder: Path, namespace_path: str) -> None:
    """Raises BalancingFailed."""
    where = ("nsenter", f"--net={namespace_path}")
    own = ("-W", "-D", "-p", PID_FILE, "-C", str(folder), "-f", CONFIGURATION)
    await _run(folder, *where, PROGRAM, *own)


async def _run(folder: Path, *command: str) -> None:
    """What the program says goes to a file: a process that stays would keep a pipe open."""
    said = folder / SAID_FILE
    try:
        with said.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file
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
