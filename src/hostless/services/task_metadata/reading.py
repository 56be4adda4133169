"""Reads what a task uses when the task asks, and remembers what it was told before.

No sampler: who does not ask costs nothing. However often a task asks, and from
however many places at once, it is looked at once a second; so rates are over a second at least. A
look that takes long (a program for each container of a sandbox) is good for longer: no task keeps
the engine busy with it.
"""

import asyncio
import logging
from collections.abc import Mapping
from weakref import WeakValueDictionary

from hostless.compute.seam import ComputeBackend
from hostless.domain.arns import NetworkInterfaceId, TaskId
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import InterfaceCounters, NetworkFabric, NetworkFailed
from hostless.services.task_metadata.stats_views import Reading, Readings

FRESH_SECONDS = 1.0
SPARING = 20
"""A look is good for so many times what it took."""
FORGOTTEN_SECONDS = 600.0
"""After which a task that asks no more is not remembered."""
_log = logging.getLogger(__name__)


class Reader:
    def __init__(self, compute: ComputeBackend, fabric: NetworkFabric, clock: Clock) -> None:
        self._compute = compute
        self._fabric = fabric
        self._clock = clock
        self._known: dict[TaskId, Readings] = {}
        self._good_until: dict[TaskId, Timestamp] = {}
        self._turns: WeakValueDictionary[TaskId, asyncio.Lock] = WeakValueDictionary()
        self._carried: Mapping[NetworkInterfaceId, InterfaceCounters] = {}
        self._carried_at: Timestamp | None = None
        self._network = asyncio.Lock()

    async def read(self, task: Task) -> Readings | None:
        """None when nothing of the task runs."""
        turn = self._turns.setdefault(task.id, asyncio.Lock())
        async with turn:
            known = self._known.get(task.id)
            if known is not None and self._is_good(known, self._good_until[task.id]):
                return known
            return await self._look(task, known)

    def _is_good(self, known: Readings, until: Timestamp) -> bool:
        """Of the future is nothing: the clock stepped back."""
        return known.now.stats.at <= self._clock.now() < until

    async def _look(self, task: Task, known: Readings | None) -> Readings | None:
        begun_at = self._clock.now()
        names = {task.id: [each.name for each in task.containers]}
        stats = (await self._compute.stats(names, is_thorough=True)).get(task.id)
        if stats is None:
            self._drop(task.id)
            return None
        now = self._clock.now()
        interface_id = task.attachment.interface_id or NetworkInterfaceId("")
        async with self._network:
            carried = (await self._counters(now)).get(interface_id)
        self._forget(now)
        self._drop(task.id)
        self._good_until[task.id] = now + max(FRESH_SECONDS, SPARING * (now - begun_at))
        self._known[task.id] = Readings(
            now=Reading(stats=stats, carried=carried), before=None if known is None else known.now
        )
        return self._known[task.id]

    async def _counters(self, now: Timestamp) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
        """One look for all tasks that ask within a second."""
        if self._carried_at is None or not 0 <= now - self._carried_at < FRESH_SECONDS:
            self._carried_at = now
            try:
                self._carried = await self._fabric.counters()
            except NetworkFailed as failure:
                self._carried = {}
                _log.warning("what tasks send and receive is not known now: %s", failure)
        return self._carried

    def _forget(self, now: Timestamp) -> None:
        """Those that asked longest ago come first: each asking puts its task at the end."""
        for task_id, readings in tuple(self._known.items()):
            if now - readings.now.stats.at < FORGOTTEN_SECONDS:
                return
            self._drop(task_id)

    def _drop(self, task_id: TaskId) -> None:
        self._known.pop(task_id, None)
        self._good_until.pop(task_id, None)
