"""A container's root file system: the image's layers below, a writable folder above.

The writable layer is a plain folder of the state disk: `ephemeralStorage` is not held as a limit
yet, a task can fill the disk that the state folder is on. Paths inside are resolved as the
container would see them, so that links in an image lead nowhere else.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from hostless.compute.local.folders import ContainerFolder
from hostless.compute.local.kernel import mount, open_in_root, unmount

_LONGEST_OPTIONS = 4000
"""mount(2) takes one page."""


class BadWorkingDirectory(Exception):
    """The message is Docker's."""


def mount_root(folder: ContainerFolder, layers: Sequence[Path]) -> None:
    """Mount the overlay unless it is there. layers: the lowest first. Raises OSError."""
    for path in (folder.upper, folder.work, folder.root):
        path.mkdir(parents=True, exist_ok=True)
    if os.path.ismount(folder.root):
        return
    upper = f"upperdir={_escaped(folder.upper)},workdir={_escaped(folder.work)}"
    lower = ":".join(_escaped(layer) for layer in reversed(layers))
    if len(lower) + len(upper) < _LONGEST_OPTIONS:
        mount("overlay", folder.root, "overlay", options=f"lowerdir={lower},{upper}")
        return
    with ExitStack() as opened:
        names = []
        for layer in reversed(layers):
            descriptor = os.open(layer, os.O_PATH | os.O_DIRECTORY)
            opened.callback(os.close, descriptor)
            names.append(f"/proc/self/fd/{descriptor}")
        mount("overlay", folder.root, "overlay", options=f"lowerdir={':'.join(names)},{upper}")


def unmount_root(folder: ContainerFolder) -> None:
    while unmount(folder.root):
        pass


def _escaped(path: Path) -> str:
    text = str(path).replace("\\", "\\\\")
    return text.replace(":", "\\:").replace(",", "\\,")


def read_inside(root: Path, path: str, limit: int = 1 << 20) -> str:
    """The text of a file of the container; empty when it is not there or no plain file."""
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        found = open_in_root(descriptor, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    with os.fdopen(found, "rb") as file:
        if not os.path.isfile(f"/proc/self/fd/{found}"):
            return ""
        return file.read(limit).decode(errors="replace")


def make_working_directory(root: Path, path: str) -> None:
    """Have the folder, as Docker does. Raises BadWorkingDirectory."""
    if not path.startswith("/"):
        raise BadWorkingDirectory(
            f"the working directory '{path}' is invalid, it needs to be an absolute path"
        )
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        for depth in range(1, len(PurePosixPath(path).parts)):
            _make_one(descriptor, "/".join(PurePosixPath(path).parts[1 : depth + 1]), path)
    finally:
        os.close(descriptor)


def _make_one(root: int, path: str, whole: str) -> None:
    try:
        os.close(open_in_root(root, path, os.O_PATH | os.O_DIRECTORY))
    except FileNotFoundError:
        parent, _, name = path.rpartition("/")
        above = open_in_root(root, parent or ".", os.O_PATH | os.O_DIRECTORY)
        try:
            os.mkdir(name, 0o755, dir_fd=above)
        finally:
            os.close(above)
    except NotADirectoryError:
        raise BadWorkingDirectory(
            f'chdir to cwd ("{whole}") set in config.json failed: not a directory'
        ) from None
