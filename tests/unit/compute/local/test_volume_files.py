"""File systems in files are as large as asked for, take little room, and grow."""

import subprocess
from pathlib import Path

import pytest

from hostless.compute.local import volume_files
from hostless.compute.local.host import find_program
from hostless.compute.local.volume_files import (
    GIB,
    copy_file,
    enlarge_ext,
    enlarge_file,
    make_file_system,
)

MAKERS = {"xfs": "mkfs.xfs", "ext4": "mkfs.ext4", "ext3": "mkfs.ext3"}
MOST_ROOM = 200 << 20
needs_ext4 = pytest.mark.skipif(find_program("mkfs.ext4") is None, reason="needs e2fsprogs")


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_file_system_takes_the_room_that_is_written(tmp_path: Path, kind: str) -> None:
    if find_program(MAKERS[kind]) is None:
        pytest.skip(f"needs {MAKERS[kind]}")
    file = tmp_path / "volume"
    make_file_system(file, 10, kind)
    found = file.stat()
    assert found.st_size == 10 * GIB
    assert found.st_blocks * 512 < MOST_ROOM


@needs_ext4
def test_a_copy_is_sparse_too_and_grows_with_its_file_system(tmp_path: Path) -> None:
    file, copy = tmp_path / "volume", tmp_path / "copy"
    make_file_system(file, 1, "ext4")
    copy_file(file, copy)
    enlarge_file(copy, 3)
    enlarge_ext(copy)
    assert copy.stat().st_size == 3 * GIB
    assert copy.stat().st_blocks * 512 < MOST_ROOM
    told = subprocess.run(
        ["/sbin/dumpe2fs", "-h", copy], capture_output=True, text=True, check=True
    ).stdout
    blocks = next(line for line in told.splitlines() if line.startswith("Block count:"))
    assert int(blocks.split()[-1]) * 4096 == 3 * GIB


def test_a_program_that_is_missing_is_told_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_files, "find_program", lambda name: None)
    with pytest.raises(OSError, match=r"mkfs\.xfs is not installed: apt-get install xfsprogs"):
        make_file_system(tmp_path / "volume", 1, "xfs")
