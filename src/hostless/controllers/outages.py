"""Clears an outage away when its time is over; what an outage keeps from happening is elsewhere."""

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import OUTAGES
from hostless.store.store import Store


class OutageController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="outage", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, OUTAGES)

    async def _pass(self, key: str) -> Timestamp | None:
        transaction = self._store.transaction("the outage is over")
        outage = transaction.get(OUTAGES, key)
        if outage is None:
            return None
        if outage.holds_at(self._clock.now()):
            return outage.ends_at
        transaction.delete(OUTAGES, key)
        await transaction.commit()
        return None
