"""A layer's folder while it is unpacked: members in, files out, nothing outside touched.

Part of the program `unpack`, which has made the folder its root before. The folder becomes a lower
layer for overlayfs: `.wh.x` becomes a character device 0:0 and `.wh..wh..opq` the attribute
`trusted.overlay.opaque`. Layers are unpacked without those below them, as Docker's overlay2 does;
parents that the archive leaves out belong to root, mode 0755.
"""

import contextlib
import errno
import os
import shutil
import stat
import tarfile

from hostless.compute.images.archive import BadArchive, Source

MAXIMUM_BYTES = 200 * 1024**3
"""Of one layer, unpacked: the largest ephemeral storage of a Fargate task, which images share."""
MAXIMUM_DEPTH = 256
KEPT_FREE_FRACTION = 0.01
"""Of the disk's room and of its inodes: a layer that would leave less is refused, so that the
engine can still write."""
BYTES_BETWEEN_DISK_CHECKS = 32 * 1024**2
ENTRIES_BETWEEN_DISK_CHECKS = 500
BLOCK_BYTES = 4096
LATEST_MTIME = 2**33
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

WHITEOUT_PREFIX = ".wh."
AUFS_PREFIX = ".wh..wh."
OPAQUE_NAME = ".wh..wh..opq"
XATTR_PREFIX = "SCHILY.xattr."
OPAQUE_XATTR = "trusted.overlay.opaque"
KEPT_XATTRS = ("security.capability", "user.", "system.posix_acl_")
REFUSED_XATTRS = ("user.overlay.",)
"""Overlayfs' own attributes would let a layer rearrange the layers below it."""


class Tree:
    """The folder that the layer becomes; its root is this process's root."""

    def __init__(self) -> None:
        self.bytes = 0
        self.is_opaque = False
        self._parents: set[str] = set()
        self._directory_times: dict[str, int] = {}
        self._bytes_unchecked = BYTES_BETWEEN_DISK_CHECKS
        self._entries_unchecked = 0

    def add(self, info: tarfile.TarInfo, source: Source) -> None:
        """Apply one member of the archive. Raises BadArchive, OSError."""
        if min(info.size, info.uid, info.gid) < 0:
            raise BadArchive(f"archive/tar: invalid tar header of {info.name!r}")
        path = _inside(info.name)
        parent, _, name = path.rpartition("/")
        if name.startswith(WHITEOUT_PREFIX):
            self._add_whiteout(parent, name)
        elif info.isdir():
            self._add_directory(path, info)
        elif not path:
            raise BadArchive(f"invalid tar path {info.name!r}")
        elif info.islnk():
            self._add_hard_link(path, _inside(info.linkname))
        else:
            self._make_parents(parent)
            if info.isreg():
                self._write(path, info, source)
                return
            self._clear(path)
            self._account(0)
            _make(path, info)
            _set_attributes(path, info)

    def finish(self) -> None:
        """Directories get their times last: every file made in them changes those."""
        for path, mtime in self._directory_times.items():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.utime(path or ".", ns=(mtime, mtime), follow_symlinks=False)

    def _write(self, path: str, info: tarfile.TarInfo, source: Source) -> None:
        """A regular file; all by its descriptor, so that its path is looked up once."""
        self._account(info.size)
        try:
            file = os.open(path, NEW_FILE, 0o600)
        except FileExistsError:
            self._clear(path)
            file = os.open(path, NEW_FILE, 0o600)
        try:
            for offset, size in _extents(info):
                if offset:
                    os.lseek(file, offset, os.SEEK_SET)
                _copy(source, file, size)
            if info.issparse():
                os.ftruncate(file, info.size)
            _set_attributes(file, info)
        finally:
            os.close(file)

    def _account(self, size: int) -> None:
        """Count what is about to be made, and look now and then whether the disk has room."""
        needed = -(-size // BLOCK_BYTES) * BLOCK_BYTES
        self.bytes += needed
        if self.bytes > MAXIMUM_BYTES:
            raise BadArchive(f"the layer is larger than {MAXIMUM_BYTES} bytes")
        self._bytes_unchecked += needed
        self._entries_unchecked += 1
        if (
            self._bytes_unchecked >= BYTES_BETWEEN_DISK_CHECKS
            or self._entries_unchecked >= ENTRIES_BETWEEN_DISK_CHECKS
        ):
            self._bytes_unchecked = self._entries_unchecked = 0
            _need_room(needed)

    def _add_directory(self, path: str, info: tarfile.TarInfo) -> None:
        found = _status(path or ".")
        if found is None or not stat.S_ISDIR(found.st_mode):
            self._make_directory(path)
        _set_attributes(path or ".", info)
        self._directory_times[path] = _mtime_of(info)

    def _add_hard_link(self, path: str, target: str) -> None:
        if path == target:
            return
        self._make_parents(path.rpartition("/")[0])
        self._clear(path)
        os.link(target, path, follow_symlinks=False)

    def _add_whiteout(self, parent: str, name: str) -> None:
        if name == OPAQUE_NAME:
            self._make_parents(parent)
            self.is_opaque = self.is_opaque or not parent
            os.setxattr(parent or ".", OPAQUE_XATTR, b"y", follow_symlinks=False)
            return
        if name.startswith(AUFS_PREFIX):
            return
        hidden = name.removeprefix(WHITEOUT_PREFIX)
        if hidden in ("", ".", ".."):
            raise BadArchive(f"invalid whiteout name {name!r}")
        self._make_parents(parent)
        path = f"{parent}/{hidden}" if parent else hidden
        found = _status(path)
        if found is None:
            self._account(0)
            os.mknod(path, stat.S_IFCHR, 0)
        elif stat.S_ISDIR(found.st_mode):
            os.setxattr(path, OPAQUE_XATTR, b"y", follow_symlinks=False)

    def _make_parents(self, path: str) -> None:
        """Make the directory `path` and those above it, where they are not there yet.

        A link to a directory will do: inside this process's root it cannot lead out.
        """
        if not path or path in self._parents:
            return
        if not os.path.isdir(path):
            self._make_directory(path)
        self._parents.add(path)

    def _make_directory(self, path: str) -> None:
        self._make_parents(path.rpartition("/")[0])
        found = _status(path)
        self._clear(path)
        os.mkdir(path, 0o755)
        self._account(BLOCK_BYTES)
        if found is not None and _is_whiteout(found):
            os.setxattr(path, OPAQUE_XATTR, b"y", follow_symlinks=False)

    def _clear(self, path: str) -> None:
        """Take away what the layer itself has put at `path`; a later member replaces it."""
        found = _status(path)
        if found is None:
            return
        self._parents.clear()
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def _need_room(size: int) -> None:
    """Raises OSError where a file of `size` bytes would leave the disk too little."""
    disk = os.statvfs(".")
    free = disk.f_bavail * disk.f_frsize - size
    kept_bytes = disk.f_blocks * disk.f_frsize * KEPT_FREE_FRACTION
    if free < kept_bytes or disk.f_favail < disk.f_files * KEPT_FREE_FRACTION:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _inside(name: str) -> str:
    """A member's path from the layer's root, `""` for the root. Raises BadArchive.

    A leading slash means the layer's root, as for containerd: images made by ko have it.
    """
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise BadArchive(f"invalid tar path {name!r}: leaves the layer")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if len(parts) > MAXIMUM_DEPTH:
        raise BadArchive(f"invalid tar path: {len(parts)} folders deep")
    return "/".join(parts)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_whiteout(found: os.stat_result) -> bool:
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _make(path: str, info: tarfile.TarInfo) -> None:
    """What is neither a file nor a directory."""
    if info.issym():
        os.symlink(info.linkname, path)
    elif info.isfifo():
        os.mkfifo(path)
    elif info.ischr() or info.isblk():
        kind = stat.S_IFCHR if info.ischr() else stat.S_IFBLK
        os.mknod(path, kind, os.makedev(info.devmajor, info.devminor))
    else:
        raise BadArchive(f"unhandled tar header type {info.type!r} of {info.name!r}")


def _extents(info: tarfile.TarInfo) -> list[tuple[int, int]]:
    """Where the member's data goes in the file: offset and size, one after the other within it."""
    sparse: list[tuple[int, int]] | None = getattr(info, "sparse", None)
    if sparse is None:
        return [(0, info.size)]
    extents = [one for one in sparse if one[1]]  # GNU's fixed table is filled up with (0, 0)
    end = 0
    for offset, size in extents:
        if offset < end or size < 0 or offset + size > info.size:
            raise BadArchive(f"the holes of {info.name!r} are not those of a file")
        end = offset + size
    return extents


def _copy(source: Source, file: int, size: int) -> None:
    for piece in source.pieces(size):
        size -= len(piece)
        while piece:
            piece = piece[os.write(file, piece) :]
    if size:
        raise BadArchive("unexpected EOF")


def _set_attributes(place: str | int, info: tarfile.TarInfo) -> None:
    """Of a path or an open file. Owner first: a new owner takes away set-user-id bits."""
    follow = isinstance(place, int)
    os.chown(place, info.uid, info.gid, follow_symlinks=follow)
    if not info.issym():
        os.chmod(place, stat.S_IMODE(info.mode))
    for name, value in _xattrs_of(info):
        try:
            os.setxattr(place, name, value, follow_symlinks=follow)
        except OSError as error:
            if error.errno != errno.ENOTSUP:  # containerd goes on without them, too
                raise
    mtime = _mtime_of(info)
    os.utime(place, ns=(mtime, mtime), follow_symlinks=follow)


def _xattrs_of(info: tarfile.TarInfo) -> list[tuple[str, bytes]]:
    """Those that a layer may set here; only files and directories can have a user's."""
    kept = KEPT_XATTRS if info.isreg() or info.isdir() else KEPT_XATTRS[:1]
    return [
        (name, value.encode("utf-8", "surrogateescape"))
        for key, value in info.pax_headers.items()
        if (name := key.removeprefix(XATTR_PREFIX)).startswith(kept)
        and key.startswith(XATTR_PREFIX)
        and not name.startswith(REFUSED_XATTRS)
    ]


def _mtime_of(info: tarfile.TarInfo) -> int:
    return int(min(max(info.mtime, 0), LATEST_MTIME) * 10**9)
