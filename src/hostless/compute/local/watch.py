"""Tells that a container may have ended: exit files that appear, processes that are gone.

Hints only; what is true is read by `observing`. Used on the event loop only.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from hostless.compute.local.folders import task_id_of
from hostless.compute.local.kernel import FolderWatch
from hostless.compute.local.processes import ProcessMark, open_process
from hostless.domain.arns import TaskId


class TaskWatch:
    def __init__(self) -> None:
        self._hints: list[Callable[[TaskId], None]] = []
        self._waiters: dict[TaskId, list[asyncio.Future[None]]] = {}
        self._followed: dict[ProcessMark, int] = {}
        self._exits: FolderWatch | None = None

    def open(self, exits: Path) -> None:
        self._exits = FolderWatch(exits)
        asyncio.get_running_loop().add_reader(self._exits.descriptor, self._exit_written)

    def on_change(self, hint: Callable[[TaskId], None]) -> None:
        self._hints.append(hint)

    def follow(self, task_id: TaskId, process: ProcessMark) -> None:
        """Tell when the process ends: conmon may not be there to write an exit file."""
        if process in self._followed:
            return
        descriptor = open_process(process)
        if descriptor is None:
            self._tell(task_id)
            return
        self._followed[process] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._process_ended, task_id, process)

    def expect_change(self, task_id: TaskId) -> asyncio.Future[None]:
        """Done at the next sign of change; ask for it before looking, await it after."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(task_id, []).append(future)
        return future

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for descriptor in self._followed.values():
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._followed.clear()
        if self._exits is not None:
            loop.remove_reader(self._exits.descriptor)
            self._exits.close()
            self._exits = None

    def _exit_written(self) -> None:
        if self._exits is not None:
            for task_id in {task_id_of(name) for name in self._exits.names()}:
                self._tell(task_id)

    def _process_ended(self, task_id: TaskId, process: ProcessMark) -> None:
        descriptor = self._followed.pop(process)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        self._tell(task_id)

    def _tell(self, task_id: TaskId) -> None:
        for future in self._waiters.pop(task_id, ()):
            if not future.done():
                future.set_result(None)
        for hint in self._hints:
            hint(task_id)
