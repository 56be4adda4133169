"""What becomes of a runtime that hangs."""

import os
from pathlib import Path

import msgspec
import pytest

from hostless.compute.local import runtimes
from hostless.compute.local.cgroups import SplitTree
from hostless.compute.local.folders import Folders
from hostless.compute.local.holder import Holder
from hostless.compute.local.runtimes import Runc, RuntimeFailed, SandboxOrder
from hostless.compute.local.sweeping import Sweeper
from hostless.compute.local.task_groups import TaskGroups
from hostless.domain.arns import TaskId

TASK = TaskId("a" * 32)


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runc:
    program = tmp_path / "runc"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(runtimes, "COMMAND_SECONDS", 0.05)
    return Runc(program, tmp_path / "state", "1")


def test_a_start_that_hangs_has_failed(runtime: Runc, tmp_path: Path) -> None:
    state = {"init_process_pid": os.getpid(), "init_process_start": 1}
    (tmp_path / "state" / "one").mkdir(parents=True)
    (tmp_path / "state" / "one" / "state.json").write_bytes(msgspec.json.encode(state))
    (tmp_path / "state" / "one" / "exec.fifo").touch()
    with pytest.raises(RuntimeFailed, match="runc did not end within"):
        runtime.begin("one")


def test_a_namespace_of_processes_that_is_never_made_has_failed(
    runtime: Runc, tmp_path: Path
) -> None:
    folders = Folders(root=tmp_path)
    groups = TaskGroups(SplitTree(dict.fromkeys(("memory", "cpu", "pids"), tmp_path)), "e")
    folders.run.mkdir()
    for folder in (folders.exits, folders.bundles):
        folder.mkdir()
    holder = Holder(folders, groups, runtime, Sweeper(folders, groups, runtime))
    order = SandboxOrder(task_id=TASK, cgroup="", namespace=None, host_name="host")
    with pytest.raises(RuntimeFailed, match="runc did not end within"):
        holder.have(order)
