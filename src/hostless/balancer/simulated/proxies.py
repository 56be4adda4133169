"""Proxies of Service Connect that carry nothing: they keep what they were told.

They ship to users (`--backend simulated`) and are the test bed of the control plane. The books are
kept in memory by the object, which in a test outlives the engine as the machine does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hostless.balancer.connect_seam import (
    FlowCounters,
    ProxyCounters,
    ProxyUnreachable,
    Server,
    Servers,
)
from hostless.domain.arns import TaskId
from hostless.domain.service_connect import TaskConnect
from hostless.kit.clock import Clock

IDLE = FlowCounters(
    connections=0,
    active=0,
    under_way=0,
    requests=0,
    responses_by_class={},
    bytes_in=0,
    bytes_out=0,
    mean_response_seconds=0.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedProxy:
    """What one proxy was told; servers: of the names that it knows."""

    connect: TaskConnect
    servers: Servers


class SimulatedServiceProxies:
    """Implements `hostless.balancer.connect_seam.ServiceProxies`.

    busy: servers with a request under way, from every proxy that has or had them. silent: tasks
    whose proxy does not answer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.proxies: dict[TaskId, SimulatedProxy] = {}
        self.busy: set[Server] = set()
        self.silent: set[TaskId] = set()

    def folder(self, task_id: TaskId) -> Path | None:
        return None

    async def prepare(self, task_id: TaskId, connect: TaskConnect, servers: Servers) -> None:
        self.proxies.setdefault(
            task_id, SimulatedProxy(connect=connect, servers=known_servers(connect, servers))
        )

    async def apply(self, task_id: TaskId, servers: Servers) -> None:
        proxy = self.proxies.get(task_id)
        if proxy is None or task_id in self.silent:
            raise ProxyUnreachable(f"the proxy of {task_id} does not answer")
        self.proxies[task_id] = replace(proxy, servers=known_servers(proxy.connect, servers))

    async def counters(self, task_id: TaskId) -> ProxyCounters | None:
        """Nothing passes, so nothing is counted."""
        proxy = self.proxies.get(task_id)
        if proxy is None or task_id in self.silent:
            return None
        connect = proxy.connect
        return ProxyCounters(
            at=self._clock.now(),
            upstreams={each.discovery_name: IDLE for each in connect.upstreams},
            ingresses={each.discovery_name: IDLE for each in connect.ingresses},
            sent_to={each.discovery_name: self._sent_to() for each in connect.upstreams},
        )

    async def remove(self, task_id: TaskId) -> None:
        self.proxies.pop(task_id, None)

    async def task_ids(self) -> frozenset[TaskId]:
        return frozenset(self.proxies)

    def _sent_to(self) -> dict[Server, int]:
        return dict.fromkeys(self.busy, 1)


def known_servers(connect: TaskConnect, servers: Servers) -> Servers:
    """Of each name that the proxy knows, whoever serves behind it."""
    known: Iterable[str] = {each.discovery_service_id for each in connect.upstreams}
    return {name: there for name, there in servers.items() if name in known}
