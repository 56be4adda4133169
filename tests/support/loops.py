"""Loop devices whose files lie, or lay, in a folder: what disks of tasks are made of."""

import contextlib
import time
from pathlib import Path

_PATIENCE_SECONDS = 20.0


def loops_left(folder: Path) -> list[str]:
    """Those that are not gone soon.

    A process that is getting a mount namespace of its own, a container of whomever on this machine,
    has every mount for an instant longer than its owner.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := loops_over(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def loops_over(folder: Path) -> list[str]:
    """Their names, each with its file's."""
    found = []
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            file = path.read_text().strip()
            if file.startswith(f"{folder}/"):
                found.append(f"{path.parts[3]} {file}")
    return found
