"""One engine per state folder, and what is known of it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hostless.domain.settings import Settings
from hostless.store import ownership
from hostless.store.ownership import (
    EngineRecord,
    StateDirTaken,
    StateDirUnusable,
    is_owned,
    last_owner_of,
    owner_of,
    prepare,
    take,
)


def record_of(state_dir: Path, pid: int) -> EngineRecord:
    return EngineRecord(
        pid=pid,
        started_at=1.5,
        endpoint="http://127.0.0.1:4566",
        settings=Settings(state_dir=str(state_dir), over_commit=2.0),
    )


def test_a_second_engine_is_told_who_owns_the_folder(tmp_path: Path) -> None:
    record = record_of(tmp_path, os.getpid())
    ownership = take(tmp_path)
    ownership.announce(record)
    with pytest.raises(StateDirTaken) as refusal:
        take(tmp_path)
    assert refusal.value.owner == record
    ownership.release()
    take(tmp_path).release()


def test_the_record_outlives_the_engine_but_the_lock_does_not(tmp_path: Path) -> None:
    record = record_of(tmp_path, os.getpid())
    ownership = take(tmp_path)
    ownership.announce(record)
    assert (is_owned(tmp_path), owner_of(tmp_path)) == (True, record)
    ownership.release()
    assert (is_owned(tmp_path), owner_of(tmp_path)) == (False, None)
    assert last_owner_of(tmp_path) == record


def test_the_lock_dies_with_a_killed_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from hostless.store.ownership import take\n"
        "held = take(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_owned(tmp_path)
        process.kill()
        process.wait()
    take(tmp_path).release()


def test_a_child_that_a_killed_engine_was_starting_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between fork and exec a child still has its parent's lock."""
    held = take(tmp_path)
    held.announce(record_of(tmp_path, 1))
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[held._lock])
    held.release()
    assert is_owned(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda _: child.communicate())
    take(tmp_path).release()
    assert child.returncode == 0


def test_an_engine_that_is_just_starting_is_no_owner_that_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "LOCK_SECONDS", 0.0)
    starting = take(tmp_path)
    with pytest.raises(StateDirTaken) as refusal:
        take(tmp_path)
    assert refusal.value.owner is None
    starting.release()


def test_a_stale_record_never_names_a_process_that_does_not_hold_the_lock(tmp_path: Path) -> None:
    ownership = take(tmp_path)
    ownership.announce(record_of(tmp_path, 1))
    assert is_owned(tmp_path)
    assert owner_of(tmp_path) is None
    ownership.release()


def test_a_folder_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StateDirUnusable, match="not hostless's"):
        prepare(tmp_path)
    with pytest.raises(StateDirUnusable):
        take(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_state_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateDirUnusable, match="not a folder"):
        prepare(tmp_path / "file")


def test_a_folder_that_lost_what_tells_whose_it_is_can_be_taken_by_who_knows(
    tmp_path: Path,
) -> None:
    (tmp_path / "compute").mkdir()
    with pytest.raises(StateDirUnusable):
        take(tmp_path)
    take(tmp_path, was_ours=True).release()


def test_a_folder_with_a_file_of_somebody_else_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "compute").mkdir()
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StateDirUnusable):
        take(tmp_path, was_ours=True)
