"""Folders of file systems on this machine: `efs/<id>/files`, below the backend's root folder.

What is in them is written by tasks and is not to be trusted: no depth, no link and no mount in it
keeps it from being measured and removed, or leads out of it. Mounting is in `shared_mounts`.
"""

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path


class LocalFileSystems:
    """root: the folder of all of them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def have(self, id_: str) -> None:
        folder = files_folder(self._root, id_)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)

    async def remove(self, id_: str) -> None:
        """Out of sight first, so that nobody mounts what is half gone."""
        gone = self._root / f".{id_}"
        with contextlib.suppress(FileNotFoundError):
            (self._root / id_).rename(gone)
        await _run("rm", "-rf", "--one-file-system", "--", str(gone))

    async def size(self, id_: str) -> int:
        """As du(1) counts: blocks of files and folders, a file of several names once."""
        folder = files_folder(self._root, id_)
        output = await _run("nice", "-n", "19", "du", "-sx", "--block-size=1", "--", str(folder))
        return int(output.split(b"\t", 1)[0])

    async def ids(self) -> frozenset[str]:
        """One that is half removed counts."""
        try:
            return frozenset(name.removeprefix(".") for name in os.listdir(self._root))
        except FileNotFoundError:
            return frozenset()


def files_folder(root: Path, id_: str) -> Path:
    """What a task sees as the file system's root. Beside it is room for drafts."""
    return root / id_ / "files"


async def _run(*command: str) -> bytes:
    """Its output. Raises OSError when it fails; ended when it is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode and not output:
        raise OSError(f"{command[0]}: {errors.decode(errors='replace').strip()}")
    return output
