"""Empty ext4 file systems, kept as the few pieces of them that are not zeros.

mkfs.ext4 is run once for each size; a disk after that costs as much as writing 57 KiB into a
sparse file. There is no journal: a task's disk does not outlive the machine, nor does its content
have to. All that mkfs writes lies together at the front, so there is little of it.
"""

import errno
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from hostless.compute.local.host import find_program

GIB = 1 << 30
_BLOCK = 4096
_MIB = 1 << 20
_KEPT = 20 * _MIB
"""ext4 keeps 16 MiB to itself, and what mkfs writes once has to lie somewhere."""
_INODE_SHARE = 63
"""One byte in 64 is inodes: 256 bytes for each 16 KiB."""
_MAKE_SECONDS = 60.0
_OPTIONS = (
    "-q",
    "-F",
    "-m0",
    "-b4096",
    "-I256",
    "-i16384",
    "-O^has_journal,^resize_inode,^metadata_csum,uninit_bg,sparse_super2",
    "-Elazy_itable_init=1,assume_storage_prezeroed=1,packed_meta_blocks=1,num_backup_sb=0",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """size: of the image, in bytes. pieces: where, and what."""

    size: int
    pieces: tuple[tuple[int, bytes], ...]

    def write(self, file: int) -> None:
        """Into an empty file. Raises OSError."""
        os.ftruncate(file, self.size)
        for offset, data in self.pieces:
            os.pwrite(file, data, offset)


class BlankDisks:
    """By size; threads may ask at once. folder: where they are made, on a disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[int, Blank] = {}
        self._lock = threading.Lock()

    def of(self, gib: int) -> Blank:
        """Raises OSError, also when there is no mkfs.ext4."""
        with self._lock:
            found = self._made.get(gib)
            if found is None:
                found = self._made[gib] = self._make(image_size(gib))
            return found

    def _make(self, size: int) -> Blank:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="blank-") as file:
            file.truncate(size)
            _format(file.name)
            return Blank(size=size, pieces=_pieces(file.fileno(), size))


def _format(file: str) -> None:
    program = find_program("mkfs.ext4")
    if program is None:
        raise OSError(errno.ENOENT, "mkfs.ext4 is not installed")
    try:
        subprocess.run(
            [program, *_OPTIONS, file],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=_MAKE_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise OSError(_number_in(said), f"mkfs.ext4 failed: {said}") from error
    except subprocess.TimeoutExpired as error:
        raise OSError(errno.ETIMEDOUT, "mkfs.ext4 did not end") from error


def _number_in(said: str) -> int:
    """The error that a program tells of: of a disk that is full, or faulty."""
    told = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBUSY)
    return next((number for number in told if os.strerror(number) in said), errno.EINVAL)


def image_size(gib: int) -> int:
    """So large that `gib` can be written: inodes and maps come on top of it."""
    usable = gib * GIB
    return -(-(usable + usable // _INODE_SHARE + usable // 4096 + _KEPT) // _MIB) * _MIB


def _pieces(file: int, size: int) -> tuple[tuple[int, bytes], ...]:
    found: list[tuple[int, bytes]] = []
    end = 0
    while end < size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError:
            break
        end = os.lseek(file, start, os.SEEK_HOLE)
        for at in range(start, end, _BLOCK):
            block = os.pread(file, _BLOCK, at)
            if block.count(0) < len(block):
                _append(found, at, block)
    return tuple(found)


def _append(found: list[tuple[int, bytes]], at: int, block: bytes) -> None:
    if found and found[-1][0] + len(found[-1][1]) == at:
        block = found[-1][1] + block
        at = found.pop()[0]
    found.append((at, block))
