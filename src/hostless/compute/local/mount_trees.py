"""System calls of mounts that are made before they have a place, and that change who owns files.

Nothing here knows of tasks. Needs Linux 5.12, and a file system that takes mappings of users (ext4,
xfs, btrfs). Raises OSError.
"""

import ctypes
import errno
import functools
import os
import select
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE = 1
_AT_EMPTY_PATH = 0x1000
_MOVE_MOUNT_F_EMPTY_PATH = 4
_MOUNT_ATTR_NODEV = 4
_MOUNT_ATTR_IDMAP = 0x100000
_RENAME_NOREPLACE = 1
_ENTRY_SECONDS = 10.0
IdLine = tuple[int, int]
"""The id on disk, and the id that processes have."""


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, subject: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), subject)
    return result


def clone_tree(folder: int) -> int:
    """A descriptor of a new mount of an open folder, without what is mounted below it."""
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_EMPTY_PATH
    return _checked(_libc().syscall(_OPEN_TREE, folder, b"", flags), "open_tree")


def restrict_tree(tree: int, namespace: int | None) -> None:
    """No device files; and ids as a user namespace maps them."""
    attributes = _MOUNT_ATTR_NODEV | (0 if namespace is None else _MOUNT_ATTR_IDMAP)
    given = struct.pack("QQQQ", attributes, 0, 0, namespace or 0)
    arguments = tree, b"", _AT_EMPTY_PATH, given, len(given)
    _checked(_libc().syscall(_MOUNT_SETATTR, *arguments), "mount_setattr")


def attach_tree(tree: int, target: Path) -> None:
    arguments = tree, b"", -100, bytes(target), _MOVE_MOUNT_F_EMPTY_PATH
    _checked(_libc().syscall(_MOVE_MOUNT, *arguments), str(target))


@contextmanager
def id_mapping(uids: Sequence[IdLine], gids: Sequence[IdLine]) -> Iterator[int]:
    """A user namespace that maps just these, none twice on either side."""
    # Nobody is in it: a process enters only for as long as its maps are written.
    with subprocess.Popen(
        ["unshare", "--user", "sh", "-c", "echo; read _"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _await_entry(process)
            for name, lines in (("uid_map", uids), ("gid_map", gids)):
                text = "".join(f"{disk} {seen} 1\n" for disk, seen in lines)
                with open(f"/proc/{process.pid}/{name}", "w", encoding="ascii") as file:
                    file.write(text)
            namespace = os.open(f"/proc/{process.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            process.kill()
    try:
        yield namespace
    finally:
        os.close(namespace)


def _await_entry(process: subprocess.Popen[bytes]) -> None:
    """Until it is in a namespace of its own, and says so."""
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], _ENTRY_SECONDS)[0]:
        raise OSError(errno.ETIMEDOUT, "a user namespace could not be had in time")
    if not process.stdout.readline():
        raise OSError(errno.EPERM, "a user namespace could not be had: unshare failed")


def rename_new(source: Path, folder: int, name: str) -> bool:
    """Move a folder into an open one; False when something of that name is there."""
    arguments = -100, bytes(source), folder, os.fsencode(name), _RENAME_NOREPLACE
    if _libc().renameat2(*arguments) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        return False
    _checked(-1, name)
    return False
