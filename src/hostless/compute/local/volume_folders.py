"""Makes the volumes of a task: folders on its disk, with what images have at their places.

A volume is filled beside its place and then renamed, before any container sees it: one that is
there is whole. Images are not trusted: links in them lead nowhere else. Blocking.
"""

import os
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from hostless.compute.local.kernel import open_in_root
from hostless.compute.local.volumes import PlacedVolume
from hostless.kit.trees import remove_tree

_MODE = 0o755
"""And root's, where no image says otherwise (ECS Developer Guide, "Bind mounts", Fargate)."""
_COPY_SECONDS = 600.0


class VolumeFailed(Exception):
    """What an image has could not be put into a volume; the message says why."""


def have_volumes(home: Path, containers: Sequence[tuple[Path, Sequence[PlacedVolume]]]) -> None:
    """Have every volume below `home`. Raises OSError and VolumeFailed.

    containers: in the order in which they start, each one's root folder with what it sees.
    """
    for name in {volume.folder for _, volumes in containers for volume in volumes}:
        places = [
            (root, volume.destination)
            for root, volumes in containers
            for volume in volumes
            if volume.folder == name and volume.takes_content
        ]
        _have_volume(home / name, places)


def _have_volume(folder: Path, places: Iterable[tuple[Path, str]]) -> None:
    if folder.exists():
        return
    partial = folder.with_suffix(".partial")
    remove_tree(partial)
    partial.mkdir(parents=True)
    partial.chmod(_MODE)
    for root, path in places:
        if _fill(partial, root, path):
            break
    partial.rename(folder)


def _fill(folder: Path, root: Path, path: str) -> bool:
    """Whether something is in the folder now. An empty place gives owner and mode only."""
    above = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        source = open_in_root(above, path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False  # not there, or no folder
    finally:
        os.close(above)
    try:
        if os.listdir(source):
            _copy(source, folder)
            return True
        found = os.fstat(source)
        os.chown(folder, found.st_uid, found.st_gid)
        folder.chmod(stat.S_IMODE(found.st_mode))
        return False
    finally:
        os.close(source)


def _copy(source: int, folder: Path) -> None:
    """What is in an open folder, with owners, modes, times, attributes and links, as they are."""
    try:
        subprocess.run(
            ["cp", "-a", f"/proc/self/fd/{source}/.", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[source],
            timeout=_COPY_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise VolumeFailed(f"failed to copy the image's content: {said}") from error
    except subprocess.TimeoutExpired as error:
        raise VolumeFailed("failed to copy the image's content: it took too long") from error
