"""The gateway over a `World`: the real services, called by real clients in process."""

from pathlib import Path
from typing import Any

from tests.support.api_world import World
from tests.support.client import TEST_KEY

from hostless.compute.seam import ComputeBackend
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.gateway.application import Application
from hostless.gateway.asgi import AsgiApp
from hostless.gateway.authentication import Authentication
from hostless.gateway.keys import Keys
from hostless.gateway.metrics_page import MetricsPage, metrics_page_first
from hostless.gateway.once_log import OnceLog
from hostless.gateway.own_paths import OwnPaths, own_paths_first
from hostless.kit.clock import Clock, SystemClock
from hostless.network.seam import NetworkFabric
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.services.own.operations import own_operations
from hostless.telemetry.metrics.store import MetricStore


def own_paths_of(
    world: World,
    fabric: NetworkFabric | None = None,
    metrics: MetricStore | None = None,
    compute: ComputeBackend | None = None,
    clock: Clock | None = None,
) -> AsgiApp:
    """hostless's own API over the same store, before the gateway as in an engine.

    clock: of the page of metrics.
    """
    metrics = metrics or MetricStore(Path("/nowhere"))
    keys = Keys(TEST_KEY, world.realm)
    authentication = Authentication(
        keys, world.realm, OnceLog(), accepts_any_key=world.settings.accepts_any_key
    )
    compute = compute or SimulatedBackend(SystemClock())
    fabric = fabric or SimulatedFabric()
    operations = own_operations(world.store, world.ids, compute, fabric, metrics)
    own = OwnPaths(operations, authentication, world.realm, SystemClock(), world.ids)
    page = MetricsPage(metrics, authentication, clock or SystemClock(), world.ids)
    return metrics_page_first(page, own_paths_first(own, application_of(world)))


def application_of(world: World) -> Application:
    """The admin key is TEST_KEY; time is the machine's, for botocore signs by it."""

    async def no_websocket(*_: Any) -> None:
        raise AssertionError("no websocket expected")

    return Application(
        tuple(world.apis.values()),
        Keys(TEST_KEY, world.realm),
        SystemClock(),
        world.ids,
        world.settings,
        no_websocket,
    )
