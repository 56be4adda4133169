"""The narrow seam between the store and a disk: write whole batches, read everything once.

`MemoryStorage` is for simulation and tests: nothing outlives the process. `SqliteStorage`
(`hostless.store.sqlite`) is the embedded default.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as stored; body None removes it."""

    kind: str
    key: str
    revision: int
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One change of an object's state: when, which, from, to, because of what."""

    revision: int
    at: Timestamp
    kind: str
    key: str
    before: str
    after: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """Something the event bus is to hear of. kind: of the record in `body` that tells it.

    The record is kept as it was written anyway; how the event looks is made of it when it is read.
    """

    at: Timestamp
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """sequence: rises with every event that was kept, also over restarts."""

    sequence: int
    entry: EventEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one commit writes, all or nothing."""

    revision: int
    rows: tuple[Row, ...]
    journal: tuple[JournalEntry, ...]
    events: tuple[EventEntry, ...] = ()


class StorageFailed(Exception):
    """The disk refused a batch; nothing of it was written."""


class Storage(Protocol):
    def load(self) -> Iterable[Row]:
        """Every stored record, in order of revision; called once, before any write."""

    on_failure: Callable[[int], None]
    """Set by the store. Called on the event loop with the first revision of a refused batch, before
    its future fails; every batch that was submitted later and is not durable yet fails with it."""

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        """The future is done when the batch is durable, or fails with StorageFailed.

        Batches become durable in the order of the calls.
        """

    def journal(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        """The newest `limit` entries of one object, oldest first."""

    def events(self, after: int | None, limit: int) -> Sequence[KeptEvent]:
        """The first `limit` events whose sequence is greater than `after`, oldest first.

        With None the newest `limit`. Only a number of the newest are kept: a sequence that is
        missing is gone.
        """

    async def close(self) -> None: ...


class MemoryStorage:
    """Keeps the newest entries of the journal and the newest events, and nothing else."""

    LIMIT = 100_000
    EVENT_LIMIT = 10_000

    def __init__(self) -> None:
        self.on_failure: Callable[[int], None] = lambda revision: None
        self._journal: dict[tuple[str, str], list[JournalEntry]] = {}
        self._kept = 0
        self._events: deque[EventEntry] = deque(maxlen=self.EVENT_LIMIT)
        self._last_event = 0

    def load(self) -> Iterable[Row]:
        return ()

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        for entry in batch.journal:
            self._journal.setdefault((entry.kind, entry.key), []).append(entry)
        self._kept += len(batch.journal)
        while self._kept > self.LIMIT:
            oldest = next(iter(self._journal))
            self._kept -= len(self._journal.pop(oldest))
        self._events.extend(batch.events)
        self._last_event += len(batch.events)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def journal(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        return self._journal.get((kind, key), [])[-limit:]

    def events(self, after: int | None, limit: int) -> Sequence[KeptEvent]:
        after = self._last_event - limit if after is None else after
        before_first = self._last_event - len(self._events)
        start = max(0, after - before_first)
        return [
            KeptEvent(sequence=before_first + 1 + at, entry=self._events[at])
            for at in range(start, min(start + limit, len(self._events)))
        ]

    async def close(self) -> None:
        return None
