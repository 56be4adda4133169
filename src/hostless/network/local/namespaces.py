"""Network namespaces with names, as `ip netns` keeps them: files under /run/netns.

A namespace lives as long as something holds it: a process, a socket, or the mount on its file.
Everything here acts on the calling thread alone; the event loop's thread must never call it.
(`os.setns` comes with Python 3.12, hence ctypes.)
"""

import ctypes
import errno
import fcntl
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

FOLDER = Path("/run/netns")
THIS_THREADS = "/proc/thread-self/ns/net"
CLONE_NEWNET = 0x40000000
MS_BIND, MS_REC, MS_SHARED, MNT_DETACH = 4096, 16384, 1 << 20, 2
NSFS_MAGIC = 0x6E736673


def path_of(name: str) -> Path:
    return FOLDER / name


def names() -> frozenset[str]:
    """Every name on the machine, whoever made it."""
    try:
        return frozenset(os.listdir(FOLDER))
    except FileNotFoundError:
        return frozenset()


def exists(name: str) -> bool:
    """Whether there is a namespace behind the name; a file alone is none."""
    return _is_namespace(path_of(name))


def prepare_folder() -> None:
    """Make the folder a shared mount, as `ip netns add` does.

    Then a namespace that is dropped is dropped in every copy of the host's mounts; and a later
    `ip netns add` does not mount the folder over our names.
    """
    if _propagation_of(FOLDER) == "shared":
        return
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    lock = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _propagation_of(FOLDER) is None:
            _mount(str(FOLDER), FOLDER, MS_BIND | MS_REC)
        _mount("", FOLDER, MS_SHARED | MS_REC)
    finally:
        os.close(lock)


def make(name: str) -> None:
    """Have a new namespace of this name; no namespace may be behind it. Raises OSError.

    `prepare_folder` comes first, once.
    """
    path = path_of(name)
    path.touch(mode=0o444)
    home = os.open(THIS_THREADS, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc().unshare(CLONE_NEWNET))
        try:
            _mount(THIS_THREADS, path, MS_BIND)
        finally:
            _check(_libc().setns(home, CLONE_NEWNET))
    finally:
        os.close(home)


def drop(name: str) -> None:
    """Let go of the namespace and its name; the kernel takes it down by and by. Idempotent."""
    path = os.fsencode(path_of(name))
    while _libc().umount2(path, MNT_DETACH) == 0:
        continue
    if ctypes.get_errno() not in (errno.EINVAL, errno.ENOENT):
        _check(-1)
    path_of(name).unlink(missing_ok=True)


@contextmanager
def opened(name: str) -> Iterator[int]:
    """A file descriptor of the namespace."""
    descriptor = os.open(path_of(name), os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def inside(name: str) -> Iterator[None]:
    """The calling thread is in the namespace until the end of the block. Raises OSError."""
    home = os.open(THIS_THREADS, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with opened(name) as descriptor:
            _check(_libc().setns(descriptor, CLONE_NEWNET))
        try:
            yield
        finally:
            _check(_libc().setns(home, CLONE_NEWNET))
    finally:
        os.close(home)


def _propagation_of(folder: Path) -> Literal["shared", "private"] | None:
    """None: no mount has this folder as its own."""
    with open("/proc/thread-self/mountinfo") as mounts:
        found = [line for line in mounts if line.split()[4] == str(folder)]
    if not found:
        return None
    return "shared" if " shared:" in found[-1] else "private"


def _is_namespace(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        buffer = (ctypes.c_long * 32)()
        _check(_libc().fstatfs(descriptor, buffer))
        return int(buffer[0]) == NSFS_MAGIC
    finally:
        os.close(descriptor)


def _mount(source: str, target: Path, flags: int) -> None:
    _check(_libc().mount(source.encode(), os.fsencode(target), b"none", flags, None))


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
