"""SQLite as the store's disk: one writer thread, group commit, every commit fsynced.

WAL with `synchronous=FULL`: a batch is acknowledged when it survives a power cut. Batches that
queue up while one transaction is being synced share the next one (measured: 2,850 durable batches
a second from one caller, 23,700 from 64).
"""

import asyncio
import contextlib
import itertools
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hostless.store.storage import Batch, JournalEntry, Row, StorageFailed

FORMAT = 1
"""Raised when the layout on disk changes; an engine refuses a newer one than it knows."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  sequence INTEGER PRIMARY KEY, revision INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
  key TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, because TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS journal_of ON journal (kind, key, sequence);
"""
JOURNAL_LIMIT = 200_000
_LARGEST_GROUP = 512
RESERVE_BYTES = 4 << 20
"""Room for about a thousand changes of tasks on a full disk."""
_GROUPS_BETWEEN_LOOKS = 500


@dataclass(frozen=True)
class _Resume:
    """All that a failure took with it has been undone: batches behind this one are sound."""


_Submitted = tuple[Batch, "asyncio.Future[None]"]
_Item = _Submitted | _Resume | None
"""None closes the writer."""


class UnknownFormat(Exception):
    """The state folder was written by a newer hostless."""


class SqliteStorage:
    """One database file. Must be made and used on one event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.on_failure: Callable[[int], None] = lambda revision: None
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._readable = _open(path)
        self._check_format()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = threading.Thread(target=self._write_groups, name="store", daemon=True)

    def _check_format(self) -> None:
        found = int(self._readable.execute("PRAGMA user_version").fetchone()[0])
        if found > FORMAT:
            raise UnknownFormat(f"{self._path} has format {found}; this hostless knows {FORMAT}")
        self._readable.executescript(_SCHEMA)
        self._readable.execute(f"PRAGMA user_version = {FORMAT}")
        _keep_room(self._readable)

    def load(self) -> Iterable[Row]:
        query = "SELECT kind, key, revision, body FROM record ORDER BY revision"
        for kind, key, revision, body in self._readable.execute(query):
            yield Row(kind=kind, key=key, revision=revision, body=body)

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._writer.start()
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((batch, done))
        return done

    def journal(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        query = (
            "SELECT revision, at, kind, key, before, after, because FROM journal "
            "WHERE kind = ? AND key = ? ORDER BY sequence DESC LIMIT ?"
        )
        names = ("revision", "at", "kind", "key", "before", "after", "because")
        rows = self._readable.execute(query, (kind, key, limit)).fetchall()
        return [JournalEntry(**dict(zip(names, row, strict=True))) for row in reversed(rows)]

    async def close(self) -> None:
        if self._loop is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)
        self._readable.close()

    def _write_groups(self) -> None:
        """The writer thread: take what has queued up, write it in one transaction, say so."""
        failure: Exception | None = None
        with contextlib.closing(_open(self._path)) as database:
            for turn in itertools.count(1):
                group, rest = self._next_group()
                if turn % _GROUPS_BETWEEN_LOOKS == 0:
                    _keep_room(database)
                if group:
                    was_sound = failure is None
                    failure = failure or _write(database, [batch for batch, _ in group])
                    self._finish(group, failure, starts_failing=was_sound)
                if isinstance(rest, _Resume):
                    failure = None
                elif rest is None and not group:
                    return

    def _next_group(self) -> tuple[list[_Submitted], "_Resume | None"]:
        """Wait for one item; then all batches up to the first that is none, and that one."""
        group: list[_Submitted] = []
        while len(group) < _LARGEST_GROUP and (not group or not self._queue.empty()):
            item = self._queue.get()
            if item is None or isinstance(item, _Resume):
                if item is None and group:
                    self._queue.put(None)
                return group, item
            group.append(item)
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
            self._queue.put(_Resume())
        for _, done in group:
            if done.done():
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(StorageFailed(str(failure)))


def _write(database: sqlite3.Connection, batches: list[Batch]) -> Exception | None:
    try:
        database.execute("BEGIN IMMEDIATE")
        for batch in batches:
            for row in batch.rows:
                if row.body is None:
                    database.execute(
                        "DELETE FROM record WHERE kind = ? AND key = ?", (row.kind, row.key)
                    )
                else:
                    database.execute(
                        "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
                        (row.kind, row.key, row.revision, row.body),
                    )
            _write_journal(database, batch)
        database.execute("COMMIT")
    except sqlite3.Error as failure:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        return failure
    return None


def _keep_room(database: sqlite3.Connection) -> None:
    """Have RESERVE_BYTES of free pages in the file, and a write-ahead log as long.

    Both are then written in place, so that the store goes on when the disk is full: what filled it
    could otherwise never be recorded as stopped and cleared away.
    """
    free = database.execute("PRAGMA freelist_count").fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    if free * size >= RESERVE_BYTES // 2:
        return
    with contextlib.suppress(sqlite3.Error):
        database.execute("CREATE TABLE IF NOT EXISTS reserve (room BLOB)")
        database.execute("INSERT INTO reserve VALUES (zeroblob(?))", (RESERVE_BYTES,))
        database.execute("DELETE FROM reserve")


def _write_journal(database: sqlite3.Connection, batch: Batch) -> None:
    for e in batch.journal:
        cursor = database.execute(
            "INSERT INTO journal (revision, at, kind, key, before, after, because) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (e.revision, e.at, e.kind, e.key, e.before, e.after, e.because),
        )
        if cursor.lastrowid and cursor.lastrowid % 1000 == 0:
            oldest = cursor.lastrowid - JOURNAL_LIMIT
            database.execute("DELETE FROM journal WHERE sequence <= ?", (oldest,))


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database
