"""A folder that belongs to one engine, and to the processes it has started.

The lock is on the open file, which child processes inherit: it is free again when the last of them
is gone, so a new engine never sweeps a folder into which an unpacker of its dead predecessor
still writes.
"""

import asyncio
import fcntl
import os
from pathlib import Path

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.02


class FolderTaken(Exception):
    """Another engine uses the folder."""


class FolderLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def file(self) -> int:
        """To be inherited by a child process that may write."""
        assert self._file is not None, "the folder is not open"
        return self._file

    async def take(self) -> None:
        """Raises FolderTaken after a while."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await asyncio.wait_for(_take(file), WAIT_SECONDS)
            self._file = file
        except TimeoutError as error:
            raise FolderTaken(f"{self._path.parent} is used by another engine") from error
        finally:
            if self._file is None:
                os.close(file)

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


async def _take(file: int) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(POLL_SECONDS)
        else:
            return
