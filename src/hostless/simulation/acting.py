"""Carrying out the steps of a scenario, as a person with the API or a drill would."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from hostless.domain.arns import Realm, ServiceArn
from hostless.domain.capacity_strategy import PROVIDERS
from hostless.domain.deployments import ENDED
from hostless.domain.errors import ApiError
from hostless.domain.signals import Alarm
from hostless.domain.tasks import Task
from hostless.simulation.control_plane import OWN, ControlPlane, EngineDied
from hostless.simulation.duration import Duration
from hostless.simulation.requests import (
    CLUSTER,
    create_service,
    deployment_configuration,
    task_definition,
)
from hostless.simulation.scenario import (
    Delete,
    Deploy,
    LoseHosts,
    LoseZone,
    ReclaimSpot,
    RestartEngine,
    Retire,
    Scale,
    Scenario,
    ServiceSetup,
    SetAlarm,
    Step,
    StopDeployment,
    StopTasks,
)
from hostless.store.kinds import ALARMS, SERVICE_DEPLOYMENTS, TASKS
from hostless.store.storage import StorageFailed

RETRY_SECONDS = 1.0
MOST_RETRIES = 600
"""A client asks again while no engine answers."""
_CHANGEABLE = frozenset(field.name for field in fields(Deploy)) - {"at", "service", "force"}
_IN_DEFINITION = frozenset({"image", "cpu", "memory"})
T = TypeVar("T")


class StepRefused(Exception):
    """The control plane said no to a step; the message is its own."""


class Actor:
    """Plays whoever uses the control plane; remembers how each service is to be."""

    def __init__(self, plane: ControlPlane, scenario: Scenario) -> None:
        self._plane = plane
        self._scenario = scenario
        self._setups: dict[str, ServiceSetup] = {s.name: s for s in scenario.service}

    async def set_the_stage(self) -> None:
        """Cluster, alarms and services as they are at the start. Raises StepRefused."""
        await self._ask("CreateCluster", cluster_name=CLUSTER, capacity_providers=PROVIDERS)
        for name in sorted({name for s in self._scenario.service for name in s.alarms}):
            await self._put_alarm(SetAlarm(at=self._scenario.end, name=name, state="OK"))
        subnets = {subnet.zone: subnet.id for subnet in self._plane.subnets}
        for setup in self._scenario.service:
            definition = await self._register(setup)
            await self._ask("CreateService", **create_service(setup, definition, subnets))

    async def take(self, step: Step) -> None:
        """Raises StepRefused. A request that met no engine is made again."""
        match step:
            case Deploy():
                await self._deploy(step)
            case Scale(service=service, to=to):
                await self._ask("UpdateService", **_of(service), desired_count=to)
            case Delete(service=service, force=force):
                await self._ask("DeleteService", **_of(service), force=force)
            case StopDeployment():
                await self._stop_deployment(step)
            case StopTasks():
                for task in self._some_tasks(step.service, step.tasks):
                    await self._ask("StopTask", cluster=CLUSTER, task=task.arn)
            case SetAlarm():
                await self._again(lambda: self._put_alarm(step))
            case RestartEngine(down_for=down_for):
                await self._plane.die()
                await asyncio.sleep(down_for)
                await self._plane.start()
            case LoseZone() | ReclaimSpot() | LoseHosts() | Retire():
                await self._drill(step)

    async def _deploy(self, step: Deploy) -> None:
        given = {n: v for n in sorted(_CHANGEABLE) if (v := getattr(step, n)) is not None}
        setup = replace(self._setups[step.service], **given)
        members: dict[str, Any] = {"force_new_deployment": True} if step.force else {}
        if given.keys() & _IN_DEFINITION:
            members["task_definition"] = await self._register(setup)
        if given.keys() - _IN_DEFINITION - {"desired"}:
            members["deployment_configuration"] = deployment_configuration(setup)
        if step.desired is not None:
            members["desired_count"] = step.desired
        await self._ask("UpdateService", **_of(step.service), **members)
        self._setups[step.service] = setup

    async def _register(self, setup: ServiceSetup) -> str:
        answer = await self._ask("RegisterTaskDefinition", **task_definition(setup))
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    async def _stop_deployment(self, step: StopDeployment) -> None:
        service_arn = self._service_arn(step.service)
        attempts = self._plane.store.find(SERVICE_DEPLOYMENTS, "service", service_arn)
        under_way = [attempt for attempt in attempts if attempt.status not in ENDED]
        if not under_way:
            raise StepRefused(f"no deployment of {step.service} is under way")
        await self._ask(
            "StopServiceDeployment",
            service_deployment_arn=max(under_way, key=lambda a: a.created_at).arn,
            stop_type=step.type,
        )

    async def _put_alarm(self, step: SetAlarm) -> None:
        transaction = self._plane.store.transaction("the alarm changed")
        now = self._plane.machine.clock.now()
        transaction.put(ALARMS, Alarm(name=step.name, state=step.state, updated_at=now))
        await transaction.commit()

    async def _drill(self, step: LoseZone | ReclaimSpot | LoseHosts | Retire) -> None:
        match step:
            case LoseZone(zone=zone, lasts=lasts):
                await self._own("DrillZoneLoss", zone=zone, duration_seconds=_seconds(lasts))
            case ReclaimSpot(share=share, service=service, lasts=lasts):
                members = {"share": share, "service": service}
                await self._own(
                    "DrillSpot", cluster=CLUSTER, duration_seconds=_seconds(lasts), **members
                )
            case LoseHosts(service=service, tasks=count):
                await self._own("DrillHostLoss", cluster=CLUSTER, service=service, count=count)
            case Retire(service=service):
                await self._own("DrillRetire", cluster=CLUSTER, service=service)

    def _some_tasks(self, service: str, count: int) -> list[Task]:
        """Drawn from those that run."""
        found = self._plane.store.find(TASKS, "service", self._service_arn(service))
        running = [task for task in found if task.status == "RUNNING" and task.goal == "RUNNING"]
        return self._plane.machine.chance.sample(running, min(count, len(running)))

    async def _ask(self, operation: str, **members: Any) -> Any:
        return await self._again(lambda: self._plane.call(operation, members))

    async def _own(self, operation: str, **members: Any) -> Any:
        return await self._again(lambda: self._plane.call(operation, members, OWN))

    async def _again(self, make: Callable[[], Awaitable[T]]) -> T:
        for _ in range(MOST_RETRIES):
            try:
                return await make()
            except (EngineDied, StorageFailed):
                await asyncio.sleep(RETRY_SECONDS)
            except ApiError as error:
                raise StepRefused(error.message) from error
        raise StepRefused("no engine answered")

    def _service_arn(self, name: str) -> ServiceArn:
        return Realm().service_arn(CLUSTER, name)


def _of(service: str) -> dict[str, str]:
    return {"cluster": CLUSTER, "service": service}


def _seconds(duration: Duration | None) -> float | None:
    return None if duration is None else float(duration)
