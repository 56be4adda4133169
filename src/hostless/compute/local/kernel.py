"""System calls that Python's standard library lacks: mount, umount, openat2, inotify.

Nothing here knows of tasks or containers. All calls are quick and block at most on the disk, but
for unmounting, which may wait for the kernel to write.
"""

import ctypes
import errno
import functools
import os
import struct
from collections.abc import Iterator
from pathlib import Path

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2
_UMOUNT_NOFOLLOW = 8
_OPENAT2 = 437
_RESOLVE_IN_ROOT = 0x10
_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
IN_CLOSE_WRITE = 0x8
IN_MOVED_TO = 0x80
_EVENT = struct.Struct("iIII")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _raise_errno(subject: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), subject)


def mount(source: str, target: Path, kind: str, flags: int = 0, options: str = "") -> None:
    """mount(2). Raises OSError with the target's name."""
    arguments = source.encode(), bytes(target), kind.encode(), flags, options.encode()
    if _libc().mount(*arguments) != 0:
        _raise_errno(str(target))


def make_private(target: Path) -> None:
    """Keep a mount, and what is mounted below it, from spreading to other mount namespaces."""
    if _libc().mount(b"none", bytes(target), None, _MS_PRIVATE, None) != 0:
        _raise_errno(str(target))


def unmount(target: Path) -> bool:
    """Take the topmost mount at `target` away, at once for new users of the path.

    False when nothing was mounted there. Raises OSError otherwise.
    """
    if _libc().umount2(bytes(target), _MNT_DETACH | _UMOUNT_NOFOLLOW) == 0:
        return True
    if ctypes.get_errno() in (errno.EINVAL, errno.ENOENT):
        return False
    _raise_errno(str(target))
    return False


def mounts_below(folder: Path) -> list[Path]:
    """Every mount point at or below `folder`, deepest first, a doubled one twice."""
    prefix = str(folder)
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            point = line.split(" ", 5)[4].replace("\\040", " ").replace("\\134", "\\")
            if point == prefix or point.startswith(prefix + "/"):
                found.append(Path(point))
    return sorted(found, key=lambda path: len(path.parts), reverse=True)


def open_in_root(root: int, path: str, flags: int) -> int:
    """Open `path` as a process whose root folder is the descriptor `root` would see it.

    Symbolic links, also absolute ones, and `..` never lead out. Raises OSError.
    """
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, _RESOLVE_IN_ROOT)
    found: int = _libc().syscall(_OPENAT2, root, os.fsencode(path), how, len(how))
    if found < 0:
        _raise_errno(path)
    return found


class FolderWatch:
    """Names of files that appear in a folder: by default those renamed into it, when whole."""

    def __init__(self, folder: Path, events: int = IN_MOVED_TO) -> None:
        self.descriptor: int = _libc().inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        if self.descriptor < 0:
            _raise_errno("inotify")
        if _libc().inotify_add_watch(self.descriptor, bytes(folder), events) < 0:
            os.close(self.descriptor)
            _raise_errno(str(folder))

    def names(self) -> Iterator[str]:
        """What appeared since the last call; never waits."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            length = _EVENT.unpack_from(data, offset)[3]
            start = offset + _EVENT.size
            yield os.fsdecode(data[start : start + length].rstrip(b"\0"))
            offset = start + length

    def close(self) -> None:
        os.close(self.descriptor)
