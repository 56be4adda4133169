"""One engine from its state folder to `ready`, until it is told to stop.

What carries a workload goes on when this ends, however it ends; the next engine on the same folder
adopts it.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from hostless.controllers.task.farewell import stop_every_task
from hostless.controllers.tokens import TokenController
from hostless.domain.default_vpc import default_vpc
from hostless.domain.settings import Settings
from hostless.engine.assembly import Foundation, application_of, controller_of
from hostless.engine.outside import fabric_of, opened_backend, opened_fabric
from hostless.gateway.asgi import served_first
from hostless.gateway.server import GatewayServer
from hostless.kit.clock import Clock, SystemClock
from hostless.kit.ids import Ids, system_ids
from hostless.store.kinds import SECURITY_GROUPS, SUBNETS, VPCS
from hostless.store.sqlite import SqliteStorage
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.events.upkeep import keep_events
from hostless.telemetry.follower import LogFollower
from hostless.telemetry.retention import keep_retention

STORE_FILE = "store.db"


async def serve(settings: Settings, stop: asyncio.Event, on_ready: Callable[[str], None]) -> None:
    """Run until `stop` is set; `on_ready` gets the endpoint's URL once it serves.

    The caller owns the state folder. Raises what the parts raise when they cannot start.
    """
    clock, ids = SystemClock(), system_ids()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_opened_store(settings, clock, ids))
        compute = await stack.enter_async_context(opened_backend(settings, clock))
        fabric = await stack.enter_async_context(opened_fabric(settings, store))
        host, port = _free_address(settings.listen)
        base = Foundation(
            settings=settings,
            address=f"{host}:{port}",
            clock=clock,
            ids=ids,
            store=store,
            compute=compute,
            fabric=fabric,
            events=EventStore(Path(settings.state_dir) / "logs", clock),
        )
        app = served_first(application_of(base), base.foreground)
        server = GatewayServer(app, host, port)
        await _run(base, server, stop, on_ready)


async def _run(
    base: Foundation, server: GatewayServer, stop: asyncio.Event, on_ready: Callable[[str], None]
) -> None:
    logs = LogFollower(base.store, base.events, base.clock)
    controller = controller_of(base, logs)
    async with asyncio.TaskGroup() as group:
        workers = [
            group.create_task(logs.run(), name="logs"),
            group.create_task(keep_events(base.events), name="log upkeep"),
            group.create_task(
                keep_retention(base.store, base.events, base.clock), name="log retention"
            ),
            group.create_task(controller.run(), name="tasks"),
            group.create_task(TokenController(base.store, base.clock).run(), name="tokens"),
        ]
        serving = group.create_task(server.run(), name="server")
        await server.serving.wait()
        on_ready(server.url)
        await stop.wait()
        if base.settings.stops_tasks:
            await stop_every_task(base.store, base.clock)
        server.stop()
        await serving
        await _cancelled(workers)


async def _cancelled(workers: Sequence["asyncio.Task[None]"]) -> None:
    for worker in workers:
        worker.cancel()
    for worker in workers:
        with contextlib.suppress(asyncio.CancelledError):
            await worker


@asynccontextmanager
async def _opened_store(settings: Settings, clock: Clock, ids: Ids) -> AsyncIterator[Store]:
    store = Store(SqliteStorage(Path(settings.state_dir) / STORE_FILE), clock)
    try:
        await _have_default_vpc(store, settings, ids)
        yield store
    finally:
        await store.close()


async def _have_default_vpc(store: Store, settings: Settings, ids: Ids) -> None:
    """A new state folder gets what a new account has."""
    if len(store.table(VPCS)):
        return
    made = default_vpc(settings.realm, settings.default_vpc_cidr, ids)
    transaction = store.transaction("the first start")
    transaction.put(VPCS, made.vpc)
    for subnet in made.subnets:
        transaction.put(SUBNETS, subnet)
    transaction.put(SECURITY_GROUPS, made.security_group)
    await transaction.commit()


async def purge(settings: Settings) -> None:
    """Kill every task and remove everything outside the state folder. No engine may run."""
    async with opened_backend(settings, SystemClock()) as compute:
        await compute.purge()
    await fabric_of(settings).purge()


def _free_address(listen: str) -> tuple[str, int]:
    """Host and port to listen at; port 0 is made a free one. Raises OSError when it is taken."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, int(port)))
        return host, int(probe.getsockname()[1])
