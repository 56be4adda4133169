"""Where reading begins in a log file whose front was given back to the disk (`kit.holes`)."""

import os

HOLE_BYTES = 16 << 20
"""A hole is punched when this much more has been stored."""


def start_behind_holes(file: int) -> int:
    """Where reading a file anew begins: at 0, or at the first whole line behind its last hole."""
    size = os.fstat(file).st_size
    hole = os.lseek(file, 0, os.SEEK_HOLE) if size else 0
    if hole >= size:
        return 0
    try:
        start = os.lseek(file, hole, os.SEEK_DATA)
    except OSError:
        return size
    newline = os.pread(file, 1 << 20, start).find(b"\n")
    return size if newline < 0 else start + newline + 1
