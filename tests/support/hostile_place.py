"""An engine on which tasks misbehave beside one that behaves, and how to look at both."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.engine import RunningEngine

from hostless.compute.local.cgroups import find_tree, groups_below

LEVELS = (
    "container",
    pytest.param(
        "gvisor",
        marks=pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed"),
    ),
)
ANSWER = r"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
SERVE = f"while :; do printf '{ANSWER}' | nc -l -p 8080; done"
"""By nc: busybox's httpd crashes in the gVisor of 2022 that Debian 12 has."""


def shell(script: str, **fields: Any) -> dict[str, Any]:
    return {"entryPoint": ["sh", "-c"], "command": [script], **fields}


def task_id_of(task: Mapping[str, Any]) -> str:
    return str(task["taskArn"]).rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Place:
    """neighbour: a task that serves a page. traces: of the engine with the neighbour alone."""

    engine: RunningEngine
    level: str
    neighbour: dict[str, Any]
    traces: Mapping[str, list[str]]

    def groups(self, task: Mapping[str, Any]) -> Iterator[Path]:
        """Every control group of a task, in every hierarchy."""
        for hierarchy in find_tree().hierarchies:
            group = hierarchy / "hostless" / self.engine.engine_id / task_id_of(task)
            yield from groups_below(group)

    def counted(self, task: Mapping[str, Any], file: str) -> list[int]:
        """The last number in a file of each of the task's groups that has it, the task's last."""
        found = []
        for group in self.groups(task):
            try:
                words = (group / file).read_text().split()
            except OSError:
                continue  # no such controller, or the container has just gone
            found += [int(words[-1])] if words and words[-1].isdigit() else []
        return found

    def is_there(self, task: Mapping[str, Any]) -> bool:
        return any(True for _ in self.groups(task))

    def log_file(self, task: Mapping[str, Any]) -> Path | None:
        """Of the task's one container, before it is read."""
        folder = self.engine.state_dir / "compute" / "tasks" / task_id_of(task)
        return next(folder.glob("*.log"), None)


def host_facts() -> list[str]:
    """What a task that could reach the host's kernel would have changed."""
    files = ("kernel/hostname", "kernel/core_pattern", "kernel/panic", "vm/overcommit_memory")
    facts = [Path("/proc/sys", name).read_text().strip() for name in files]
    return [*facts, subprocess.run(["cat", "/proc/swaps"], capture_output=True, text=True).stdout]
