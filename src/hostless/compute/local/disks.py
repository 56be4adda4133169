"""A task's ephemeral storage: a disk of its own, as large as it asked for.

The disk is a file system behind a loop device, mounted in the task's folder. The file has no name:
once the disk is unmounted device and file are gone, by the kernel's doing, whoever was killed and
whenever; after a reboot nothing is left of it either. Room is taken from the state folder's disk
as tasks write: when that is full, tasks get I/O errors on disks that are not.

Where loop devices cannot be had (`hostless doctor` tells) writable layers are plain folders.
Blocking.
"""

import contextlib
import errno
import fcntl
import logging
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostless.compute.local.blank_disks import BlankDisks
from hostless.compute.local.kernel import mount, unmount
from hostless.compute.local.loop_devices import attach
from hostless.compute.stats import StorageStats

PROBE_GIB = 20
"""What most tasks have: the probe prepares it."""
_OPTIONS = "noinit_itable"
"""A sparse file's inode tables are zeros already."""
_SHUTDOWN = 0x8004587D
_WITHOUT_FLUSHING = struct.pack("I", 2)
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBUSY, errno.ETIMEDOUT})

log = logging.getLogger(__name__)


class Disks:
    """folder: where the files are made. is_real: whether disks are disks, and not folders."""

    def __init__(self, folder: Path, *, is_real: bool = True) -> None:
        self._folder = folder
        self._blanks = BlankDisks(folder)
        self.is_real = is_real

    def have(self, place: Path, gib: int) -> None:
        """Have the disk mounted at `place`, a folder in one that is there. Raises OSError.

        What has content already stays as it is.
        """
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o700)
        if not self.is_real or is_mounted(place) or os.listdir(place):
            return
        blank = self._blanks.of(gib)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            blank.write(file.fileno())
            device, descriptor = attach(file.fileno())
        try:
            mount(device, place, "ext4", options=_OPTIONS)
        finally:
            os.close(descriptor)


def open_disks(folder: Path) -> Disks:
    """Make one to see whether they can be made. folder: exists.

    A want of room, or a fault of the disk below, is no proof that they cannot: tasks say then what
    is the matter with theirs.
    """
    disks, place = Disks(folder), folder / "probe"
    try:
        _tidy(folder, place)
        disks.have(place, PROBE_GIB)
    except OSError as error:
        if error.errno in _PASSING:
            log.warning("no disk can be made for tasks as it is now (%s)", error)
            return disks
        log.warning(
            "ephemeral storage is not limited: no disk can be made here (%s); "
            "tasks may fill the state folder's",
            error,
        )
        return Disks(folder, is_real=False)
    finally:
        remove_disk(place)
        with contextlib.suppress(FileNotFoundError):
            place.rmdir()
    return disks


def _tidy(folder: Path, probe: Path) -> None:
    """Take away what an engine left that was killed in the middle of making a disk."""
    remove_disk(probe)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()


def remove_disk(place: Path) -> None:
    """Unmount it and forget what is on it, written or not yet. Idempotent; raises OSError."""
    while _shut_down(place):
        unmount(place)


def _shut_down(place: Path) -> bool:
    """Else unmounting would first write what is then thrown away. False when none is mounted."""
    with _opened(place) as disk:
        if disk is None:
            return False
        with contextlib.suppress(OSError):
            top = os.open(f"/proc/self/fd/{disk}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.ioctl(top, _SHUTDOWN, _WITHOUT_FLUSHING)
            finally:
                os.close(top)
        return True


def use_of(place: Path) -> StorageStats | None:
    """None where no disk is mounted: nobody counts what is in a folder."""
    with _opened(place) as disk:
        if disk is None:
            return None
        found = os.statvfs(disk)
    return StorageStats(
        used_bytes=(found.f_blocks - found.f_bfree) * found.f_frsize,
        size_bytes=found.f_blocks * found.f_frsize,
    )


@contextmanager
def _opened(place: Path) -> Iterator[int | None]:
    """The disk's topmost folder, open as a place only; None when no disk is mounted there.

    What is done by it meets the disk or nothing: by the path it might be the host's own, when the
    disk is unmounted meanwhile.
    """
    try:
        folder = os.open(place, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield folder if _is_disk(folder, place.parent) else None
    finally:
        os.close(folder)


def _is_disk(folder: int, above: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.fstat(folder).st_dev != os.stat(above).st_dev
    return False


def is_mounted(place: Path) -> bool:
    with _opened(place) as disk:
        return disk is not None
