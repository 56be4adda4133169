"""Tells every task's proxy who serves behind the names that it knows, whenever that changes.

A proxy that does not take it is told again until it does. A new engine tells everybody once.
"""

import asyncio
import logging
from collections.abc import Iterable

from hostless.balancer.connect_seam import ProxyUnreachable
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.arns import DiscoveryServiceId
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import CONNECT_ENDPOINTS, TASKS
from hostless.store.store import Store

TELLINGS_AT_ONCE = 16
PAUSE_SECONDS = 0.2
"""Between two tellings of one proxy: what changes meanwhile is told together. With hundreds of
tasks that begin one after the other, each would be told hundreds of times."""
RETRY_SECONDS = 0.5
log = logging.getLogger(__name__)


class ProxyTeller:
    def __init__(self, store: Store, proxies: TaskProxies, clock: Clock) -> None:
        self._store = store
        self._proxies = proxies
        self._clock = clock
        self._silent: set[str] = set()
        spec = LoopSpec(
            name="proxy of task",
            one_pass=self._pass,
            is_news=self._is_behind,
            passes_at_once=TELLINGS_AT_ONCE,
        )
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._proxies.open()
        async with asyncio.TaskGroup() as group:
            group.create_task(follow_each(self._loop, self._store, TASKS))
            group.create_task(self._follow_endpoints())

    async def _follow_endpoints(self) -> None:
        watch = self._store.watch(CONNECT_ENDPOINTS)
        try:
            while True:
                for name in _names_of(await watch.changed()):
                    for task in self._store.find(TASKS, "calls", name):
                        self._loop.wake(task.arn)
        finally:
            self._store.unwatch(CONNECT_ENDPOINTS, watch)

    def _is_behind(self, task_arn: str) -> bool:
        """Whether it has a proxy that is to be told something."""
        task = self._store.get(TASKS, task_arn)
        if task is None or task.connect is None or not task.connect.upstreams:
            return False
        return self._proxies.is_alive(task) and not self._proxies.is_told(task)

    async def _pass(self, task_arn: str) -> Timestamp | None:
        task = self._store.get(TASKS, task_arn)
        told_at = None if task is None else self._proxies.told_at(task.id)
        if told_at is not None and self._clock.now() < told_at + PAUSE_SECONDS:
            return told_at + PAUSE_SECONDS
        if task is None or not self._is_behind(task_arn):
            self._silent.discard(task_arn)
            return None
        try:
            await self._proxies.tell(task)
        except ProxyUnreachable as failure:
            self._note(task_arn, task.status == "RUNNING", failure)
            return self._clock.now() + RETRY_SECONDS
        self._silent.discard(task_arn)
        return None

    def _note(self, task_arn: str, is_running: bool, failure: ProxyUnreachable) -> None:
        """Once, until it answers again; one that is starting or stopping is no news."""
        if is_running and task_arn not in self._silent:
            self._silent.add(task_arn)
            log.warning("%s: its proxy is told who serves until it answers: %s", task_arn, failure)


def _names_of(endpoint_keys: Iterable[str]) -> set[DiscoveryServiceId]:
    return {DiscoveryServiceId(key.split()[0]) for key in endpoint_keys}
