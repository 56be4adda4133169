"""A container's root file system: the image's layers below, a folder of its task's disk above.

Paths inside are resolved as the container would see them, so that links in an image lead nowhere
else.
"""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hostless.compute.local.folders import ContainerFolder
from hostless.compute.local.kernel import mount, open_in_root, unmount

_LONGEST_OPTIONS = 4000
"""mount(2) takes one page."""
_MOST_LINKS = 40
"""As many as the kernel follows."""


class BadWorkingDirectory(Exception):
    """The message is Docker's."""


def mount_root(folder: ContainerFolder, layers: Sequence[Path]) -> None:
    """Mount the overlay; the folders above its paths are there. layers: the lowest first.

    Raises OSError.
    """
    for path in (folder.upper, folder.work, folder.root):
        path.mkdir(exist_ok=True)
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
        found = open_in_root(descriptor, path, os.O_PATH)  # a device is not opened by looking
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            return ""
        with open(f"/proc/self/fd/{found}", "rb") as file:
            return file.read(limit).decode(errors="replace")
    finally:
        os.close(found)


def make_working_directory(root: Path, path: str) -> None:
    """Have the folder, as Docker does. Raises BadWorkingDirectory."""
    if not path.startswith("/"):
        raise BadWorkingDirectory(
            f"the working directory '{path}' is invalid, it needs to be an absolute path"
        )
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        _make_folders(descriptor, path, _MOST_LINKS)
    except NotADirectoryError:
        raise BadWorkingDirectory(
            f'chdir to cwd ("{path}") set in config.json failed: not a directory'
        ) from None
    finally:
        os.close(descriptor)


def _make_folders(root: int, path: str, links_left: int) -> None:
    """mkdir -p; a link that leads nowhere gets its target made."""
    parts = [part for part in path.split("/") if part]
    for depth in range(1, len(parts) + 1):
        try:
            os.close(open_in_root(root, "/".join(parts[:depth]), os.O_PATH | os.O_DIRECTORY))
        except FileNotFoundError:
            _make_folder(root, "/".join(parts[: depth - 1]), parts[depth - 1], links_left)


def _make_folder(root: int, parent: str, name: str, links_left: int) -> None:
    above = open_in_root(root, parent or ".", os.O_PATH | os.O_DIRECTORY)
    try:
        os.mkdir(name, 0o755, dir_fd=above)
    except FileExistsError:
        target = os.readlink(name, dir_fd=above)
        if links_left == 0:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        inside = target if target.startswith("/") else f"{parent}/{target}"
        _make_folders(root, inside, links_left - 1)
    finally:
        os.close(above)
