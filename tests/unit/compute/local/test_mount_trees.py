"""What becomes of a mapping of users that cannot be had."""

from pathlib import Path

import pytest

from hostless.compute.local import mount_trees
from hostless.compute.local.mount_trees import id_mapping


def put_in_place_of_unshare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "unshare"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_host_without_user_namespaces_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place_of_unshare(tmp_path, monkeypatch, "exit 1")
    with (
        pytest.raises(OSError, match="a user namespace could not be had: unshare failed"),
        id_mapping([(1, 1)], [(1, 1)]),
    ):
        pass


def test_a_namespace_that_does_not_come_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place_of_unshare(tmp_path, monkeypatch, "exec /bin/sleep 60")
    monkeypatch.setattr(mount_trees, "_ENTRY_SECONDS", 0.05)
    with (
        pytest.raises(OSError, match="could not be had in time"),
        id_mapping([(1, 1)], [(1, 1)]),
    ):
        pass
