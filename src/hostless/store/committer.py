"""How a transaction becomes true: checked, applied in memory, written, acknowledged, announced.

The half of the store that writes; reading and watching are in `hostless.store.store`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from hostless.domain.ecs_events import Emitted
from hostless.kit.clock import Clock, Timestamp
from hostless.store.event_log import kind_of
from hostless.store.kinds import ALL_KINDS, Kind
from hostless.store.storage import Batch, EventEntry, JournalEntry, Row, Storage
from hostless.store.tables import Tables

Seen: TypeAlias = dict[tuple[str, str], int]
"""By kind and key, the revision of each record that a transaction depends on."""
Writes: TypeAlias = dict[tuple[str, str], tuple[Kind[object], object | None]]
"""By kind and key, the new record, or None to delete it."""
_Undo: TypeAlias = list[tuple[Kind[object], str, tuple[int, object] | None]]
_encode = msgspec.json.Encoder().encode


class WriteConflict(Exception):
    """Somebody else wrote a record after this transaction read it; start again."""


class Committer:
    """announce: called with kind name and key of every durable write."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        tables: Tables,
        last_revision: int,
        announce: Callable[[str, str], None],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._tables = tables
        self._revision = last_revision
        self._announce = announce
        self._kinds = {kind.name: kind for kind in ALL_KINDS}
        self._undurable: dict[int, _Undo] = {}
        self._last: asyncio.Future[None] | None = None
        storage.on_failure = self._undo_from

    async def commit(
        self, seen: Seen, writes: Writes, emitted: Sequence[Emitted], because: str
    ) -> int:
        """Return the revision once it is durable. Raises WriteConflict, StorageFailed."""
        durable = self.submit(seen, writes, emitted, because)
        revision = self._revision
        await asyncio.shield(durable)
        return revision

    def submit(
        self, seen: Seen, writes: Writes, emitted: Sequence[Emitted], because: str
    ) -> "asyncio.Future[None]":
        """Make it true now; the future says when it is durable. Raises WriteConflict.

        With nothing to write the future says when all that could be read is durable.
        """
        self._check(seen)
        if not writes and not emitted:
            return self._all_durable()
        batch = self._batch(writes, emitted, because)
        self._apply(batch.revision, writes)
        durable = self._storage.submit(batch)
        if durable.done():
            self._settled(batch.revision, writes, durable)
        else:
            durable.add_done_callback(lambda done: self._settled(batch.revision, writes, done))
        self._last = durable
        return durable

    def _all_durable(self) -> "asyncio.Future[None]":
        if self._last is not None and self._undurable:
            return self._last
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def _check(self, seen: Seen) -> None:
        for (name, key), revision in seen.items():
            if self._tables.of(self._kinds[name]).revision(key) != revision:
                raise WriteConflict(f"{name} {key} has changed")

    def _settled(self, revision: int, writes: Writes, durable: "asyncio.Future[None]") -> None:
        if durable.cancelled() or durable.exception() is not None:
            return
        self._undurable.pop(revision, None)
        for name, key in writes:
            self._announce(name, key)

    def _batch(self, writes: Writes, emitted: Sequence[Emitted], because: str) -> Batch:
        revision, now = self._revision + 1, self._clock.now()
        rows: list[Row] = []
        journal: list[JournalEntry] = []
        events: list[EventEntry] = []
        for (name, key), (kind, record) in writes.items():
            body = None if record is None else _encode(record)
            rows.append(Row(kind=name, key=key, revision=revision, body=body))
            old = self._tables.of(kind).get(key)
            if kind.state is not None:
                before = "" if old is None else kind.state(old)
                after = "" if record is None else kind.state(record)
                if before != after:
                    entry = JournalEntry(
                        revision=revision,
                        at=now,
                        kind=name,
                        key=key,
                        before=before,
                        after=after,
                        because=because,
                    )
                    journal.append(entry)
            if body is not None and _is_for_the_bus(kind, old, record):
                events.append(EventEntry(at=now, kind=name, body=body))
        events += [_entry_of(event, now) for event in emitted]
        return Batch(
            revision=revision, rows=tuple(rows), journal=tuple(journal), events=tuple(events)
        )

    def _apply(self, revision: int, writes: Writes) -> None:
        undo: _Undo = []
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


def _is_for_the_bus(kind: Kind[object], old: object | None, new: object | None) -> bool:
    if kind.version is None or new is None:
        return False
    return old is None or kind.version(old) != kind.version(new)


def _entry_of(event: Emitted, now: Timestamp) -> EventEntry:
    return EventEntry(at=now, kind=kind_of(event), body=_encode(event))
