"""The proxies of Service Connect on this machine: an HAProxy in a container of each task.

The container is compute's; here is what it reads and how it is told of servers while it runs. What
the control plane wants is written into its configuration before it is told, so that a proxy that
begins anew begins with it.
"""

import asyncio
import contextlib
from pathlib import Path

from hostless.balancer.connect_seam import ProxyCounters, ProxyUnreachable, Servers
from hostless.balancer.local.proxy import Proxy
from hostless.balancer.local.proxy_configuration import EJECTED_SECONDS, Habits
from hostless.balancer.local.runtime import RuntimeRefused
from hostless.domain.arns import TaskId
from hostless.domain.service_connect import TaskConnect
from hostless.kit.clock import Clock

_IPV6 = Path("/proc/net/if_inet6")


class LocalServiceProxies:
    """Implements `hostless.balancer.connect_seam.ServiceProxies`.

    root: folder of its own. ejected_seconds: how long a server that fails is left out.
    """

    def __init__(self, root: Path, clock: Clock, ejected_seconds: int = EJECTED_SECONDS) -> None:
        self._root = root
        self._clock = clock
        self._habits = Habits(ejected_seconds=ejected_seconds, has_ipv6=_IPV6.exists())
        self._proxies: dict[TaskId, Proxy] = {}
        self._turns: dict[TaskId, asyncio.Lock] = {}

    def folder(self, task_id: TaskId) -> Path | None:
        return self._root.absolute() / task_id

    async def prepare(self, task_id: TaskId, connect: TaskConnect, servers: Servers) -> None:
        async with self._turn(task_id):
            await self._proxy(task_id).prepare(connect, servers)

    async def apply(self, task_id: TaskId, servers: Servers) -> None:
        async with self._turn(task_id):
            try:
                await self._proxy(task_id).apply(servers)
            except (OSError, RuntimeRefused) as error:
                raise ProxyUnreachable(f"the proxy of {task_id}: {error}") from error

    async def counters(self, task_id: TaskId) -> ProxyCounters | None:
        with contextlib.suppress(OSError):
            return await self._proxy(task_id).counters(self._clock.now())
        return None

    async def remove(self, task_id: TaskId) -> None:
        async with self._turn(task_id):
            self._proxy(task_id).remove()
        self._proxies.pop(task_id, None)
        self._turns.pop(task_id, None)

    async def task_ids(self) -> frozenset[TaskId]:
        if not self._root.is_dir():
            return frozenset()
        return frozenset(TaskId(each.name) for each in self._root.iterdir())

    def _proxy(self, task_id: TaskId) -> Proxy:
        return self._proxies.setdefault(
            task_id, Proxy(self._root.absolute() / task_id, self._habits)
        )

    def _turn(self, task_id: TaskId) -> asyncio.Lock:
        return self._turns.setdefault(task_id, asyncio.Lock())
