"""The files of control groups, read: numbers, and words with numbers behind them.

A file that is not there, or no longer, has nothing in it. Which files there are is
`cgroups`' business.
"""

import errno
import os
from pathlib import Path

_CHUNK = 1 << 16
_LOOP = "7:"
"""How the lines of loop devices begin: their major number."""


def read(path: Path | str) -> str:
    try:
        return _bytes_of(str(path)).decode()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV):
            return ""
        raise


def _bytes_of(path: str) -> bytes:
    """A quarter of what pathlib takes; accounts are read by the thousand."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = data = os.read(descriptor, _CHUNK)
        while len(data) == _CHUNK:
            data = os.read(descriptor, _CHUNK)
            found += data
        return found
    finally:
        os.close(descriptor)


def number(path: str) -> int:
    """0 where there is none, or no limit (`max`)."""
    text = read(path).strip()
    return int(text) if text.isdigit() else 0


def field(path: Path | str, name: str) -> int:
    """The number behind `name` in a file of `name number` lines; 0 when there is none."""
    return field_in(read(path), name)


def field_in(text: str, name: str) -> int:
    begin = 0 if text.startswith(f"{name} ") else text.find(f"\n{name} ") + 1
    if not begin and not text.startswith(f"{name} "):
        return 0
    return int(text[begin + len(name) : text.find("\n", begin)] or 0)


def summed(text: str, *before: str) -> tuple[int, int]:
    """Of all devices, the numbers that come behind each of two words; each I/O once.

    Loop devices are left out: what is done to a task's disk is done to the device below it too, and
    the kernel has the same group pay for that (`loop_queue_rq` keeps it).
    """
    if text.startswith(_LOOP) or f"\n{_LOOP}" in text:
        text = "\n".join(line for line in text.splitlines() if not line.startswith(_LOOP))
    first, second = (
        sum(int(part.split(None, 1)[0]) for part in text.split(word)[1:]) for word in before
    )
    return first, second
