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

from hostless.kit.clock import Clock
from hostless.store.kinds import ALL_KINDS, Kind
from hostless.store.storage import Batch, JournalEntry, Row, Storage
from hostless.store.tables import Table, Tables

R = TypeVar("R")
_encode = msgspec.json.Encoder().encode


class WriteConflict(Exception):
    """Somebody else wrote a record after this transaction read it; start again."""


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

    def __init__(self, store: "Store", because: str) -> None:
        self._store = store
        self._because = because
        self._seen: dict[tuple[str, str], int] = {}
        self._writes: dict[tuple[str, str], tuple[Kind[object], object | None]] = {}

    def get(self, kind: Kind[R], key: str) -> R | None:
        """The record, or None; the transaction depends on it from now on."""
        own = self._writes.get((kind.name, key))
        if own is not None:
            return own[1]  # type: ignore[return-value]
        self._depend_on(kind, key)
        return self._store.table(kind).get(key)

    def put(self, kind: Kind[R], record: R) -> None:
        self._write(kind, kind.key(record), record)

    def delete(self, kind: Kind[R], key: str) -> None:
        self._write(kind, key, None)

    async def commit(self) -> int:
        """Make it so; return the revision once it is durable.

        Raises WriteConflict or StorageFailed; then nothing has changed.
        """
        return await self._store.commit(self._seen, self._writes, self._because)

    def _depend_on(self, kind: Kind[R], key: str) -> None:
        at = (kind.name, key)
        if at not in self._seen:
            self._seen[at] = self._store.table(kind).revision(key)

    def _write(self, kind: Kind[R], key: str, record: R | None) -> None:
        self._depend_on(kind, key)
        self._writes[(kind.name, key)] = (kind, record)  # type: ignore[assignment]


class Store:
    """All methods belong to the event loop's thread."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._tables = Tables()
        self._revision = 0
        self._watches: dict[str, list[Watch]] = {}
        self._undurable: dict[int, list[tuple[Kind[object], str, tuple[int, object] | None]]] = {}
        self._load()
        storage.on_failure = self._undo_from

    def _load(self) -> None:
        kinds = {kind.name: kind for kind in ALL_KINDS}
        decoders = {name: msgspec.json.Decoder(kind.record) for name, kind in kinds.items()}
        for row in self._storage.load():
            assert row.body is not None
            record = decoders[row.kind].decode(row.body)
            self._tables.of(kinds[row.kind]).write(row.key, (row.revision, record))
            self._revision = max(self._revision, row.revision)

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
        return Transaction(self, because)

    async def update(
        self, kind: Kind[R], key: str, change: Callable[[R], R], because: str
    ) -> R | None:
        """Replace one record by `change(record)` and return it; None when it does not exist."""
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

    async def close(self) -> None:
        await self._storage.close()

    async def commit(
        self,
        seen: dict[tuple[str, str], int],
        writes: dict[tuple[str, str], tuple[Kind[object], object | None]],
        because: str,
    ) -> int:
        """For Transaction only."""
        for (_, key), (kind, _) in writes.items():
            if self._tables.of(kind).revision(key) != seen[(kind.name, key)]:
                raise WriteConflict(f"{kind.name} {key} has changed")
        self._check_reads(seen)
        if not writes:
            return self._revision
        batch = self._batch(writes, because)
        self._apply(batch.revision, writes)
        durable = self._storage.submit(batch)
        durable.add_done_callback(lambda done: self._settled(batch.revision, writes, done))
        await asyncio.shield(durable)
        return batch.revision

    def _settled(
        self,
        revision: int,
        writes: dict[tuple[str, str], tuple[Kind[object], object | None]],
        durable: "asyncio.Future[None]",
    ) -> None:
        if durable.exception() is None:
            self._undurable.pop(revision, None)
            self._announce(writes)

    def _check_reads(self, seen: dict[tuple[str, str], int]) -> None:
        kinds = {kind.name: kind for kind in ALL_KINDS}
        for (name, key), revision in seen.items():
            if self._tables.of(kinds[name]).revision(key) != revision:
                raise WriteConflict(f"{name} {key} has changed")

    def _batch(
        self, writes: dict[tuple[str, str], tuple[Kind[object], object | None]], because: str
    ) -> Batch:
        revision = self._revision + 1
        rows, journal = [], []
        for (name, key), (kind, record) in writes.items():
            body = None if record is None else _encode(record)
            rows.append(Row(kind=name, key=key, revision=revision, body=body))
            if kind.state is not None:
                old = self._tables.of(kind).get(key)
                before = "" if old is None else kind.state(old)
                after = "" if record is None else kind.state(record)
                if before != after:
                    entry = JournalEntry(
                        revision=revision,
                        at=self._clock.now(),
                        kind=name,
                        key=key,
                        before=before,
                        after=after,
                        because=because,
                    )
                    journal.append(entry)
        return Batch(revision=revision, rows=tuple(rows), journal=tuple(journal))

    def _apply(
        self, revision: int, writes: dict[tuple[str, str], tuple[Kind[object], object | None]]
    ) -> None:
        undo = []
        for (_, key), (kind, record) in writes.items():
            table = self._tables.of(kind)
            undo.append((kind, key, table.entry(key)))
            table.write(key, None if record is None else (revision, record))
        self._undurable[revision] = undo
        self._revision = revision

    def _undo_from(self, revision: int) -> None:
        """Take back this commit and all later ones: they built on it and fail with it."""
        for later in sorted((r for r in self._undurable if r >= revision), reverse=True):
            for kind, key, before in reversed(self._undurable.pop(later)):
                self._tables.of(kind).write(key, before)

    def _announce(self, writes: dict[tuple[str, str], tuple[Kind[object], object | None]]) -> None:
        for name, key in writes:
            for watch in self._watches.get(name, ()):
                watch.announce(key)
