"""The database file: its tables, and the few statements that read and write them.

Each record has a number that rises with its age. Rows and stories lie in that order, so what is
written together lies together: a commit of eight new tasks writes a quarter of the pages that it
would write if they lay by key. Threads, and who waits for what, are in `hostless.store.sqlite`.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from hostless.store.storage import Batch, EventEntry, JournalEntry, KeptEvent, Row

T = TypeVar("T")

FORMAT = 2
"""Raised when the layout on disk changes; an engine refuses a file of another one."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS journal (
  sequence INTEGER PRIMARY KEY, number INTEGER NOT NULL, revision INTEGER NOT NULL,
  at REAL NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, before TEXT NOT NULL,
  after TEXT NOT NULL, because TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS journal_of ON journal (number);
CREATE TABLE IF NOT EXISTS event (
  sequence INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL);
"""
JOURNAL_LIMIT = 200_000
EVENT_LIMIT = 50_000
"""About 100 MB: an event is kept as the record that tells it, two kilobytes for a small task."""
EVENTS_GIVEN_UP = 1000
"""At a look that finds the disk full: about two megabytes."""
_GIVE_UP = """
DELETE FROM event WHERE sequence < (SELECT max(sequence) FROM event)
  AND sequence < (SELECT min(sequence) FROM event) + ?
"""
"""The newest stays: sequences go on from it."""
_ROWS_A_STATEMENT = 256
TIGHT_BYTES = 1 << 30
"""With more left on the disk, the reserve is filled up when the writer has time: filling it costs
as much as what used it up. What used it up left events, too, which a full disk can do without."""
RESERVE_BYTES = 4 << 20
"""Room for about a thousand changes of tasks on a full disk."""


class UnknownFormat(Exception):
    """The state folder was written by another hostless, whose files this one cannot read."""


def _keep_private(path: Path) -> None:
    """Records hold private keys: nobody else reads the file, whoever may look into its folder.

    SQLite gives the files beside it the same mode. What is wrong with the path is SQLite's to say.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)


class Database:
    """Made, read and closed on one thread; written on another, with a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _keep_private(path)
        self._readable = self.connect()
        found = int(self._readable.execute("PRAGMA user_version").fetchone()[0])
        if found not in (0, FORMAT):
            raise UnknownFormat(f"{path} has format {found}; this hostless knows {FORMAT}")
        self._readable.executescript(_SCHEMA)
        self._readable.execute(f"PRAGMA user_version = {FORMAT}")
        keep_room(self._readable)
        self._numbers: dict[tuple[str, str], int] = {}
        self._last_number = self._find_last_number()

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=10
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _find_last_number(self) -> int:
        """Also of what is gone: its story is not to become another's."""
        last = 0
        for table in ("record", "journal"):
            found = self._readable.execute(f"SELECT max(number) FROM {table}").fetchone()[0]
            last = max(last, found or 0)
        return last

    def is_tight(self) -> bool:
        """Whether the disk may be full before there is time to make room (`keep_room`)."""
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize < TIGHT_BYTES

    def close(self) -> None:
        self._readable.close()

    def load(self) -> Iterable[Row]:
        """Every record, by revision; to be read before anything is written."""
        query = "SELECT number, kind, key, revision, body FROM record ORDER BY revision"
        for number, kind, key, revision, body in self._readable.execute(query):
            self._numbers[kind, key] = number
            yield Row(kind=kind, key=key, revision=revision, body=body)

    def story(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        """The newest entries of a record that there is, oldest first."""
        names = ("revision", "at", "kind", "key", "before", "after", "because")
        query = (
            f"SELECT {', '.join(names)} FROM journal WHERE number = ? "
            "ORDER BY sequence DESC LIMIT ?"
        )
        found = self._readable.execute(query, (self._numbers.get((kind, key)), limit)).fetchall()
        return [JournalEntry(**dict(zip(names, row, strict=True))) for row in reversed(found)]

    def events(self, after: int | None, limit: int) -> Sequence[KeptEvent]:
        """The next after a sequence; with None the newest."""
        columns = "SELECT sequence, at, kind, body FROM event"
        if after is None:
            query, values = f"{columns} ORDER BY sequence DESC LIMIT ?", [limit]
        else:
            query = f"{columns} WHERE sequence > ? ORDER BY sequence LIMIT ?"
            values = [after, limit]
        found = sorted(self._readable.execute(query, values).fetchall())
        return [
            KeptEvent(sequence=sequence, entry=EventEntry(at=at, kind=kind, body=body))
            for sequence, at, kind, body in found
        ]

    def write(self, connection: sqlite3.Connection, batches: list[Batch]) -> sqlite3.Error | None:
        """Make all of them durable, or none; then why."""
        rows = {(row.kind, row.key): row for batch in batches for row in batch.rows}
        entries = [entry for batch in batches for entry in batch.journal]
        events = [event for batch in batches for event in batch.events]
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._write_rows(connection, rows.values())
            self._write_journal(connection, entries)
            self._write_events(connection, events)
            connection.execute("COMMIT")
        except sqlite3.Error as failure:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            return failure
        for at in (at for at, row in rows.items() if row.body is None):
            self._numbers.pop(at, None)
        return None

    def _number(self, kind: str, key: str) -> int:
        """Of a record, which may be new. It keeps the number when it could not be written."""
        number = self._numbers.get((kind, key))
        if number is None:
            self._last_number += 1
            number = self._numbers[kind, key] = self._last_number
        return number

    def _write_rows(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
        """The fewer statements the better: after each one a thread waits for its interpreter."""
        values = [
            (self._number(r.kind, r.key), r.kind, r.key, r.revision, r.body)
            for r in rows
            if r.body is not None
        ]
        for some in _pieces(values):
            query = f"INSERT OR REPLACE INTO record VALUES {_marks(some)}"
            connection.execute(query, _flat(some))
        for row in rows:
            if row.body is None:
                number = self._number(row.kind, row.key)
                connection.execute("DELETE FROM record WHERE number = ?", (number,))

    def _write_journal(self, connection: sqlite3.Connection, entries: list[JournalEntry]) -> None:
        values = [
            (
                self._number(e.kind, e.key),
                e.revision,
                e.at,
                e.kind,
                e.key,
                e.before,
                e.after,
                e.because,
            )
            for e in entries
        ]
        for some in _pieces(values):
            query = (
                "INSERT INTO journal (number, revision, at, kind, key, before, after, because) "
                f"VALUES {_marks(some)}"
            )
            last = connection.execute(query, _flat(some)).lastrowid or 0
            _trim(connection, "journal", last, len(some), JOURNAL_LIMIT)

    def _write_events(self, connection: sqlite3.Connection, events: list[EventEntry]) -> None:
        values = [(event.at, event.kind, event.body) for event in events]
        for some in _pieces(values):
            query = f"INSERT INTO event (at, kind, body) VALUES {_marks(some)}"
            last = connection.execute(query, _flat(some)).lastrowid or 0
            _trim(connection, "event", last, len(some), EVENT_LIMIT)


def _trim(connection: sqlite3.Connection, table: str, last: int, added: int, limit: int) -> None:
    """The oldest rows go when there are too many, looked at once in a thousand rows."""
    if last % 1000 < added:
        connection.execute(f"DELETE FROM {table} WHERE sequence <= ?", (last - limit,))


def _pieces(rows: list[T]) -> Iterable[list[T]]:
    return (rows[at : at + _ROWS_A_STATEMENT] for at in range(0, len(rows), _ROWS_A_STATEMENT))


def _marks(rows: Sequence[tuple[object, ...]]) -> str:
    """`(?, ?), (?, ?)`: what stands for the values of these rows."""
    return ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))


def _flat(rows: Iterable[tuple[object, ...]]) -> list[object]:
    return [value for row in rows for value in row]


def keep_room(connection: sqlite3.Connection) -> None:
    """Have RESERVE_BYTES of free pages in the file, and a write-ahead log as long.

    Both are then written in place, so that the store goes on when the disk is full: what filled it
    could otherwise never be recorded as stopped and cleared away. On a full disk the oldest events
    make the room: what is true matters more than what was told.
    """
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    if free * size >= RESERVE_BYTES // 2:
        return
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS reserve (room BLOB)")
        connection.execute("INSERT INTO reserve VALUES (zeroblob(?))", (RESERVE_BYTES,))
        connection.execute("DELETE FROM reserve")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute(_GIVE_UP, (EVENTS_GIVEN_UP,))
