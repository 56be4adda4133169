"""Empty file systems as pieces: what they take, and that they are whole."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hostless.compute.local import blank_disks
from hostless.compute.local.blank_disks import GIB, BlankDisks, image_size
from hostless.compute.local.host import find_program

needs_ext4 = pytest.mark.skipif(find_program("mkfs.ext4") is None, reason="needs e2fsprogs")


@pytest.mark.parametrize("gib", [1, 20, 21, 200])
def test_an_image_has_room_for_what_was_asked_and_for_its_inodes(gib: int) -> None:
    size = image_size(gib)
    assert size % (1 << 20) == 0
    assert gib * GIB * 64 / 63 < size < gib * GIB * 64 / 63 * 1.001 + 22 * (1 << 20)


@needs_ext4
@pytest.mark.parametrize("gib", [1, 21, 200])
def test_a_blank_disk_is_a_sound_file_system_of_few_bytes(tmp_path: Path, gib: int) -> None:
    blank = BlankDisks(tmp_path).of(gib)
    assert sum(len(data) for _, data in blank.pieces) < 300_000
    image = tmp_path / "image"
    with image.open("wb") as file:
        blank.write(file.fileno())
    assert image.stat().st_size == blank.size == image_size(gib)
    assert image.stat().st_blocks * 512 < 1 << 20
    program = find_program("e2fsck")
    assert program is not None
    subprocess.run([program, "-f", "-n", image], check=True, capture_output=True, timeout=60)
    image.unlink()
    assert list(tmp_path.iterdir()) == []


@needs_ext4
def test_a_size_is_formatted_once(tmp_path: Path) -> None:
    blanks = BlankDisks(tmp_path)
    assert blanks.of(1) is blanks.of(1)


def test_without_the_program_it_is_said_that_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blank_disks, "find_program", lambda name: None)
    with pytest.raises(OSError, match=r"mkfs\.ext4 is not installed"):
        BlankDisks(tmp_path).of(1)


def test_what_the_program_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    false = shutil.which("false")
    monkeypatch.setattr(blank_disks, "find_program", lambda name: false)
    with pytest.raises(OSError, match=r"mkfs\.ext4 failed"):
        BlankDisks(tmp_path).of(1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_below_that_is_full_or_faulty_is_told_from_a_program_that_cannot(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mkfs"
    program.write_text(f"#!/bin/sh\necho 'mkfs: {os.strerror(number)} while writing' >&2; exit 1")
    program.chmod(0o755)
    monkeypatch.setattr(blank_disks, "find_program", lambda name: program)
    with pytest.raises(OSError, match=r"mkfs\.ext4 failed") as told:
        BlankDisks(tmp_path).of(1)
    assert told.value.errno == number
