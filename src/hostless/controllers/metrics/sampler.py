"""Looks at every counter every ten seconds and has the store of samples keep what it finds.

What was counted between two looks belongs to the minute in their middle. How far counters were read
is kept with the samples, so what was counted while no engine ran is not lost, and nothing counts
twice. A look reads a few sources at a time and holds nobody up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial

from hostless.balancer.connect_seam import ServiceProxies
from hostless.balancer.seam import Balancer, NodeCounters
from hostless.controllers.metrics import connect, load_balancers
from hostless.controllers.metrics.engine import engine_samples
from hostless.controllers.metrics.increases import Reading, marks_after, risen
from hostless.controllers.metrics.tasks import TaskMeter
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.service_connect import Upstream
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import CONNECT_ENDPOINTS, LOAD_BALANCERS, TASKS
from hostless.store.store import Store
from hostless.telemetry.metrics.store import PERIOD_SECONDS, MetricStore

LOOK_SECONDS = 10.0
LOOKS_AT_ONCE = 4
"""Sources that are asked at one time."""
_CONNECTED = ("ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING")
"""Tasks whose proxy runs, or may."""
log = logging.getLogger(__name__)


class MetricSampler:
    """proxies: of Service Connect. tasks: looks at what tasks use."""

    def __init__(
        self,
        store: Store,
        balancer: Balancer,
        proxies: ServiceProxies,
        metrics: MetricStore,
        clock: Clock,
        tasks: TaskMeter,
    ) -> None:
        self._store = store
        self._balancer = balancer
        self._proxies = proxies
        self._metrics = metrics
        self._clock = clock
        self._tasks = tasks
        self._saved: float | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            due = (self._clock.now() // LOOK_SECONDS + 1) * LOOK_SECONDS
            await asyncio.sleep(due - self._clock.now())
            await self.look(max(0.0, self._clock.now() - due))

    async def look(self, lag_seconds: float = 0.0) -> None:
        """Read everything once. lag_seconds: how much later than it should."""
        at = self._clock.now() - LOOK_SECONDS / 2
        await _do_all(iter([partial(self._tasks.look, at)]))
        work: Iterator[Callable[[], Awaitable[None]]] = iter(
            [
                *(partial(self._node, at, balancer, node) for balancer, node in self._nodes()),
                *(partial(self._proxy, at, task) for task in self._connected()),
            ]
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(LOOKS_AT_ONCE):
                group.create_task(_do_all(work))
        self._metrics.put(at, engine_samples(self._store, lag_seconds), {})
        self._forget_gone()
        await self._save(at)

    async def _node(self, at: Timestamp, balancer: LoadBalancer, node: LoadBalancerNode) -> None:
        processes = await self._balancer.counters(node.interface_id)
        if not processes:
            return
        readings = [self._reading(node, each) for each in processes]
        rises = [risen(each, self._metrics.marks(each.source)) for each in readings]
        is_application = balancer.type == "application"
        samples_of = (
            load_balancers.application_samples if is_application else load_balancers.network_samples
        )
        place = load_balancers.place_of(balancer, node)
        samples = samples_of(place, list(zip(processes, rises, strict=True)))
        self._metrics.put(at, samples, self._marks(readings))
        of_node = load_balancers.sources_of(node.interface_id, self._metrics.sources())
        gone = of_node - {each.source for each in readings}
        self._metrics.forget_sources(gone)

    def _reading(self, node: LoadBalancerNode, counters: NodeCounters) -> Reading:
        source = load_balancers.source_of(node.interface_id, counters.process)
        return load_balancers.reading_of(node.interface_id, counters, self._metrics.marks(source))

    async def _proxy(self, at: Timestamp, task: Task) -> None:
        if task.connect is None:
            return
        counters = await self._proxies.counters(task.id)
        if counters is None:
            return
        reading = connect.reading_of(task, counters)
        rise = risen(reading, self._metrics.marks(reading.source))
        targets = {
            each.discovery_name: _servers_behind(self._store, each)
            for each in task.connect.upstreams
        }
        samples = connect.proxy_samples(task, counters, rise, targets)
        self._metrics.put(at, samples, self._marks([reading]))

    def _marks(self, readings: Iterable[Reading]) -> dict[str, Mapping[str, int]]:
        return {r.source: marks_after(r, self._metrics.marks(r.source)) for r in readings}

    def _nodes(self) -> Iterator[tuple[LoadBalancer, LoadBalancerNode]]:
        for balancer in self._store.all(LOAD_BALANCERS):
            yield from ((balancer, node) for node in balancer.nodes)

    def _connected(self) -> Iterator[Task]:
        for task in self._store.all(TASKS):
            if task.connect is not None and task.status in _CONNECTED:
                yield task

    def _forget_gone(self) -> None:
        """Marks of nodes and tasks that are no more."""
        nodes = {node.interface_id for _, node in self._nodes()}
        tasks = {connect.source_of(task) for task in self._store.all(TASKS)}
        gone = [
            source
            for source in self._metrics.sources()
            if source not in tasks and load_balancers.interface_in(source) not in nodes
        ]
        self._metrics.forget_sources(gone)

    async def _save(self, at: Timestamp) -> None:
        """Once a minute."""
        minute = at // PERIOD_SECONDS
        if minute == self._saved:
            return
        self._metrics.expire(at)
        try:
            await asyncio.to_thread(self._metrics.save, at)
        except OSError as refusal:
            log.warning("metrics are not on the disk yet: %s", refusal)
        self._saved = minute


def _servers_behind(store: Store, upstream: Upstream) -> int:
    endpoints = store.find(CONNECT_ENDPOINTS, "service", upstream.discovery_service_id)
    return sum(1 for each in endpoints if each.drains_since is None)


async def _do_all(work: Iterator[Callable[[], Awaitable[None]]]) -> None:
    """A source that cannot be read keeps no other from it; what it counted comes later. Between
    two of them whoever waits for the event loop has it."""
    for each in work:
        try:
            await each()
        except Exception:
            log.exception("a source of metrics could not be read")
        await asyncio.sleep(0)
