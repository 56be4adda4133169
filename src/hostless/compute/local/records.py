"""What is remembered of a task in this boot, so that another engine process can take over.

Environment values are left out: they may be secrets, and a container that was made knows its own.
"""

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from hostless.compute.images.image import Image
from hostless.compute.local.folders import Folders
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.domain.arns import TaskId
from hostless.kit.clock import Timestamp

DEFAULT_STOP_SIGNAL = "SIGTERM"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """digest: of the image. stop_signal: as the image says it."""

    spec: ContainerSpec
    digest: str
    stop_signal: str = DEFAULT_STOP_SIGNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """task: without containers; they are in `containers`."""

    task: TaskSpec
    pulled_at: Timestamp
    containers: tuple[ContainerRecord, ...]

    def find(self, name: str) -> ContainerRecord | None:
        return next((c for c in self.containers if c.spec.name == name), None)


def record_of(task: TaskSpec, images: dict[str, Image], now: Timestamp) -> TaskRecord:
    """images: by container name."""
    return TaskRecord(
        task=replace(task, containers=()),
        pulled_at=now,
        containers=tuple(
            ContainerRecord(
                spec=replace(spec, environment=()),
                digest=images[spec.name].digest,
                stop_signal=images[spec.name].config.stop_signal or DEFAULT_STOP_SIGNAL,
            )
            for spec in task.containers
        ),
    )


def find_record(path: Path) -> TaskRecord | None:
    """None when the task was never pulled in this boot."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=TaskRecord, dec_hook=_path_of)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_record(path: Path, record: TaskRecord) -> None:
    """Whole or not at all."""
    write_whole(path, msgspec.json.encode(record, enc_hook=str))


def _path_of(kind: type, text: str) -> Path:
    """The only kind in a record that msgspec does not know."""
    assert kind is Path, kind
    return Path(text)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file so that nobody ever sees a part of it. Raises OSError.

    Several threads may write the same file: each has a draft of its own, and the last one wins.
    """
    draft = f"{path}.{threading.get_native_id()}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        descriptor = os.open(draft, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, flags, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask
        file.write(data)
    os.rename(draft, path)


def is_lost(folders: Folders, task_id: TaskId) -> bool:
    """Whether the machine went down after containers of the task were made."""
    return folders.task(task_id).exists() and not folders.record(task_id).exists()


def task_ids_in(folder: Path) -> frozenset[TaskId]:
    try:
        return frozenset(TaskId(name) for name in os.listdir(folder))
    except FileNotFoundError:
        return frozenset()
