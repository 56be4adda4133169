"""A real network that is made and changed through the API: only tasks' processes are simulated.

Gateway, services, controllers and the fabric are the engine's own, in process; clients are stock.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from tests.support.client import LoopThread, make_client
from tests.support.engine import wait_for
from tests.support.networks import namespaces_of

from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.block_volumes import SimulatedBlockVolumes
from hostless.compute.simulated.file_systems import SimulatedFileSystems
from hostless.controllers.network.groups import enforce_recorded
from hostless.domain.arns import SecurityGroupId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import NetworkLayout, layout_of
from hostless.domain.security_groups import GroupPolicy
from hostless.domain.settings import Settings
from hostless.engine.assembly import Foundation, application_of, controllers_of
from hostless.engine.first_start import keep, networks_of
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.network.local.fabric import LocalFabric
from hostless.simulation.machine import SilentLogs
from hostless.store.keys import KEYS_FILE, load_or_make
from hostless.store.kinds import NAT_GATEWAYS
from hostless.store.network_records import network_records, policies_of
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.metrics.store import MetricStore

POOL, POOL_HOST = "198.18.0.0/21", "198.18.0.1"


class KnownFabric(LocalFabric):
    """It can be asked what it was last given. Mutants change what they pass on."""

    layout: NetworkLayout | None = None
    policies: Mapping[SecurityGroupId, GroupPolicy] | None = None

    async def lay_out(self, layout: NetworkLayout) -> None:
        await super().lay_out(self.taken(layout))
        self.layout = layout

    async def enforce(
        self,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        await super().enforce(policies, interfaces)
        self.policies = dict(policies)

    def taken(self, layout: NetworkLayout) -> NetworkLayout:
        return layout


class ApiNetwork:
    """Use `api_network`. store: to be read in the portal's loop."""

    def __init__(
        self, portal: LoopThread, settings: Settings, fabric: KnownFabric, seed: int
    ) -> None:
        self.portal = portal
        self.settings = settings
        self.fabric = fabric
        self._clock, self._ids = SystemClock(), Ids(Random(seed))
        self.store = Store(MemoryStorage(), self._clock)

    async def open(self) -> None:
        """As the engine starts."""
        backend = SimulatedBackend(self._clock)
        await backend.open()
        networks = networks_of(self.store, self.settings, self._ids)
        await self.fabric.lay_out(networks.layout)
        await keep(networks, self.store)
        await enforce_recorded(self.store, self.fabric)
        base = Foundation(
            settings=self.settings,
            address="127.0.0.1:0",
            clock=self._clock,
            ids=self._ids,
            store=self.store,
            compute=backend,
            file_systems=SimulatedFileSystems(),
            volumes=SimulatedBlockVolumes(),
            fabric=self.fabric,
            balancer=SimulatedBalancer(),
            proxies=SimulatedServiceProxies(self._clock),
            events=EventStore(Path(self.settings.state_dir) / "logs", self._clock),
            metrics=MetricStore(Path(self.settings.state_dir) / "metrics"),
        )
        self._application = application_of(base)
        self._working = asyncio.get_running_loop().create_task(self._work(base))

    async def _work(self, base: Foundation) -> None:
        async with asyncio.TaskGroup() as group:
            for name, work in controllers_of(base, SilentLogs()).items():
                group.create_task(work, name=name)

    async def close(self) -> None:
        self._working.cancel()
        await asyncio.wait([self._working])
        await self.fabric.purge()

    def client(self, service: str) -> Any:
        key = load_or_make(Path(self.settings.state_dir) / KEYS_FILE, self._ids)
        return make_client(self._application, self.portal, service, key=key)

    def settle(self) -> None:
        """Wait until the fabric has been given all that is recorded."""
        wait_for(lambda: self.portal.run(self._is_settled()), what="a network as recorded")

    async def _is_settled(self) -> bool:
        assert not self._working.done(), self._working
        return (
            self.fabric.layout == layout_of(network_records(self.store))
            and self.fabric.policies == policies_of(self.store)
            and all(each.state == "available" for each in self.store.all(NAT_GATEWAYS))
        )


@contextmanager
def api_network(folder: Path, fabric: type[KnownFabric], seed: int) -> Iterator[ApiNetwork]:
    """On the calling thread's host, as on a machine of its own; gone at the end."""
    settings = Settings(state_dir=str(folder), backend="simulated", public_cidr=POOL)
    with LoopThread() as portal:
        made = ApiNetwork(portal, settings, fabric(settings.engine_id, "us-east-1"), seed)
        try:
            portal.run(made.open())
            yield made
        finally:
            portal.run(made.close())
    assert namespaces_of(settings.engine_id) == []
