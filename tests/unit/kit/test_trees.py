"""Trees are removed however deep they are, and what cannot be removed is told."""

import os
from pathlib import Path

import pytest

from hostless.kit import trees
from hostless.kit.trees import remove_tree, remove_trees

DEPTH = 3000


def nest(folder: Path) -> None:
    """More folders in each other than Python would go into."""
    folder.mkdir()
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


def test_a_tree_goes_however_deep_it_is(tmp_path: Path) -> None:
    nest(tmp_path / "deep")
    remove_tree(tmp_path / "deep")
    assert list(tmp_path.iterdir()) == []


def test_many_go_at_once_and_files_too(tmp_path: Path) -> None:
    nest(tmp_path / "-rf")
    (tmp_path / "file").touch()
    remove_trees([tmp_path / "-rf", tmp_path / "file", tmp_path / "never"])
    remove_trees([])
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "never")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "kept")
    remove_tree(tmp_path / "tree")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_will_not_go_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise PermissionError

    monkeypatch.setattr(trees.shutil, "rmtree", fail)
    with pytest.raises(OSError, match="rm: "):
        remove_tree(tmp_path / ("n" * 300))
