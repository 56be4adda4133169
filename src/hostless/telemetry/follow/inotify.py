"""The kernel's notices that a file was written or appeared (inotify).

A written file is told of once a request (IN_ONESHOT), which keeps a container that writes without
pause from flooding us: after a notice nothing more is said until it is asked for again.
"""

import asyncio
import ctypes
import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_MODIFY = 0x00000002
_MOVED_TO = 0x00000080
_CREATE = 0x00000100
_OVERFLOW = 0x00004000
_ONLYDIR = 0x01000000
_ONESHOT = 0x80000000
_EVENT = struct.Struct("iIII")
_READ_BYTES = 64 * 1024


class WatchRefused(Exception):
    """The kernel's limit of watches (fs.inotify.max_user_watches) is reached."""


class Inotify:
    """Made and used on the event loop's thread; opens nothing before the first request.

    on_notice: called with a watch's number and, for a folder, the name that appeared in it; an
    empty name otherwise, also when the watch has ended. on_overflow: notices were lost.
    """

    def __init__(
        self, on_notice: Callable[[int, str], None], on_overflow: Callable[[], None]
    ) -> None:
        self._on_notice = on_notice
        self._on_overflow = on_overflow
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file: int | None = None

    def watch_file(self, path: Path) -> int:
        """Notice once that the file is written. Returns the watch's number.

        Raises FileNotFoundError, WatchRefused.
        """
        return self._watch(path, _MODIFY | _ONESHOT)

    def watch_folder(self, path: Path) -> int:
        """Notice everything that appears in the folder. Raises as watch_file does."""
        return self._watch(path, _CREATE | _MOVED_TO | _ONLYDIR)

    def end(self, watch: int) -> None:
        """Ask no more; a notice that is on its way may still come."""
        if self._file is not None:
            self._libc.inotify_rm_watch(self._file, watch)

    def close(self) -> None:
        if self._file is not None:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)
            self._file = None

    def _watch(self, path: Path, mask: int) -> int:
        if self._file is None:
            self._file = self._opened()
        watch = self._libc.inotify_add_watch(self._file, os.fsencode(path), ctypes.c_uint32(mask))
        if watch < 0:
            _raise(ctypes.get_errno(), path)
        return int(watch)

    def _opened(self) -> int:
        file = int(self._libc.inotify_init1(_NONBLOCK_CLOEXEC))
        if file < 0:
            raise WatchRefused(os.strerror(ctypes.get_errno()))
        asyncio.get_running_loop().add_reader(file, self._read)
        return file

    def _read(self) -> None:
        assert self._file is not None
        try:
            data = os.read(self._file, _READ_BYTES)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            watch, mask, _, name_length = _EVENT.unpack_from(data, at)
            name = data[at + _EVENT.size : at + _EVENT.size + name_length].rstrip(b"\0")
            at += _EVENT.size + name_length
            if mask & _OVERFLOW:
                self._on_overflow()
            else:
                self._on_notice(watch, os.fsdecode(name))


def _raise(number: int, path: Path) -> None:
    if number in (errno.ENOSPC, errno.EMFILE, errno.ENOMEM):
        raise WatchRefused(os.strerror(number))
    raise OSError(number, os.strerror(number), str(path))
