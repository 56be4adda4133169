"""What a task's folder remembers, and what it must not."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hostless.compute.images.image import Image, ImageConfig
from hostless.compute.local.folders import Folders, task_id_of
from hostless.compute.local.records import (
    find_record,
    is_lost,
    record_of,
    write_record,
    write_whole,
)
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.domain.arns import TaskId
from hostless.domain.container_identity import runtime_id_of

TASK = TaskSpec(
    id=TaskId("0123456789abcdef" * 2),
    cpu_units=256,
    memory_mib=512,
    ephemeral_storage_gib=20,
    isolation="container",
    containers=(
        ContainerSpec(name="web", image="a", environment=(("TOKEN", "hidden"),)),
        ContainerSpec(name="side", image="b"),
    ),
)
IMAGES = {
    "web": Image(digest="sha256:1", config=ImageConfig(stop_signal="SIGQUIT"), layers=()),
    "side": Image(digest="sha256:2", config=ImageConfig(stop_signal=""), layers=()),
}


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "task.json"
    record = record_of(TASK, IMAGES, 12.5)
    write_record(path, record)
    assert find_record(path) == record
    assert [c.stop_signal for c in record.containers] == ["SIGQUIT", "SIGTERM"]
    assert [c.digest for c in record.containers] == ["sha256:1", "sha256:2"]


def test_environment_values_are_not_remembered(tmp_path: Path) -> None:
    write_record(tmp_path / "task.json", record_of(TASK, IMAGES, 12.5))
    assert "hidden" not in (tmp_path / "task.json").read_text()
    assert record_of(TASK, IMAGES, 0).containers[0].spec == replace(
        TASK.containers[0], environment=()
    )


def test_no_record_and_half_a_record_are_none(tmp_path: Path) -> None:
    assert find_record(tmp_path / "task.json") is None
    (tmp_path / "task.json").write_text('{"task": {')
    assert find_record(tmp_path / "task.json") is None


def test_a_file_that_two_threads_write_at_once_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the first two containers of an engine do with the filter that both had compiled."""
    path = tmp_path / "filter"
    rename = os.rename

    def write_once_more_and_rename(source: str, target: str) -> None:
        monkeypatch.setattr(os, "rename", rename)
        with ThreadPoolExecutor() as other:
            other.submit(write_whole, path, b"second").result()
        assert path.read_bytes() == b"second"
        rename(source, target)

    monkeypatch.setattr(os, "rename", write_once_more_and_rename)
    write_whole(path, b"first")
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["filter"]


def test_runtime_ids_have_fargates_form_and_one_length() -> None:
    found = {runtime_id_of(TASK.id, name) for name in ("web", "side", "x" * 255)}
    assert len(found) == 3
    assert {len(one) for one in found} == {43}
    assert {task_id_of(one) for one in found} == {TASK.id}


def test_each_container_has_paths_of_its_own() -> None:
    folders = Folders(root=Path("/r"))
    web, side = (folders.container(TASK.id, name) for name in ("web", "x" * 255))
    assert web.log == Path(f"/r/tasks/{TASK.id}/{web.runtime_id[-10:]}.log")
    assert web.root == Path(f"/r/run/tasks/{TASK.id}/{web.runtime_id}/root")
    of_web, of_side = (
        {one.upper, one.work, one.log, one.bundle, one.exit_file} for one in (web, side)
    )
    assert len(of_web) == 5
    assert not of_web & of_side


def test_a_task_is_lost_when_the_disk_knows_it_and_this_boot_does_not(tmp_path: Path) -> None:
    folders = Folders(root=tmp_path)
    assert not is_lost(folders, TASK.id)
    write_record(folders.record(TASK.id), record_of(TASK, IMAGES, 12.5))
    assert not is_lost(folders, TASK.id)
    folders.task(TASK.id).mkdir(parents=True)
    assert not is_lost(folders, TASK.id)
    folders.record(TASK.id).unlink()
    assert is_lost(folders, TASK.id)
