"""Drops task definitions whose deletion was asked for, once nothing refers to them any more.

Asking for the deletion is the API's business; how long a definition is kept, the domain's.
"""

from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.definition_deletion import kept_until
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import TASK_DEFINITIONS, TASKS
from hostless.store.store import Store

LOOK_AGAIN_SECONDS = 60.0
"""After a look that found a task that still refers to the definition."""


class DefinitionController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="task definition", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        watch = self._store.watch(TASK_DEFINITIONS)
        try:
            await self._loop.run(watch)
        finally:
            self._store.unwatch(TASK_DEFINITIONS, watch)

    async def _pass(self, key: str) -> Timestamp | None:
        transaction = self._store.transaction("its deletion was asked for and no task refers to it")
        definition = transaction.get(TASK_DEFINITIONS, key)
        until = None if definition is None else kept_until(definition)
        if until is None or self._clock.now() < until:
            return until
        if self._store.table(TASKS).count("definition", key):
            return self._clock.now() + LOOK_AGAIN_SECONDS
        transaction.delete(TASK_DEFINITIONS, key)
        await transaction.commit()
        return None
