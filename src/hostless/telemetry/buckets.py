"""Buckets to deliver files to, in place of S3: each folder in one folder is a bucket.

Whoever wants a bucket makes the folder; here files are written to buckets that are there. Which
files, and what is in them, is their writers' business.
"""

import asyncio
import contextlib
import os
from pathlib import Path


class BucketUnusable(Exception):
    """There is no such bucket, or it cannot be written to; `reason` is for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Buckets:
    """root: absolute folder; need not be there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write a file, whole or not at all, over one of that name; on disk when this returns.

        bucket: one part of a path. key: parts with `/` between, none of which leads out. Raises
        BucketUnusable.
        """
        try:
            await asyncio.to_thread(_write, self._root / bucket, key, content)
        except OSError as error:
            raise BucketUnusable(f"{self._root / bucket}: {error.strerror}") from error


def _write(bucket: Path, key: str, content: bytes) -> None:
    """An unfinished file has a name with a dot before it, and is written over the next time."""
    if not bucket.is_dir():
        raise FileNotFoundError(2, "there is no such folder")
    path = bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
    for folder in (path.parent, *path.parent.parents):
        _sync_folder(folder)
        if folder == bucket:
            return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
