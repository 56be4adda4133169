"""One engine from its state folder to `ready`, until it is told to stop.

What carries a workload goes on when this ends, however it ends; the next engine on the same folder
adopts it.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from hostless.controllers.names.controller import Zones
from hostless.controllers.network.groups import enforce_recorded
from hostless.controllers.task.farewell import stop_every_task
from hostless.domain.settings import Settings
from hostless.engine.assembly import (
    Foundation,
    application_of,
    controllers_of,
    metadata_of,
    sampler_of,
)
from hostless.engine.belonging import check_belongs
from hostless.engine.first_start import keep, networks_of
from hostless.engine.orders import Orders
from hostless.engine.outside import (
    OpenBackend,
    balancer_of,
    free_pools_of,
    opened_backend,
    opened_fabric,
    service_proxies_of,
)
from hostless.gateway.asgi import served_first
from hostless.gateway.server import GatewayServer
from hostless.kit.clock import Clock, SystemClock
from hostless.kit.ids import system_ids
from hostless.kit.token_buckets import TokenBuckets
from hostless.store.sqlite import SqliteStorage
from hostless.store.storage import StorageFailed
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.events.upkeep import keep_events
from hostless.telemetry.follower import LogFollower
from hostless.telemetry.metrics.store import MetricStore
from hostless.telemetry.retention import keep_retention

STORE_FILE = "store.db"
_log = logging.getLogger(__name__)


class AddressUnusable(Exception):
    """The address to listen at cannot be had; the message says why."""


async def serve(settings: Settings, orders: Orders, on_ready: Callable[[str], None]) -> None:
    """Run until told to stop; `on_ready` gets the endpoint's URL once it serves.

    The caller owns the state folder. Raises what the parts raise when they cannot start.
    """
    clock, ids = SystemClock(), system_ids()
    async with AsyncExitStack() as stack:
        with _address_explained():
            host, port = free_address(settings.listen)
        store = await stack.enter_async_context(_opened_store(settings, clock))
        check_belongs(store, settings)
        networks = networks_of(store, settings, ids, free_pools_of(settings))
        backend = await stack.enter_async_context(opened_backend(settings, clock))
        if orders.stop.is_set() and not settings.stops_tasks:
            return
        fabric = await stack.enter_async_context(
            opened_fabric(settings, networks, Zones(store).current(), (host, port))
        )
        await keep(networks, store)
        await enforce_recorded(store, fabric)
        events = EventStore(Path(settings.state_dir) / "logs", clock)
        stack.callback(events.close)
        metrics = await stack.enter_async_context(_opened_metrics(settings, clock))
        base = Foundation(
            settings=settings,
            address=f"{host}:{port}",
            clock=clock,
            ids=ids,
            store=store,
            compute=backend.compute,
            file_systems=backend.file_systems,
            volumes=backend.volumes,
            fabric=fabric,
            balancer=balancer_of(settings, clock),
            proxies=service_proxies_of(settings, clock),
            events=events,
            metrics=metrics,
            pulls=backend.pulls,
            launches=TokenBuckets(settings.api_limits.rates),
        )
        await fabric.answer_metadata(metadata_of(base))
        application = served_first(application_of(base), base.foreground)
        with _address_explained():
            server = GatewayServer(application, host, port)
        await _Engine(base, backend, server, orders).run(on_ready)


class _Engine:
    """Everything is open; what is left to do is run, and end in the right order."""

    def __init__(
        self, base: Foundation, backend: OpenBackend, server: GatewayServer, orders: Orders
    ) -> None:
        self._base = base
        self._backend = backend
        self._server = server
        self._orders = orders

    async def run(self, on_ready: Callable[[str], None]) -> None:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work, name=name) for name, work in self._workers().items()]
            serving = group.create_task(self._server.run(), name="server")
            await self._server.serving.wait()
            if not self._orders.stop.is_set():
                on_ready(self._server.url)
            await self._orders.stop.wait()
            if self._base.settings.stops_tasks:
                await self._stop_tasks(group)
            self._server.stop()
            await serving
            await _cancelled(workers)

    def _workers(self) -> dict[str, Coroutine[None, None, None]]:
        """Each runs until cancelled; by name."""
        base = self._base
        logs = LogFollower(base.store, base.events, base.clock, self._backend.hold)
        workers: dict[str, Coroutine[None, None, None]] = {
            "logs": logs.run(),
            "log upkeep": keep_events(base.events),
            "log retention": keep_retention(base.store, base.events, base.clock),
            "metrics": sampler_of(base).run(),
            **controllers_of(base, logs),
        }
        if self._backend.keep is not None:
            workers["backend upkeep"] = self._backend.keep(base.store)
        return workers

    async def _stop_tasks(self, group: asyncio.TaskGroup) -> None:
        """Until all have stopped, or nobody wants to wait any longer."""
        stopping = group.create_task(self._every_task_stopped(), name="stopping tasks")
        hurry = group.create_task(self._orders.hurry.wait(), name="hurry")
        await asyncio.wait((stopping, hurry), return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            _log.warning("told to hurry: tasks that have not stopped yet are left behind")
        stopping.cancel()
        hurry.cancel()

    async def _every_task_stopped(self) -> None:
        try:
            await stop_every_task(self._base.store, self._base.clock)
        except StorageFailed as failure:
            _log.warning("tasks go on running: that they stop cannot be written: %s", failure)


async def _cancelled(workers: Sequence["asyncio.Task[None]"]) -> None:
    for worker in workers:
        worker.cancel()
    for worker in workers:
        with contextlib.suppress(asyncio.CancelledError):
            await worker


@asynccontextmanager
async def _opened_store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    store = Store(SqliteStorage(Path(settings.state_dir) / STORE_FILE), clock)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _opened_metrics(settings: Settings, clock: Clock) -> AsyncIterator[MetricStore]:
    """Metrics are no reason not to start: what cannot be read of them is left out."""
    metrics = MetricStore(Path(settings.state_dir) / "metrics")
    try:
        metrics.load(clock.now())
    except OSError as error:
        _log.warning("metrics of before are not known: %s", error)
    try:
        yield metrics
    finally:
        try:
            metrics.save(clock.now())
        except OSError as error:
            _log.warning("metrics of the last minute are not on the disk: %s", error)


@contextlib.contextmanager
def _address_explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AddressUnusable(error.strerror or str(error)) from error


def free_address(listen: str) -> tuple[str, int]:
    """Host and port to listen at; port 0 is made a free one, a name is made a number: whether that
    is the loopback address decides who need not sign. Raises OSError when it is taken."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, int(port)))
        found, free, *_ = probe.getsockname()
        return str(found), int(free)
