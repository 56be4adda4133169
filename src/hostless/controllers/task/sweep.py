"""Sweeping up: what is left in the backend or the fabric and belongs to no living task.

It makes good what a crash or a refused commit left behind. It is safe at any time: a task's record
comes before anything of it and is alive until all of it is gone, and ids are never given twice.
"""

import asyncio
import logging

from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.controllers.task.perform import TaskWorld
from hostless.domain.arns import NetworkInterfaceId, TaskId
from hostless.kit.clock import Timestamp
from hostless.store.kinds import NETWORK_INTERFACES, TASKS
from hostless.store.store import Watch

SWEEP_SECONDS = 60.0
REMOVALS_AT_ONCE = 8

log = logging.getLogger(__name__)


class Sweep:
    """first: set when the first sweep was made, however it went."""

    def __init__(self, world: TaskWorld) -> None:
        self._world = world
        self._loop = KeyedLoop(LoopSpec(name="sweep", one_pass=self._pass), world.clock)
        self._removals = asyncio.Semaphore(REMOVALS_AT_ONCE)
        self.first = asyncio.Event()

    async def run(self) -> None:
        """Sweep at once and every SWEEP_SECONDS, until cancelled."""
        await self._loop.run(Watch(["everything"]))

    async def _pass(self, key: str) -> Timestamp:
        try:
            await self.once()
        finally:
            self.first.set()
        return self._world.clock.now() + SWEEP_SECONDS

    async def once(self) -> None:
        """What is there is listed before the records are read: later work is not mistaken.

        Raises an ExceptionGroup of what could not be removed, when all else is.
        """
        world = self._world
        task_ids = await world.compute.task_ids() | await world.proxies.task_ids()
        interface_ids = await world.fabric.attached()
        alive = {task.id for task in world.store.all(TASKS) if task.status != "STOPPED"}
        recorded = {interface.id for interface in world.store.all(NETWORK_INTERFACES)}
        results = await asyncio.gather(
            *(self._remove(task_id) for task_id in sorted(task_ids - alive)),
            *(self._detach(interface_id) for interface_id in sorted(interface_ids - recorded)),
            return_exceptions=True,
        )
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            raise ExceptionGroup("not swept up", failures)

    async def _remove(self, task_id: TaskId) -> None:
        async with self._removals:
            log.warning("task %s has no record any more: removed", task_id)
            await self._world.compute.remove(task_id)
            await self._world.proxies.remove(task_id)

    async def _detach(self, interface_id: NetworkInterfaceId) -> None:
        async with self._removals:
            log.warning("interface %s belongs to no task any more: removed", interface_id)
            await self._world.fabric.detach(interface_id)
