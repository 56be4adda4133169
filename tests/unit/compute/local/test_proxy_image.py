"""Unit tests of the image of proxies: made of the host's own program, once."""

import os
import shutil
from pathlib import Path

import pytest

from hostless.compute.local.folders import Folders
from hostless.compute.local.proxy_image import ProxyImage
from hostless.compute.seam import StartFailed


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(root=tmp_path)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some dynamic program that is called haproxy, first in the path."""
    there = tmp_path / "host/bin"
    there.mkdir(parents=True)
    found = Path(shutil.copy("/bin/ls", there / "haproxy"))
    monkeypatch.setenv("PATH", f"{there}:{os.environ['PATH']}")
    return found


async def test_the_program_and_all_its_libraries_are_in_one_layer(
    folders: Folders, program: Path
) -> None:
    image = await ProxyImage().have(folders)
    (layer,) = image.layers
    assert (layer / program.relative_to("/")).read_bytes() == program.read_bytes()
    assert [path for path in layer.glob("**/libc.so*") if path.is_file()]
    assert image.config.entry_point[0] == str(program)
    assert image.config.stop_signal == "SIGUSR1"


async def test_it_is_made_once_for_each_version_and_found_by_digest(
    folders: Folders, program: Path
) -> None:
    images = ProxyImage()
    first = await images.have(folders)
    assert await images.have(folders) == first
    assert await ProxyImage().have(folders) == first
    assert images.get(folders, first.digest) == first
    os.utime(program, (1, 1))
    second = await images.have(folders)
    assert second.digest != first.digest
    assert images.get(folders, first.digest) == first, "a task may be about to hold it"
    assert images.get(folders, second.digest) == second
    os.utime(program, (2, 2))
    await images.have(folders)
    assert images.get(folders, first.digest) is None, "no task holds it"


async def test_what_was_taken_away_is_made_again(folders: Folders, program: Path) -> None:
    images = ProxyImage()
    first = await images.have(folders)
    shutil.rmtree(folders.root / "proxies")
    assert await images.have(folders) == first
    assert first.layers[0].is_dir()


async def test_without_haproxy_it_is_said_what_to_install(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostless.compute.local.host.find_program", lambda _: None)
    with pytest.raises(StartFailed, match="apt-get install haproxy") as refused:
        await ProxyImage().have(folders)
    assert refused.value.reason.startswith("ResourceInitializationError: ")
