"""The file that a node's HAProxy logs to: read, freed at its front, and kept from growing for ever.

HAProxy writes to its end and knows nothing else about it, so it goes on when the engine does not.
What was read is freed by a hole, and positions stay what they are. HAProxy may write so much more
than was freed (a limit of its process, moved on with each hole); then lines are dropped until there
is room again.
"""

import contextlib
import os
import resource
from pathlib import Path

from hostless.balancer.local import process
from hostless.kit.holes import punch

PIECE_BYTES = 8 << 20
MOST_BYTES = 512 << 20
"""What may wait to be read: more than half a million lines."""


def size_of(folder: Path) -> int:
    try:
        return (folder / process.LOG_FILE).stat().st_size
    except FileNotFoundError:
        return 0


def read(folder: Path, since: int) -> bytes:
    """Whole lines from a position on, at most PIECE_BYTES, which a loss of power leaves there."""
    try:
        file = os.open(folder / process.LOG_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        os.fsync(file)
        piece = os.pread(file, PIECE_BYTES, since)
    finally:
        os.close(file)
    return piece[: piece.rfind(b"\n") + 1]


def free(folder: Path, until: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        punch(folder / process.LOG_FILE, until)
    limit(folder, until)


def limit(folder: Path, freed_until: int) -> None:
    """Let a node's processes write so much more than was freed; new workers inherit the master's.

    Their hard limit stays: raising one takes more rights than root has everywhere.
    """
    master = process.find(folder)
    if master is None:
        return
    for pid in (master, *process.children_of(master)):
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            soft = freed_until + MOST_BYTES
            if hard != resource.RLIM_INFINITY:
                soft = min(soft, hard)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
