"""One engine after the other on the same machine: the real services and controllers, in process.

An engine dies wherever it is, between any two steps of any pass, and the next one finds what was
durable. Requests enter by the operations' own tables; the wire is left out.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hostless.compute.simulated.block_volumes import SimulatedBlockVolumes
from hostless.compute.simulated.file_systems import SimulatedFileSystems
from hostless.domain.errors import ApiError
from hostless.domain.network import Subnet
from hostless.domain.settings import Settings
from hostless.engine.assembly import Foundation, controllers_of, services_of
from hostless.engine.first_start import keep, networks_of
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.operation import Answer, Call, Operation
from hostless.services.own.operations import own_operations
from hostless.simulation.machine import Machine, SilentLogs
from hostless.store.kinds import SUBNETS
from hostless.store.storage import StorageFailed
from hostless.store.store import Store, WriteConflict
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.metrics.store import MetricStore

MOST_ATTEMPTS = 8
"""How often a request starts again because somebody else wrote what it had read, as in the
gateway."""
OWN = "own"
"""The name of hostless's own API among those of AWS."""
_NOWHERE = "127.0.0.1:0"

log = logging.getLogger(__name__)


class EngineDied(Exception):
    """A request that was under way when the engine died: nobody knows what became of it."""


class ControlPlane:
    """settings: of every engine. `machine` must be of the running loop."""

    def __init__(self, machine: Machine, settings: Settings, group: asyncio.TaskGroup) -> None:
        self.machine = machine
        self._settings = settings
        self._group = group
        self._working: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[Answer | ApiError | StorageFailed]] = set()
        self._found: dict[tuple[str, str], Operation[Any]] = {}
        self.store = Store(machine.disk, machine.clock)

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        return tuple(self.store.all(SUBNETS))

    @property
    def is_up(self) -> bool:
        return self._working is not None

    async def start(self) -> None:
        """A new engine on what is durable."""
        machine = self.machine
        self.store = Store(machine.disk, machine.clock)
        networks = networks_of(self.store, self._settings, machine.ids)
        await machine.backend.open()
        await machine.fabric.lay_out(networks.layout)
        await keep(networks, self.store)
        base = Foundation(
            settings=self._settings,
            address=_NOWHERE,
            clock=machine.clock,
            ids=machine.ids,
            store=self.store,
            compute=machine.backend,
            file_systems=SimulatedFileSystems(),
            volumes=SimulatedBlockVolumes(),
            fabric=machine.fabric,
            balancer=machine.balancer,
            proxies=machine.proxies,
            events=EventStore(Path(self._settings.state_dir) / "logs", machine.clock),
            metrics=MetricStore(Path(self._settings.state_dir) / "metrics"),
        )
        apis = services_of(base, ExecSessions(machine.clock, machine.ids))
        own = [
            each.operation
            for each in own_operations(
                self.store, machine.ids, machine.backend, machine.fabric, base.metrics
            )
        ]
        offered = [
            *((api.name, api.operations) for api in apis),
            (OWN, own),
        ]
        self._found = {(api, each.name): each for api, table in offered for each in table}
        self._working = self._group.create_task(self._work(base), name="engine")

    async def die(self) -> None:
        """Wherever it is; what was not durable is gone and requests are never answered."""
        doomed: list[asyncio.Task[Any]] = [*self._calls]
        doomed += [] if self._working is None else [self._working]
        for task in doomed:
            task.cancel()
        if doomed:
            await asyncio.wait(doomed)
        self._working = None
        self.machine.disk.crash()

    async def call(self, operation: str, members: Mapping[str, Any], api: str = "ecs") -> Any:
        """The operation's answer. members: in snake case. api: botocore's name of it, or OWN.

        Raises the operation's ApiError, StorageFailed, and EngineDied, also when no engine is up.
        """
        if not self.is_up:
            raise EngineDied(operation)
        request = self._group.create_task(self._perform(api, operation, members))
        self._calls.add(request)
        try:
            await asyncio.wait((request,))
        finally:
            self._calls.discard(request)
        if request.cancelled():
            raise EngineDied(operation)
        outcome = request.result()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _perform(
        self, api: str, name: str, members: Mapping[str, Any]
    ) -> Answer | ApiError | StorageFailed:
        operation = self._found[api, name]
        circumstances = Call(
            realm=self._settings.realm,
            principal_arn=f"arn:aws:iam::{self._settings.realm.account_id}:root",
            request_id=self.machine.ids.uuid(),
            now=self.machine.clock.now(),
        )
        asked = msgspec.convert(members, type=operation.request)
        for _ in range(MOST_ATTEMPTS):
            try:
                return await operation.perform(asked, circumstances)
            except WriteConflict:
                continue
            except (ApiError, StorageFailed) as refusal:
                return refusal
        return StorageFailed(f"{name}: {MOST_ATTEMPTS} conflicts in a row")

    async def _work(self, base: Foundation) -> None:
        async with asyncio.TaskGroup() as group:
            for name, work in controllers_of(base, SilentLogs()).items():
                group.create_task(work, name=name)
