"""What runs of tests that were killed have left on this machine: engines, mounts, namespaces.

A run that is ended tears down what it made; one that is killed (`kill -9`, out of memory) cannot,
so the next one does it instead. Each process of a run holds a lock on a file that names its folder
and, line by line, what it made elsewhere. The kernel lets go of the lock when the process is gone,
however it went: whoever gets the lock knows that nobody lives there any more.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hostless.compute.local.balancer_groups import BalancerGroups
from hostless.compute.local.cgroups import find_tree
from hostless.domain.settings import Settings
from hostless.engine.purging import has_traces
from hostless.network.local import namespaces
from hostless.network.local.fabric import LocalFabric

CLAIMS = "/run/hostless-test-runs"
ELSEWHERE = "HOSTLESS_TEST_CLAIMS"
"""Where a run keeps its file that is neither to see other runs nor to be seen by them."""
OWN_CLAIMS = "claims"
"""Their folder, in that of a test."""
VARIABLE = "HOSTLESS_TEST_RUN"
"""Where this process finds the file that it holds."""
DEPTH = 4
"""Of a test's engine's folder below its run's: worker, test, and two that a test may make."""
SERVERS = ("hostless", "docker-registry", "haproxy", "conmon")
PURGE_SECONDS = 120


def claims_folder() -> Path:
    return Path(os.environ.get(ELSEWHERE, CLAIMS))


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Until the end this process is known to live in the folder."""
    claims = claims_folder()
    claims.mkdir(exist_ok=True)
    name = secrets.token_hex(4)
    unborn, claim = claims / f".{name}", claims / name
    with unborn.open("x") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{folder}\n")
        file.flush()
        unborn.rename(claim)
        os.environ[VARIABLE] = str(claim)
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            if not _mounts_below(folder):  # else it was cut off in the middle of tearing down
                claim.unlink()


def new_name() -> str:
    """Eight hexadecimal digits for what is made outside of folders: namespaces, engines."""
    name = secrets.token_hex(4)
    if claim := os.environ.get(VARIABLE):
        with open(claim, "a") as file:
            file.write(f"{name}\n")
    return name


def clear_ended_runs() -> list[str]:
    """Take away what killed runs left; their folders."""
    for rubbish in Path(tempfile.gettempdir()).glob("pytest-of-*/garbage-*"):
        _unmount_below(rubbish)  # pytest is removing it, and fails at mount points
    return _clear_claims(claims_folder())


def _clear_claims(claims: Path) -> list[str]:
    cleared = []
    for claim in claims.glob("[!.]*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), claim.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if claim.exists():  # nobody else has cleared it meanwhile
                folder, *names = file.read().splitlines()
                _clear(Path(folder), names)
                claim.unlink()
                cleared.append(folder)
    return cleared


def _clear(folder: Path, names: list[str]) -> None:
    _kill_servers(folder)
    for claims in folder.glob(f"*/{OWN_CLAIMS}"):
        _clear_claims(claims)
    for state_dir in _folders_below(folder, DEPTH):
        if has_traces(Settings(state_dir=str(state_dir)).engine_id):
            _purge(state_dir)
    for name in names:
        if has_traces(name):
            BalancerGroups(find_tree(), name).remove_all()
            asyncio.run(LocalFabric(name, "us-east-1").purge())
        for namespace in namespaces.names():
            if name in namespace:
                namespaces.drop(namespace)
    _unmount_below(folder)
    if not _mounts_below(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _kill_servers(folder: Path) -> None:
    """Processes that name the folder on their command line; of the kinds that tests start."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name = (process / "comm").read_text().strip()
            command = os.fsdecode((process / "cmdline").read_bytes())
            if name in SERVERS and f"{folder}/" in command:
                os.kill(int(process.name), signal.SIGKILL)


def _folders_below(folder: Path, depth: int) -> Iterator[Path]:
    """Not below mount points: what is there belongs to an engine whose folder is above."""
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink() and not entry.is_mount():
                yield entry
                if depth > 1:
                    yield from _folders_below(entry, depth - 1)


def _purge(state_dir: Path) -> None:
    """A folder that only a backend lived in keeps what was mounted there: that goes afterwards."""
    program = Path(sys.executable).parent / "hostless"
    command = [program, "down", "--purge", "--state-dir", state_dir]
    subprocess.run(command, check=False, capture_output=True, timeout=PURGE_SECONDS)


def _unmount_below(folder: Path) -> None:
    for mount in reversed(_mounts_below(folder)):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
    points = [line.split()[4].replace("\\040", " ") for line in lines]
    return [point for point in points if point.startswith(f"{folder}/")]
