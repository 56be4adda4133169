"""Volumes are filled once, whole or not at all, and from nowhere but the image."""

import os
from pathlib import Path

import pytest

from hostless.compute.local.volume_folders import VolumeFailed, have_volumes
from hostless.compute.local.volumes import PlacedVolume

pytestmark = pytest.mark.root


def placed(destination: str, *, takes_content: bool = True) -> PlacedVolume:
    return PlacedVolume(
        folder="data", destination=destination, is_read_only=False, takes_content=takes_content
    )


def image(folder: Path, *files: str) -> Path:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(folder.name)
    folder.mkdir(exist_ok=True)
    return folder


def test_the_first_that_has_something_there_fills_it(tmp_path: Path) -> None:
    one = image(tmp_path / "one", "x")
    (one / "data").mkdir()
    two, three = image(tmp_path / "two", "in/file"), image(tmp_path / "three", "data/file")
    home = tmp_path / "volumes"
    have_volumes(
        home, [(one, [placed("/data")]), (two, [placed("/in")]), (three, [placed("/data")])]
    )
    assert (home / "data/file").read_text() == "two"
    assert os.listdir(home) == ["data"]


def test_what_was_half_done_is_done_anew_and_what_is_whole_is_left(tmp_path: Path) -> None:
    root, home = image(tmp_path / "one", "data/file"), tmp_path / "volumes"
    image(home / "data.partial", "stray")
    have_volumes(home, [(root, [placed("/data")])])
    assert os.listdir(home / "data") == ["file"]
    (home / "data/file").unlink()
    have_volumes(home, [(root, [placed("/data")])])
    assert os.listdir(home / "data") == []


def test_what_another_container_shows_takes_nothing(tmp_path: Path) -> None:
    root, home = image(tmp_path / "one", "data/file"), tmp_path / "volumes"
    have_volumes(home, [(root, [placed("/data", takes_content=False)])])
    assert os.listdir(home / "data") == []


@pytest.mark.parametrize("target", ["../../outside", "/../outside", "{outside}"])
def test_a_link_leads_to_nothing_outside(tmp_path: Path, target: str) -> None:
    outside = image(tmp_path / "outside", "secret")
    root, home = image(tmp_path / "one"), tmp_path / "volumes"
    (root / "data").symlink_to(target.format(outside=outside))
    have_volumes(home, [(root, [placed("/data")])])
    assert os.listdir(home / "data") == []


def test_a_copy_that_fails_says_why_and_leaves_no_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, home = image(tmp_path / "one", "data/file"), tmp_path / "volumes"
    programs = image(tmp_path / "bin")
    (programs / "cp").write_text("#!/bin/sh\necho cp: no space left >&2; exit 1\n")
    (programs / "cp").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    with pytest.raises(VolumeFailed, match="failed to copy the image's content: cp: no space left"):
        have_volumes(home, [(root, [placed("/data")])])
    assert not (home / "data").exists()
