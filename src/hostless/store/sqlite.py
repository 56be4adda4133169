"""SQLite as the store's disk: one writer thread, group commit, every commit fsynced.

WAL with `synchronous=FULL`: a batch is acknowledged when it survives a power cut. Batches that
queue up while one transaction is being synced share the next one (measured: 2,850 durable batches
a second from one caller, 23,700 from 64).
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hostless.store.database import Database, keep_room
from hostless.store.storage import Batch, JournalEntry, KeptEvent, Row, StorageFailed

_LARGE_GROUP = 512
"""Batches; one that is no smaller waits for no more."""
_BATCHES_BETWEEN_LOOKS = 250
"""Of the room that is left: they take about a quarter of the reserve. On a disk that is not tight
the look then waits until there is time for it, so that nobody's commit does."""
_QUIET_SECONDS = 0.02
"""Without a batch for so long, there is time."""


@dataclass(frozen=True)
class _Resume:
    """All that a failure took with it has been undone: batches behind this one are sound."""


_Submitted = tuple[Batch, "asyncio.Future[None]"]
_Item = list[_Submitted] | _Resume | None
"""A turn's batches; None closes the writer."""


class SqliteStorage:
    """One database file. Must be made and used on one event loop."""

    def __init__(self, path: Path) -> None:
        """Raises StorageFailed when the file cannot be used, UnknownFormat."""
        self.on_failure: Callable[[int], None] = lambda revision: None
        try:
            self._database = Database(path)
        except sqlite3.Error as failure:
            raise StorageFailed(f"{path.name}: {failure}") from failure
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._gathered: list[_Submitted] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = threading.Thread(target=self._write_groups, name="store", daemon=True)

    def load(self) -> Iterable[Row]:
        return self._database.load()

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._writer.start()
        done: asyncio.Future[None] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append((batch, done))
        return done

    def _hand_over(self) -> None:
        """Give the writer all of this turn at once: it wakes once, when this thread is through."""
        gathered, self._gathered = self._gathered, []
        self._queue.put(gathered)

    def journal(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        return self._database.story(kind, key, limit)

    def events(self, after: int | None, limit: int) -> Sequence[KeptEvent]:
        return self._database.events(after, limit)

    async def close(self) -> None:
        if self._loop is not None:
            self._hand_over()
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)
        self._database.close()

    def _write_groups(self) -> None:
        """The writer thread: take what has queued up, write it in one transaction, say so."""
        failure: Exception | None = None
        with contextlib.closing(self._database.connect()) as connection:
            unlooked = 0
            while True:
                is_due = unlooked >= _BATCHES_BETWEEN_LOOKS
                heard = self._next_group(_QUIET_SECONDS if is_due else None)
                if heard is None:
                    keep_room(connection)
                    unlooked = 0
                    continue
                group, rest = heard
                unlooked += len(group)
                if unlooked >= _BATCHES_BETWEEN_LOOKS and self._database.is_tight():
                    keep_room(connection)
                    unlooked = 0
                if group:
                    was_sound = failure is None
                    failure = failure or self._database.write(
                        connection, [batch for batch, _ in group]
                    )
                    self._finish(group, failure, starts_failing=was_sound)
                if isinstance(rest, _Resume):
                    failure = None
                elif rest is None and not group:
                    return

    def _next_group(
        self, patience: float | None
    ) -> "tuple[list[_Submitted], _Resume | None] | None":
        """Wait for batches; then all up to what is none, and that.

        None when nothing came for `patience` seconds; without patience it waits for ever.
        """
        group: list[_Submitted] = []
        while len(group) < _LARGE_GROUP and (not group or not self._queue.empty()):
            try:
                item = self._queue.get(timeout=patience)
            except queue.Empty:
                return None
            if item is None or isinstance(item, _Resume):
                if item is None and group:
                    self._queue.put(None)
                return group, item
            group += item
        return group, None

    def _finish(
        self, group: list[_Submitted], failure: Exception | None, *, starts_failing: bool
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._settle, group, failure, starts_failing)

    def _settle(
        self, group: list[_Submitted], failure: Exception | None, starts_failing: bool
    ) -> None:
        if failure is not None and starts_failing:
            self.on_failure(group[0][0].revision)
            self._hand_over()  # what this turn submitted has been undone too, so it has to fail
            self._queue.put(_Resume())
        for _, done in group:
            if done.done():
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(StorageFailed(str(failure)))
