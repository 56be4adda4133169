"""What each task's proxy may know, by this engine's own doing: who is still sent to by whom.

The task controller prepares proxies and takes them away; `telling` tells them who serves. Both go
through here, so that `draining` can ask whether anybody may still send to a server. In doubt one
may: while it is being told, when telling failed, and after an engine began until it was told again.
"""

from collections.abc import Mapping

from hostless.balancer.connect_seam import (
    MOUNT_POINT,
    ProxyCounters,
    Server,
    Servers,
    ServiceProxies,
)
from hostless.compute.seam import FolderMount
from hostless.domain.arns import DiscoveryServiceId, TaskId
from hostless.domain.service_connect import Endpoint, TaskConnect
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import CONNECT_ENDPOINTS, TASKS
from hostless.store.store import Store

COUNTERS_AGE_SECONDS = 0.4
"""Counters are good for so long: many endpoints that drain ask for the same callers'."""
_NOBODY: frozenset[Server] = frozenset()


class TaskProxies:
    def __init__(self, store: Store, proxies: ServiceProxies, clock: Clock) -> None:
        self._store = store
        self._proxies = proxies
        self._clock = clock
        self._there: dict[TaskId, object] = {}
        self._told: dict[TaskId, Servers] = {}
        self._in_doubt: set[TaskId] = set()
        self._told_at: dict[TaskId, Timestamp] = {}
        self._serving: dict[DiscoveryServiceId, tuple[list[Endpoint], frozenset[Server]]] = {}
        self._counted: dict[TaskId, ProxyCounters] = {}

    async def open(self) -> None:
        """Find what an earlier engine left; before, nobody is told and nobody may be asked."""
        for task_id in await self._proxies.task_ids():
            self._there.setdefault(task_id, object())

    def mount(self, task_id: TaskId) -> FolderMount | None:
        """What the proxy's container reads; None where it reads nothing."""
        folder = self._proxies.folder(task_id)
        return None if folder is None else FolderMount(source=folder, destination=MOUNT_POINT)

    async def task_ids(self) -> frozenset[TaskId]:
        """Every task of which anything is left."""
        return await self._proxies.task_ids()

    async def prepare(self, task_id: TaskId, connect: TaskConnect) -> None:
        """Have all that the proxy's container needs to start."""
        self._there[task_id] = object()
        self._told.pop(task_id, None)
        await self._proxies.prepare(task_id, connect, self.servers_of(connect))

    async def remove(self, task_id: TaskId) -> None:
        await self._proxies.remove(task_id)
        self._there.pop(task_id, None)
        self._told.pop(task_id, None)
        self._in_doubt.discard(task_id)
        self._told_at.pop(task_id, None)
        self._counted.pop(task_id, None)

    def servers_of(self, connect: TaskConnect) -> Servers:
        """Whom the proxy is to send to, by each name that it knows."""
        return {
            each.discovery_service_id: self._servers(each.discovery_service_id)
            for each in connect.upstreams
        }

    def _servers(self, name: DiscoveryServiceId) -> frozenset[Server]:
        """Made anew when a record is another one: many callers ask for the same."""
        endpoints = self._store.find(CONNECT_ENDPOINTS, "service", name)
        known = self._serving.get(name)
        if known is not None and known[0] == endpoints:
            return known[1]
        servers = frozenset(
            Server(address=each.address, port=each.port)
            for each in endpoints
            if each.drains_since is None and not self._has_ended(each)
        )
        self._serving[name] = (endpoints, servers)
        return servers

    def _has_ended(self, endpoint: Endpoint) -> bool:
        """An engine that dies may leave a record that outlives its task."""
        task = self._store.get(TASKS, endpoint.task_arn)
        return task is None or task.status in ("STOPPING", "DEPROVISIONING", "STOPPED")

    def is_alive(self, task: Task) -> bool:
        """Whether a proxy of the task may be running."""
        if task.id not in self._there or task.connect is None or task.is_host_lost:
            return False
        if task.status in ("DEPROVISIONING", "STOPPED"):
            return False
        name = task.connect.container_name
        return not any(c.name == name and c.status == "STOPPED" for c in task.containers)

    def is_told(self, task: Task) -> bool:
        """Whether it knows who serves now."""
        assert task.connect is not None, "who has no proxy is not asked for"
        known = None if task.id in self._in_doubt else self._told.get(task.id)
        return known == self.servers_of(task.connect)

    def told_at(self, task_id: TaskId) -> Timestamp | None:
        """When it was told last."""
        return self._told_at.get(task_id)

    async def tell(self, task: Task) -> None:
        """Have it send to who serves now. Raises ProxyUnreachable."""
        assert task.connect is not None, "who has no proxy is not told"
        servers = self.servers_of(task.connect)
        before, prepared = self._told.get(task.id), self._there.get(task.id)
        if before is not None:
            self._told[task.id] = _either(before, servers)
            self._in_doubt.add(task.id)
        await self._proxies.apply(task.id, servers)
        if prepared is not None and self._there.get(task.id) is prepared:
            self._told[task.id] = servers
            self._in_doubt.discard(task.id)
            self._told_at[task.id] = self._clock.now()

    def may_send(self, caller: Task, name: DiscoveryServiceId, server: Server) -> bool:
        """Whether new requests of the caller may go to the server."""
        if not self.is_alive(caller):
            return False
        told = self._told.get(caller.id)
        return told is None or server in told.get(name, _NOBODY)

    async def counters(self, task_id: TaskId) -> ProxyCounters | None:
        """Not older than COUNTERS_AGE_SECONDS, nor than what the proxy was told last.

        None when it does not answer.
        """
        known = self._counted.get(task_id)
        now = self._clock.now()
        told_at = self._told_at.get(task_id)
        is_young = known is not None and now - known.at < COUNTERS_AGE_SECONDS
        if known is not None and is_young and (told_at is None or known.at > told_at):
            return known
        found = await self._proxies.counters(task_id)
        if found is not None and task_id in self._there:
            self._counted[task_id] = found
        return found


def _either(one: Servers, other: Servers) -> Mapping[DiscoveryServiceId, frozenset[Server]]:
    names = {*one, *other}
    return {name: one.get(name, _NOBODY) | other.get(name, _NOBODY) for name in names}
