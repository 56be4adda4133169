"""File systems in files: made, copied, made larger, by the programs that know how. Blocking.

Of a volume's file nothing is there until all of it is: it is made beside its place.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hostless.compute.local.host import find_program

GIB = 1 << 30
_SECONDS = 3600.0
"""Most of what copying a large snapshot may take."""
_EXT = (
    "-q",
    "-F",
    "-m0",
    "-Elazy_itable_init=1,lazy_journal_init=1,assume_storage_prezeroed=1,nodiscard",
)
_MAKERS: Mapping[str, tuple[str, ...]] = {
    "xfs": ("mkfs.xfs", "-q", "-f", "-K"),
    "ext4": ("mkfs.ext4", *_EXT),
    "ext3": ("mkfs.ext3", *_EXT),
}
_PACKAGES: Mapping[str, str] = {
    "mkfs.xfs": "xfsprogs",
    "xfs_growfs": "xfsprogs",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.ext3": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "resize2fs": "e2fsprogs",
}


def make_file_system(file: Path, size_gib: int, kind: str) -> None:
    """An empty one in a new file, which takes no more of the disk than is written. Raises OSError,
    also when a program is missing: then it says which package has it."""
    file.unlink(missing_ok=True)
    _resize(file, size_gib)
    run(*_MAKERS[kind], str(file))


def copy_file(source: Path, file: Path) -> None:
    """What is not zeros only, or nothing where the disk can share it. Raises OSError."""
    file.unlink(missing_ok=True)
    run("cp", "--reflink=auto", "--sparse=always", "--", str(source), str(file))


def enlarge_file(file: Path, size_gib: int) -> None:
    """Never smaller. Raises OSError."""
    if file.stat().st_size < size_gib * GIB:
        _resize(file, size_gib)


def enlarge_ext(file: Path) -> None:
    """ext3 or ext4, to all of its file, while it is not mounted: mounted it would take one
    capability more. Raises OSError."""
    run("e2fsck", "-f", "-y", str(file), fine=(0, 1))
    run("resize2fs", str(file))


def enlarge_xfs(place: Path) -> None:
    """To all of its device, where it is mounted, as has to be. Raises OSError."""
    run("xfs_growfs", str(place))


def _resize(file: Path, size_gib: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, size_gib * GIB)
    finally:
        os.close(descriptor)


def run(name: str, *arguments: str, fine: tuple[int, ...] = (0,)) -> None:
    """fine: the exit codes of success. Raises OSError."""
    program = find_program(name)
    if program is None:
        package = _PACKAGES.get(name, "coreutils")
        raise OSError(f"{name} is not installed: apt-get install {package}")
    try:
        done = subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{name} did not end") from error
    if done.returncode not in fine:
        said = done.stderr.decode(errors="replace").strip()
        raise OSError(f"{name} failed: {said}")
