"""Mounts folders of file systems for a container: what it is to see, as who it is to act. Blocking.

Each container has mounts of its own, below `run/shared`, for who it is differs. The folder is found
once, as a process whose root is the file system would find it, and held open until it is mounted:
tasks that write in it cannot lead a mount elsewhere.

The user of an access point acts for the container's own user alone: ids are mapped one to one by
the kernel. Any other user of the container, also root where the container's user is another one,
cannot make or own files there (EOVERFLOW); it reads what everybody may read. Nobody there writes to
what belongs to neither the user nor one of its groups, whatever its mode.
"""

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hostless.compute.local.accounts import Account
from hostless.compute.local.failures import create_reason
from hostless.compute.local.file_systems import files_folder
from hostless.compute.local.folders import Folders, file_systems_folder
from hostless.compute.local.kernel import open_in_root, unmount
from hostless.compute.local.mount_trees import (
    IdLine,
    attach_tree,
    clone_tree,
    id_mapping,
    rename_new,
    restrict_tree,
)
from hostless.compute.seam import StartFailed
from hostless.compute.shared_volumes import SharedVolume
from hostless.domain.file_systems import CreationInfo
from hostless.domain.mount_refusals import denied, no_folder, unresolved

_FOLDER = os.O_PATH | os.O_DIRECTORY
_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class SharedMounts:
    """acts_as_user: whether the runtime reaches files as the container's user, not as root."""

    def __init__(self, folders: Folders, *, acts_as_user: bool) -> None:
        self._root = file_systems_folder(folders.root)
        self._mounts = folders.run / "shared"
        self._acts_as_user = acts_as_user

    def have(
        self, runtime_id: str, volumes: Sequence[tuple[str, SharedVolume]], account: Account
    ) -> tuple[dict[str, Path], Account]:
        """Mount them anew; where each is, by its folder's name, and the account with the groups
        that it has beyond its own. Raises StartFailed, OSError.
        """
        self.drop(runtime_id)
        found = {}
        for name, volume in volumes:
            self._check(volume, account)
            target = self._mounts / runtime_id / name
            target.mkdir(parents=True)
            groups = self._mount(volume, target, account)
            account = replace(account, groups=tuple(dict.fromkeys((*account.groups, *groups))))
            found[name] = target
        return found, account

    def drop(self, runtime_id: str) -> None:
        """Whatever is mounted for a container. Only empty folders are removed. Raises OSError."""
        above = self._mounts / runtime_id
        with suppress(FileNotFoundError):
            for name in os.listdir(above):
                while unmount(above / name):
                    pass
                (above / name).rmdir()
            above.rmdir()

    def _check(self, volume: SharedVolume, account: Account) -> None:
        if volume.posix_user is not None and not self._acts_as_user and account.uid != 0:
            raise StartFailed(
                create_reason(
                    "the POSIX user of an EFS access point is not available at this isolation "
                    "level to a container that does not run as root; "
                    "choose hostless:isolation=container or auto for the task"
                )
            )

    def _mount(self, volume: SharedVolume, target: Path, account: Account) -> tuple[int, ...]:
        """The further groups that the container's processes act by."""
        with _opened(self._open(volume)) as folder, _opened(clone_tree(folder)) as tree:
            if volume.posix_user is None:
                restrict_tree(tree, None)
                attach_tree(tree, target)
                return ()
            user = volume.posix_user
            gids = _group_lines(user.gid, user.secondary_gids, account.gid)
            with id_mapping([(user.uid, account.uid)], gids) as namespace:
                restrict_tree(tree, namespace)
            attach_tree(tree, target)
            return tuple(seen for _, seen in gids[1:])

    def _open(self, volume: SharedVolume) -> int:
        """Raises StartFailed in AWS's words."""
        files = files_folder(self._root, volume.file_system)
        try:
            root = os.open(files, _FOLDER | os.O_CLOEXEC)
        except FileNotFoundError:
            raise StartFailed(unresolved(volume.server)) from None
        with _opened(root):
            try:
                if volume.creation is not None:
                    _make_folders(root, volume.path, volume.creation, files.parent)
                return open_in_root(root, volume.path, _FOLDER)
            except OSError as error:
                if error.errno not in _MISSING:
                    raise
                said = os.strerror(error.errno)
                refusal = no_folder(volume.server, volume.path, said)
                raise StartFailed(denied() if volume.is_access_point else refusal) from error


def _group_lines(gid: int, secondary: Sequence[int], own: int) -> list[IdLine]:
    """The container's own group acts as the user's; the others are seen as they are, where the
    kernel can tell them apart.
    """
    lines = [(gid, own)]
    for each in secondary:
        if all(each not in line for line in lines):
            lines.append((each, each))
    return lines


def _make_folders(root: int, path: str, creation: CreationInfo, drafts: Path) -> None:
    """Each that is missing, whole at once. drafts: a folder of the same disk."""
    parts = [part for part in path.split("/") if part]
    for depth in range(1, len(parts) + 1):
        with suppress(FileNotFoundError):
            os.close(open_in_root(root, "/".join(parts[:depth]), _FOLDER))
            continue
        with _opened(open_in_root(root, "/".join(parts[: depth - 1]) or ".", _FOLDER)) as above:
            draft = drafts / f"draft-{threading.get_native_id()}"
            with suppress(FileNotFoundError):
                draft.rmdir()
            draft.mkdir()
            os.chown(draft, creation.owner_uid, creation.owner_gid)
            draft.chmod(int(creation.permissions, 8))
            if not rename_new(draft, above, parts[depth - 1]):
                draft.rmdir()  # another task was faster


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
