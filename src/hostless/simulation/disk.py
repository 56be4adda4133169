"""A disk under simulation: it takes its time, may refuse, and forgets what it had not synced.

It outlives the stores on it as a disk outlives engines. The real one is `hostless.store.sqlite`.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence

from hostless.store.storage import Batch, EventEntry, JournalEntry, KeptEvent, Row, StorageFailed


class SimulatedDisk:
    """Implements `hostless.store.storage.Storage`.

    look: called with each batch when it is submitted. forgot: called with what is left, when what
    was not synced is gone. slowest_sync: seconds.
    """

    def __init__(
        self,
        chance: random.Random,
        look: Callable[[Batch], None],
        forgot: Callable[[Iterable[Row]], None],
        refusal_rate: float = 0.0,
        slowest_sync: float = 0.01,
    ) -> None:
        self.on_failure: Callable[[int], None] = lambda revision: None
        self.refusal_rate = refusal_rate
        self._chance = chance
        self._slowest_sync = slowest_sync
        self._look = look
        self._forgot = forgot
        self._rows: dict[tuple[str, str], Row] = {}
        self._journal: list[JournalEntry] = []
        self._events: list[EventEntry] = []
        self._queue: list[tuple[Batch, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def load(self) -> Iterable[Row]:
        return sorted(self._rows.values(), key=lambda row: row.revision)

    def submit(self, batch: Batch) -> "asyncio.Future[None]":
        self._look(batch)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.append((batch, done))
        if self._timer is None:
            self._timer = loop.call_later(self._chance.uniform(0.0, self._slowest_sync), self._sync)
        return done

    def crash(self) -> None:
        """What was not synced is gone; nobody will hear of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()
        self._forgot(self.load())

    def journal(self, kind: str, key: str, limit: int) -> Sequence[JournalEntry]:
        return [e for e in self._journal if (e.kind, e.key) == (kind, key)][-limit:]

    def events(self, after: int | None, limit: int) -> Sequence[KeptEvent]:
        if after is None:
            after = max(0, len(self._events) - limit)
        kept = enumerate(self._events[after : after + limit], after + 1)
        return [KeptEvent(sequence=sequence, entry=entry) for sequence, entry in kept]

    async def close(self) -> None:
        return None

    def _sync(self) -> None:
        self._timer = None
        group, self._queue = self._queue, []
        if self._chance.random() < self.refusal_rate:
            self.on_failure(group[0][0].revision)
            self._forgot(self.load())
            for _, done in group:
                done.set_exception(StorageFailed("disk full"))
            return
        for batch, done in group:
            for row in batch.rows:
                if row.body is None:
                    self._rows.pop((row.kind, row.key), None)
                else:
                    self._rows[row.kind, row.key] = row
            self._journal.extend(batch.journal)
            self._events.extend(batch.events)
            done.set_result(None)
