"""One seed's voyage with services: the whole control plane under clients, faults and crashes.

Everything random comes from the seed, and time is simulated: the same seed is the same voyage.
What must hold throughout, `hostless.simulation.invariants` says; here is what happens, and what has
to have come about when it has been calm for long enough.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from tests.simulation.service_ends import check_counts, check_ends
from tests.simulation.service_images import (
    BEHAVIOURS,
    BOUNDS,
    HEALTHY_AFTER,
    IMAGES,
    STRATEGIES,
    ZONES,
)

from hostless.compute.simulated.behaviour import Capacity, Simulation
from hostless.domain.errors import ApiError
from hostless.domain.settings import Settings
from hostless.domain.signals import Alarm
from hostless.network.simulated.fabric import FabricBehaviour
from hostless.simulation.control_plane import OWN, ControlPlane, EngineDied
from hostless.simulation.machine import machine_of
from hostless.simulation.watching import Observer
from hostless.store.kinds import ALARMS, OUTAGES, SERVICE_DEPLOYMENTS, SERVICES, TASKS
from hostless.store.storage import Batch, StorageFailed

STEPS = 40
CALM_SECONDS = 2000.0
"""More than two of the longest back-offs (15 minutes) with pulls, stops and bake times."""
REPAIRED_SECONDS = 900.0
"""A new revision has no past, so that no back-off is in its way."""
CLUSTER = "voyage"
PORT = 8080
ALARM = "errors"


class Watch(Observer):
    """An observer that can also call out at a certain commit."""

    def __init__(self) -> None:
        super().__init__(HEALTHY_AFTER)
        self._called_at: tuple[int, asyncio.Event] | None = None

    def saw(self, batch: Batch) -> None:
        super().saw(batch)
        if self._called_at is not None and self.commits >= self._called_at[0]:
            self._called_at[1].set()

    async def wait_for_commit(self, number: int, limit_seconds: float) -> None:
        """Return in the middle of whatever makes the commit, or when there was none for so long."""
        call = asyncio.Event()
        self._called_at = (self.commits + number, call)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.wait(), limit_seconds)
        self._called_at = None


class ServiceVoyage:
    """To be made within the simulated loop."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(f"{seed} voyage")
        self.observer = Watch()
        starts_at_once = self.chance.choice((2, 100))
        simulation = Simulation(
            seed=seed, behaviour=BEHAVIOURS, capacity=Capacity(starts_at_once=starts_at_once)
        )
        fabric = FabricBehaviour(attach_seconds=self.chance.choice((0.0, 0.1)), failure_rate=0.02)
        sync = self.chance.choice((0.001, 0.05, 0.3))
        self.machine = machine_of(simulation, self.observer, fabric, sync)
        self.services: list[str] = []
        self.serial = 0
        self.requests = 0
        self.refusals: dict[str, int] = {}

    async def sail(self) -> None:
        settings = Settings(
            state_dir="/nonexistent", backend="simulated", healthy_after_seconds=HEALTHY_AFTER
        )
        async with asyncio.TaskGroup() as group:
            self.plane = ControlPlane(self.machine, settings, group)
            await self.plane.start()
            await self._insist(self._prepare)
            self.machine.disk.refusal_rate = 0.01
            for _ in range(STEPS):
                await self._step()
                self.observer.invariants.raise_any()
            is_repaired = await self._end_the_faults()
            await asyncio.sleep(REPAIRED_SECONDS if is_repaired else CALM_SECONDS)
            self.observer.invariants.raise_any()
            await self.check_ends()
            await self.plane.die()

    async def check_ends(self) -> None:
        await check_ends(self)

    async def _prepare(self) -> None:
        providers = ("FARGATE", "FARGATE_SPOT")
        await self.ask("CreateCluster", cluster_name=CLUSTER, capacity_providers=providers)
        await self._set_alarm("OK")
        for _ in range(self.chance.randint(1, 2)):
            await self._create()

    async def _step(self) -> None:
        acts = self._acts()
        act = self.chance.choices(list(acts), list(acts.values()))[0]
        try:
            await act()
        except ApiError as refusal:
            self.refusals[refusal.message] = self.refusals.get(refusal.message, 0) + 1
        except (EngineDied, StorageFailed):
            pass
        if self.plane.is_up and self.chance.random() < 0.1:
            for service in list(self.plane.store.all(SERVICES)):
                await check_counts(self, service)
        await asyncio.sleep(self.chance.choice((0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 60.0)))

    def _acts(self) -> dict[Callable[[], Awaitable[None]], int]:
        """What may happen, and how often in comparison."""
        return {
            self._update: 6,
            self._scale: 4,
            self._force: 2,
            self._create: 1,
            self._delete: 1,
            self._stop_deployment: 2,
            self._stop_a_task: 2,
            self._protect: 2,
            self._toggle_alarm: 1,
            self._lose_zone: 1,
            self._reclaim_spot: 1,
            self._lose_a_host: 1,
            self._retire: 1,
            self._crash: 2,
            self._crash_at_a_commit: 3,
            self._rest: 8,
        }

    async def ask(self, operation: str, **members: Any) -> Any:
        self.requests += 1
        return await self.plane.call(operation, members)

    async def _insist(self, act: Callable[[], Awaitable[None]]) -> None:
        for _ in range(100):
            try:
                return await act()
            except (EngineDied, StorageFailed):
                await asyncio.sleep(1.0)
        raise AssertionError("the store took nothing any more")

    async def _register(self, image: str, *, is_checked: bool) -> str:
        ports = [{"container_port": PORT, "name": "http", "app_protocol": "http"}]
        container: dict[str, Any] = {"name": "app", "image": image, "port_mappings": ports}
        container["stop_timeout"] = self.chance.choice((2, 30, 120))
        if is_checked:
            interval = self.chance.choice((5, 30))
            command = ["CMD-SHELL", "true"]
            container["health_check"] = {"command": command, "interval": interval, "retries": 2}
        answer = await self.ask(
            "RegisterTaskDefinition",
            family=f"{image}-{is_checked}",
            requires_compatibilities=("FARGATE",),
            network_mode="awsvpc",
            cpu="256",
            memory="512",
            container_definitions=[container],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    async def _a_definition(self) -> str:
        image = self.chance.choice(IMAGES)
        is_checked = image in ("unhealthy", "sickly") or self.chance.random() < 0.3
        return await self._register(image, is_checked=is_checked)

    def _configuration(self) -> dict[str, Any]:
        least, most = self.chance.choice(BOUNDS)
        enable = self.chance.random() < 0.6
        is_watched = self.chance.random() < 0.3
        return {
            "minimum_healthy_percent": least,
            "maximum_percent": most,
            "bake_time_in_minutes": self.chance.choice((0, 0, 1)),
            "deployment_circuit_breaker": {
                "enable": enable,
                "rollback": enable and self.chance.random() < 0.7,
            },
            "alarms": {
                "alarm_names": (ALARM,) if is_watched else (),
                "enable": is_watched,
                "rollback": is_watched and self.chance.random() < 0.5,
            },
        }

    async def _create(self) -> None:
        self.serial += 1
        name = f"service-{self.serial}"
        strategy = self.chance.choice(STRATEGIES)
        zones = self.chance.sample(ZONES, self.chance.randint(1, 3))
        subnets = [subnet.id for subnet in self.plane.subnets if subnet.zone in zones]
        configuration = self._configuration()
        definition = await self._a_definition()
        self.services.append(name)
        await self.ask(
            "CreateService",
            cluster=CLUSTER,
            service_name=name,
            task_definition=definition,
            desired_count=self.chance.choice((0, 1, 2, 3, 5, 8)),
            availability_zone_rebalancing=self._rebalancing(configuration),
            deployment_configuration=configuration,
            network_configuration={"awsvpc_configuration": {"subnets": subnets}},
            health_check_grace_period_seconds=self.chance.choice((0, 60)),
            **self._more_of_a_service(),
            **(
                {"capacity_provider_strategy": strategy} if strategy else {"launch_type": "FARGATE"}
            ),
        )

    def _more_of_a_service(self) -> dict[str, Any]:
        return {}

    def _rebalancing(self, configuration: dict[str, Any]) -> str:
        if configuration["maximum_percent"] <= 100:
            return "DISABLED"
        return self.chance.choice(("ENABLED", "DISABLED"))

    def _a_name(self) -> str:
        """Mostly of a service that is there."""
        active = [s.name for s in self.plane.store.all(SERVICES) if s.status == "ACTIVE"]
        return self.chance.choice(
            active if active and self.chance.random() < 0.9 else self.services
        )

    async def _change(self, **members: Any) -> None:
        await self.ask("UpdateService", cluster=CLUSTER, service=self._a_name(), **members)

    async def _update(self) -> None:
        members: dict[str, Any] = {"task_definition": await self._a_definition()}
        if self.chance.random() < 0.3:
            members["deployment_configuration"] = self._configuration()
        if self.chance.random() < 0.3:
            members["desired_count"] = self.chance.randint(0, 8)
        await self._change(**members)

    async def _scale(self) -> None:
        await self._change(desired_count=self.chance.choice((0, 1, 2, 4, 6, 10)))

    async def _force(self) -> None:
        await self._change(force_new_deployment=True)

    async def _delete(self) -> None:
        await self.ask("DeleteService", cluster=CLUSTER, service=self._a_name(), force=True)

    async def _stop_deployment(self) -> None:
        attempts = list(self.plane.store.all(SERVICE_DEPLOYMENTS))
        if attempts:
            await self.ask(
                "StopServiceDeployment",
                service_deployment_arn=self.chance.choice(attempts[-3:]).arn,
                stop_type=self.chance.choice(("ROLLBACK", "ROLLBACK", "ABORT")),
            )

    async def _stop_a_task(self) -> None:
        tasks = [task for task in self.plane.store.all(TASKS) if task.status != "STOPPED"]
        if tasks:
            await self.ask("StopTask", cluster=CLUSTER, task=self.chance.choice(tasks).arn)

    async def _protect(self) -> None:
        """Some of a service's tasks, for a while or no longer."""
        found = [t for t in self.plane.store.all(TASKS) if t.group == f"service:{self._a_name()}"]
        tasks = [task.arn for task in found if task.status != "STOPPED"]
        is_on = self.chance.random() < 0.7
        if tasks:
            await self.ask(
                "UpdateTaskProtection",
                cluster=CLUSTER,
                tasks=self.chance.sample(tasks, self.chance.randint(1, min(3, len(tasks)))),
                protection_enabled=is_on,
                expires_in_minutes=self.chance.choice((1, 10)) if is_on else None,
            )

    async def _toggle_alarm(self) -> None:
        await self._set_alarm(self.chance.choice(("OK", "ALARM")))

    async def _set_alarm(self, state: Any) -> None:
        transaction = self.plane.store.transaction("voyage")
        now = self.machine.clock.now()
        transaction.put(ALARMS, Alarm(name=ALARM, state=state, updated_at=now))
        await transaction.commit()

    async def _drill(self, operation: str, **members: Any) -> None:
        self.requests += 1
        await self.plane.call(operation, members, OWN)

    async def _lose_zone(self) -> None:
        lasts = self.chance.uniform(10.0, 600.0)
        zone = self.chance.choice(ZONES)
        await self._drill("DrillZoneLoss", zone=zone, duration_seconds=lasts)

    async def _reclaim_spot(self) -> None:
        lasts = self.chance.choice((None, 300.0))
        share = self.chance.choice((0.5, 1.0))
        await self._drill("DrillSpot", share=share, duration_seconds=lasts)

    async def _lose_a_host(self) -> None:
        """Told by a drill, or by the machine alone."""
        tasks = sorted(self.machine.backend.machine.tasks())
        if tasks and self.chance.random() < 0.5:
            self.machine.backend.lose_host(self.chance.choice(tasks))
        else:
            await self._drill("DrillHostLoss", count=self.chance.randint(1, 3))

    async def _retire(self) -> None:
        after = self.chance.choice((0.0, 120.0))
        await self._drill("DrillRetire", all=True, after_seconds=after)

    async def _crash(self) -> None:
        """At any time; a request may be under way."""
        if self.services and self.chance.random() < 0.5:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._last_words())
                await asyncio.sleep(self.chance.choice((0.0, 0.0005, 0.01, 0.2)))
                await self.plane.die()
        else:
            await self.plane.die()
        await self._come_back()

    async def _crash_at_a_commit(self) -> None:
        """Between any commit and what the pass that made it would do next."""
        await self.observer.wait_for_commit(self.chance.randint(1, 40), limit_seconds=120.0)
        await self.plane.die()
        await self._come_back()

    async def _come_back(self) -> None:
        await asyncio.sleep(self.chance.choice((0.0, 1.0, 30.0)))
        await self.plane.start()

    async def _last_words(self) -> None:
        try:
            await self._update()
        except (ApiError, EngineDied, StorageFailed):
            return

    async def _rest(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, 300.0))

    async def _end_the_faults(self) -> bool:
        """Whether services were repaired by hand; half of the voyages are left as they are."""
        self.machine.disk.refusal_rate = 0.0
        self.machine.fabric.behaviour = FabricBehaviour()
        await self._insist(self._clear_outages)
        is_repaired = self.chance.random() < 0.5
        if is_repaired:
            await self._insist(self._repair)
        return is_repaired

    async def _clear_outages(self) -> None:
        transaction = self.plane.store.transaction("voyage")
        for outage in list(self.plane.store.all(OUTAGES)):
            transaction.delete(OUTAGES, outage.key)
        await transaction.commit()
        await self._set_alarm("OK")

    async def _repair(self) -> None:
        for service in list(self.plane.store.all(SERVICES)):
            if service.status == "ACTIVE":
                definition = await self._register("good", is_checked=False)
                await self.ask(
                    "UpdateService",
                    cluster=CLUSTER,
                    service=service.name,
                    task_definition=definition,
                    desired_count=max(1, service.desired_count),
                )
