"""Unit test of letting go of the image store on a disk that takes nothing any more."""

import errno
import os
from pathlib import Path

import pytest
from tests.support.image_store import store_in

from hostless.compute.images.layers import LayerStore


async def test_a_full_disk_is_told_and_the_folder_is_free_for_the_next_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(layers: LayerStore) -> tuple[()]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(LayerStore, "unsynced", refuse)
        async with store_in(tmp_path):
            pass
    assert "No space left on device" in caplog.text
    async with store_in(tmp_path):
        pass
