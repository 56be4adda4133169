"""Paths inside a container's root folder lead nowhere else."""

from pathlib import Path

import pytest

from hostless.compute.local.rootfs import BadWorkingDirectory, make_working_directory, read_inside

pytestmark = pytest.mark.root


def test_a_file_is_read_as_the_container_would_see_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (tmp_path / "passwd").write_text("outside")
    (root / "real").write_text("inside")
    (root / "etc/passwd").symlink_to("/real")
    (root / "etc/group").symlink_to("../../passwd")
    assert read_inside(root, "/etc/passwd") == "inside"
    assert read_inside(root, "/etc/group") == ""
    assert read_inside(root, "/etc") == ""
    assert read_inside(root, "/missing") == ""


def test_a_working_directory_is_made_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to("../../outside")
    for path in ("/a/b/c", "/away/x", "/up/y"):
        make_working_directory(root, path)
    assert (root / "a/b/c").is_dir()
    assert (root / str(tmp_path / "outside/x").lstrip("/")).is_dir()
    assert (root / "outside/y").is_dir()
    assert not (tmp_path / "outside").exists()


def test_a_working_directory_must_be_absolute_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadWorkingDirectory, match="needs to be an absolute path"):
        make_working_directory(tmp_path, "relative")
    with pytest.raises(BadWorkingDirectory, match="not a directory"):
        make_working_directory(tmp_path, "/file/x")


def test_links_that_go_round_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "b").symlink_to("/a")
    with pytest.raises(OSError, match="Too many levels"):
        make_working_directory(tmp_path, "/a/x")
