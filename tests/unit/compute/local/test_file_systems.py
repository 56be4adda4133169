"""Folders of file systems: had, measured and removed, whatever is in them."""

import os
from pathlib import Path

from hostless.compute.local.file_systems import LocalFileSystems, files_folder


async def test_a_folder_is_had_once_and_keeps_its_files(tmp_path: Path) -> None:
    folders = LocalFileSystems(tmp_path / "efs")
    await folders.have("fs-1")
    (files_folder(tmp_path / "efs", "fs-1") / "a").write_text("kept")
    await folders.have("fs-1")
    assert (files_folder(tmp_path / "efs", "fs-1") / "a").read_text() == "kept"
    assert await folders.ids() == {"fs-1"}


async def test_the_size_is_what_the_files_take_of_the_disk(tmp_path: Path) -> None:
    folders = LocalFileSystems(tmp_path)
    await folders.have("fs-1")
    empty = await folders.size("fs-1")
    file = files_folder(tmp_path, "fs-1") / "a"
    file.write_bytes(bytes(1 << 20))
    os.link(file, file.with_name("b"))
    assert await folders.size("fs-1") == empty + (1 << 20)


async def test_removing_follows_no_link_and_minds_no_depth(tmp_path: Path) -> None:
    folders = LocalFileSystems(tmp_path / "efs")
    await folders.have("fs-1")
    outside = tmp_path / "outside"
    outside.write_text("stays")
    at = files_folder(tmp_path / "efs", "fs-1")
    (at / "link").symlink_to(tmp_path)
    here = os.open(at, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    await folders.remove("fs-1")
    await folders.remove("fs-1")
    assert await folders.ids() == frozenset()
    assert outside.read_text() == "stays"


async def test_a_removal_that_was_broken_off_is_seen_and_finished(tmp_path: Path) -> None:
    folders = LocalFileSystems(tmp_path)
    await folders.have("fs-1")
    (tmp_path / "fs-1").rename(tmp_path / ".fs-1")
    assert await folders.ids() == {"fs-1"}
    await folders.remove("fs-1")
    assert await folders.ids() == frozenset()
