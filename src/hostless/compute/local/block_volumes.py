"""Volumes of EBS on this machine: file systems in sparse files, mounted by loop devices.

Below the backend's root folder: `ebs/volumes/<id>` and `ebs/snapshots/<id>` are the files;
`run/volumes/<id>` is where a volume is mounted while a task has it. What is mounted is gone after
a reboot, and the journals of the file systems make good what was not written. Blocking, but for
`LocalBlockVolumes`.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostless.compute.block_volumes import AttachedVolume
from hostless.compute.local.disks import is_mounted, remove_disk
from hostless.compute.local.folders import Folders
from hostless.compute.local.kernel import MS_NODEV, mount, unmount
from hostless.compute.local.loop_devices import attach
from hostless.compute.local.volume_files import (
    copy_file,
    enlarge_ext,
    enlarge_file,
    enlarge_xfs,
    make_file_system,
)

_FREEZE, _THAW = 0xC0045877, 0xC0045878
_OPTIONS = {"xfs": "nouuid", "ext4": "noinit_itable", "ext3": "noinit_itable"}
"""Copies of one snapshot have one UUID; a sparse file's inode tables are zeros already."""
_KINDS = {"xfs": "xfs", "ext4": "ext4", "ext3": "ext4"}
"""ext3 is served by the kernel's ext4 since Linux 4.3."""
_PARTIAL = ".partial"


class VolumeFolders:
    """Names only."""

    def __init__(self, folders: Folders) -> None:
        self._root = folders.root / "ebs"
        self._mounts = folders.run / "volumes"

    @property
    def volumes(self) -> Path:
        return self._root / "volumes"

    @property
    def snapshots(self) -> Path:
        return self._root / "snapshots"

    @property
    def mounts(self) -> Path:
        return self._mounts

    def place(self, id_: str) -> Path:
        """Where a volume is mounted."""
        return self._mounts / id_


class VolumeMounts:
    """Has volumes for tasks and lets go of them."""

    def __init__(self, folders: Folders) -> None:
        self._folders = VolumeFolders(folders)

    def have(self, volume: AttachedVolume) -> Path:
        """Have it made and mounted; where. Raises OSError."""
        place = self._folders.place(volume.id)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_mounted(place):
            return place
        file = self._folders.volumes / volume.id
        if not file.exists():
            self._make(volume, file)
        self._mount(file, volume.file_system, place)
        return place

    def place(self, volume: AttachedVolume) -> Path:
        return self._folders.place(volume.id)

    def drop(self, volume: AttachedVolume) -> None:
        """Unmount it: all of it is written, or nothing more of one that goes. Idempotent; raises
        OSError."""
        place = self._folders.place(volume.id)
        if volume.is_kept and is_mounted(place):
            _sync(place)
            while unmount(place):
                pass
        for each in (place, _partial(place)):
            remove_disk(each)
            with contextlib.suppress(FileNotFoundError):
                each.rmdir()

    def _make(self, volume: AttachedVolume, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = _partial(file)
        if volume.snapshot_id is None:
            make_file_system(partial, volume.size_gib, volume.file_system)
        else:
            self._copy(volume, partial)
        partial.rename(file)

    def _copy(self, volume: AttachedVolume, partial: Path) -> None:
        place = _partial(self._folders.place(volume.id))
        remove_disk(place)
        source = self._folders.snapshots / (volume.snapshot_id or "")
        copy_file(source, partial)
        if source.stat().st_size < volume.size_gib << 30:
            enlarge_file(partial, volume.size_gib)
            if volume.file_system != "xfs":
                enlarge_ext(partial)
                return
            place.mkdir(exist_ok=True, mode=0o700)
            self._mount(partial, volume.file_system, place)
            enlarge_xfs(place)
            _sync(place)
            unmount(place)
            place.rmdir()

    def _mount(self, file: Path, kind: str, place: Path) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        try:
            device, held = attach(descriptor)
        finally:
            os.close(descriptor)
        try:
            mount(device, place, _KINDS[kind], MS_NODEV, _OPTIONS[kind])
        finally:
            os.close(held)


class LocalBlockVolumes:
    """root: of the backend."""

    def __init__(self, root: Path) -> None:
        self._folders = VolumeFolders(Folders(root=root.resolve()))

    async def mend(self) -> None:
        await asyncio.to_thread(_thaw_all, self._folders.mounts)

    async def remove(self, id_: str) -> None:
        await asyncio.to_thread(_remove, self._folders.volumes / id_)

    async def take_snapshot(self, volume_id: str, snapshot_id: str) -> int:
        work = asyncio.to_thread(_snapshot, self._folders, volume_id, snapshot_id)
        return await asyncio.shield(work)  # what is frozen is thawed, whoever waits for it

    async def remove_snapshot(self, id_: str) -> None:
        await asyncio.to_thread(_remove, self._folders.snapshots / id_)

    async def ids(self) -> frozenset[str]:
        found = (*_names_in(self._folders.volumes), *_names_in(self._folders.snapshots))
        return frozenset(name.removesuffix(_PARTIAL) for name in found)


def _snapshot(folders: VolumeFolders, volume_id: str, snapshot_id: str) -> int:
    folders.snapshots.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folders.snapshots / snapshot_id
    if not file.exists():
        partial = _partial(file)
        with _frozen(folders.place(volume_id)):
            copy_file(folders.volumes / volume_id, partial)
        partial.rename(file)
    return file.stat().st_blocks * 512


@contextmanager
def _frozen(place: Path) -> Iterator[None]:
    """Whoever writes there waits; nothing to do where nothing is mounted. Raises OSError."""
    with _opened(place) as folder:
        if folder is None:
            yield
            return
        fcntl.ioctl(folder, _FREEZE, 0)
        try:
            yield
        finally:
            fcntl.ioctl(folder, _THAW, 0)


@contextmanager
def _opened(place: Path) -> Iterator[int | None]:
    """What is mounted there, and never what lies below; None when nothing is."""
    try:
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        is_volume = os.fstat(folder).st_dev != os.stat(place.parent).st_dev
        yield folder if is_volume else None
    finally:
        os.close(folder)


def _thaw_all(mounts: Path) -> None:
    """An engine that was killed while it took a snapshot left its volume frozen."""
    for name in _names_in(mounts):
        with _opened(mounts / name) as folder:
            if folder is not None:
                with contextlib.suppress(OSError):  # it was not frozen
                    fcntl.ioctl(folder, _THAW, 0)


def _sync(place: Path) -> None:
    with _opened(place) as folder:
        if folder is not None and ctypes.CDLL(None, use_errno=True).syncfs(folder) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(place))


def _remove(file: Path) -> None:
    for each in (file, _partial(file)):
        each.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + _PARTIAL)


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
