"""Who watches a simulated control plane: told of every commit before it is durable.

`Observer` is the one that keeps the ledger, the history and the invariants.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.kit.simulated_time import EPOCH
from hostless.simulation.history import History
from hostless.simulation.invariants import Invariants
from hostless.simulation.ledger import Change, Ledger
from hostless.store.storage import Batch, Row

LOOK_SECONDS = 0.1
"""Counts are taken so long after a commit at the latest; more often would show nothing new."""


class Watching(Protocol):
    def saw(self, batch: Batch) -> None:
        """A commit was made."""

    def lost(self, rows: Iterable[Row]) -> None:
        """What was not durable is gone; `rows` is what is left."""


class Observer:
    """Enters every commit, and has counts taken soon after it. For the simulated loop."""

    def __init__(self, healthy_after: float) -> None:
        self.ledger = Ledger()
        self.history = History(self.ledger, EPOCH, healthy_after)
        self.invariants = Invariants(self.ledger, healthy_after)
        self.commits = 0
        self._healthy_after = healthy_after
        self._is_looking = False

    def saw(self, batch: Batch) -> None:
        now = self._now()
        self.commits += 1
        changes = self.ledger.take(batch)
        self.invariants.check(changes, now)
        self.history.note(changes, now)
        self._look_in(LOOK_SECONDS)
        if any(_has_begun_to_run(change) for change in changes):
            loop = asyncio.get_running_loop()
            loop.call_later(self._healthy_after, self._look_in, LOOK_SECONDS)

    def lost(self, rows: Iterable[Row]) -> None:
        self.ledger.start_over(rows)

    def look(self) -> None:
        self._is_looking = False
        self.history.look(self._now())

    def _look_in(self, seconds: float) -> None:
        if not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_later(seconds, self.look)

    def _now(self) -> Timestamp:
        return EPOCH + asyncio.get_running_loop().time()


def _has_begun_to_run(change: Change) -> bool:
    before, after = change.before, change.after
    if not isinstance(after, Task) or after.started_at is None:
        return False
    return not isinstance(before, Task) or before.started_at is None
