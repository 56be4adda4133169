"""The store: every record of the engine, read from memory, written durably, announced to loops.

A transaction is checked when it commits: when a record it read or writes has changed since, it
raises `WriteConflict` and changes nothing. Within one process this happens only when a transaction
is held across an await. A commit shows in the tables at once, is acknowledged when it is durable,
and is announced then; when the disk refuses it, it is undone together with all that came after.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from hostless.domain.ecs_events import Emitted
from hostless.kit.clock import Clock
from hostless.store.committer import Committer, Seen, WriteConflict, Writes
from hostless.store.event_log import Event, EventDecoder
from hostless.store.kinds import ALL_KINDS, Kind
from hostless.store.storage import JournalEntry, Storage
from hostless.store.tables import Table, Tables

__all__ = ["Store", "Transaction", "Watch", "WriteConflict"]

R = TypeVar("R")


class Watch:
    """The keys of one kind that changed since they were last taken; all keys at first."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._changed: dict[str, None] = dict.fromkeys(keys)
        self._event = asyncio.Event()
        if self._changed:
            self._event.set()

    def announce(self, key: str) -> None:
        self._changed[key] = None
        self._event.set()

    async def changed(self) -> list[str]:
        """Wait until there is a changed key; take and return all of them, each once."""
        await self._event.wait()
        self._event.clear()
        keys, self._changed = list(self._changed), {}
        return keys

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            for key in await self.changed():
                yield key


class Transaction:
    """Reads and writes that become true together.

    Writes go to the store at `commit`; reads see the transaction's own writes.
    """

    def __init__(self, tables: Tables, committer: Committer, because: str) -> None:
        self._tables = tables
        self._committer = committer
        self._because = because
        self._seen: Seen = {}
        self._writes: Writes = {}
        self._emitted: list[Emitted] = []

    def get(self, kind: Kind[R], key: str) -> R | None:
        """The record, or None; the transaction depends on it from now on."""
        own = self._writes.get((kind.name, key))
        if own is not None:
            return own[1]  # type: ignore[return-value]
        self._depend_on(kind, key)
        return self._tables.of(kind).get(key)

    def put(self, kind: Kind[R], record: R) -> None:
        self._write(kind, kind.key(record), record)

    def delete(self, kind: Kind[R], key: str) -> None:
        self._write(kind, key, None)

    def emit(self, event: Emitted) -> None:
        """Tell the event bus, if and when the rest becomes true."""
        self._emitted.append(event)

    async def commit(self) -> int:
        """Make it so; return the revision once it is durable.

        Raises WriteConflict or StorageFailed; then nothing has changed.
        """
        return await self._committer.commit(self._seen, self._writes, self._emitted, self._because)

    def submit(self) -> "asyncio.Future[None]":
        """Make it so at once; the future says when it is durable. For work that overlaps the disk.

        Raises WriteConflict. The future fails with StorageFailed, and all that was submitted later
        fails too. Await it through `asyncio.shield`, or leave it alone.
        """
        return self._committer.submit(self._seen, self._writes, self._emitted, self._because)

    def _depend_on(self, kind: Kind[R], key: str) -> None:
        at = (kind.name, key)
        if at not in self._seen:
            self._seen[at] = self._tables.of(kind).revision(key)

    def _write(self, kind: Kind[R], key: str, record: R | None) -> None:
        self._depend_on(kind, key)
        self._writes[(kind.name, key)] = (kind, record)  # type: ignore[assignment]


class Store:
    """All methods belong to the event loop's thread."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._tables = Tables()
        self._watches: dict[str, list[Watch]] = {}
        self._event_decoder = EventDecoder()
        last = self._load()
        self._committer = Committer(storage, clock, self._tables, last, self._announce)

    def _load(self) -> int:
        kinds = {kind.name: kind for kind in ALL_KINDS}
        decoders = {name: msgspec.json.Decoder(kind.record) for name, kind in kinds.items()}
        last = 0
        for row in self._storage.load():
            assert row.body is not None
            record = decoders[row.kind].decode(row.body)
            self._tables.of(kinds[row.kind]).write(row.key, (row.revision, record))
            last = max(last, row.revision)
        return last

    def _announce(self, kind_name: str, key: str) -> None:
        for watch in self._watches.get(kind_name, ()):
            watch.announce(key)

    def table(self, kind: Kind[R]) -> Table[R]:
        return self._tables.of(kind)

    def get(self, kind: Kind[R], key: str) -> R | None:
        return self._tables.of(kind).get(key)

    def find(self, kind: Kind[R], index: str, value: str) -> list[R]:
        return self._tables.of(kind).find(index, value)

    def all(self, kind: Kind[R]) -> Iterable[R]:
        return self._tables.of(kind).all()

    def transaction(self, because: str) -> Transaction:
        """because: what the journal says about every change of state in it."""
        return Transaction(self._tables, self._committer, because)

    async def update(
        self, kind: Kind[R], key: str, change: Callable[[R], R], because: str
    ) -> R | None:
        """Replace one record by `change(record)` and return it; None when it does not exist.

        What is returned is durable, also when nothing had to be changed.
        """
        transaction = self.transaction(because)
        record = transaction.get(kind, key)
        if record is None:
            return None
        after = change(record)
        if after != record:
            transaction.put(kind, after)
        await transaction.commit()
        return after

    def watch(self, kind: Kind[R]) -> Watch:
        """A watch that starts with every key there is."""
        watch = Watch(kind.key(record) for record in self.all(kind))
        self._watches.setdefault(kind.name, []).append(watch)
        return watch

    def unwatch(self, kind: Kind[R], watch: Watch) -> None:
        self._watches[kind.name].remove(watch)

    def story(self, kind: Kind[R], key: str, limit: int = 50) -> Sequence[JournalEntry]:
        """The newest changes of state of one object, oldest first."""
        return self._storage.journal(kind.name, key, limit)

    def events(self, after: int | None, limit: int) -> list[Event]:
        """The first `limit` durable events whose sequence is greater than `after`, oldest first.

        With None the newest `limit`. Only a number of the newest are kept, which the storage names:
        a sequence that is missing is gone.
        """
        kept = self._storage.events(after, limit)
        return [self._event_decoder.event_of(event) for event in kept]

    async def close(self) -> None:
        await self._storage.close()
