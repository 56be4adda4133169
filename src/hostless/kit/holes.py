"""Give the disk back what of a file has been read: punch a hole at its front.

Offsets stay as they are, so whoever writes or reads the file notices nothing. The first block
stays: it tells the file from another one of its name. Not every file system can do this (ext4, xfs,
btrfs and tmpfs can); elsewhere a file keeps its size until it is removed.
"""

import ctypes
import errno
import os
from pathlib import Path

_BLOCK = 4096
_KEEP_SIZE = 0x01
_PUNCH_HOLE = 0x02


def punch(path: Path, end: int) -> bool:
    """Free what lies before `end`, but for the first block. False where that cannot be done.

    Raises OSError for other reasons.
    """
    length = end // _BLOCK * _BLOCK - _BLOCK
    if length <= 0:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        done = libc.fallocate(
            file, _PUNCH_HOLE | _KEEP_SIZE, ctypes.c_int64(_BLOCK), ctypes.c_int64(length)
        )
        number = ctypes.get_errno()
    finally:
        os.close(file)
    if done == 0:
        return True
    if number in (errno.EOPNOTSUPP, errno.ENOSYS):
        return False
    raise OSError(number, os.strerror(number), str(path))
