"""A control plane with services in a test: records as the API writes them, controllers at work."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.support.layouts import layout_with
from tests.support.tasks import (
    CLUSTER,
    REALM,
    SUBNETS_OF_TEST,
    VPC,
    Api,
    definition_of,
    world_of,
)

from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Capacity, Simulation
from hostless.controllers.balancer.draining import DrainingController
from hostless.controllers.balancer.registering import TargetRegistrar
from hostless.controllers.health.controller import HealthController
from hostless.controllers.service.controller import ServiceController
from hostless.controllers.service.reading import ServiceWorld
from hostless.controllers.task.controller import TaskController
from hostless.domain.arns import SecurityGroupId, ServiceRevisionArn
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.deployments import Deployment, ServiceDeployment
from hostless.domain.new_service import RevisionContent, begin_rollout, newest_of
from hostless.domain.services import Service
from hostless.domain.settings import Settings
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement, Task
from hostless.kit.clock import Clock
from hostless.kit.foreground import Foreground
from hostless.kit.ids import Ids
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.kit.token_buckets import TokenBuckets
from hostless.store.kinds import (
    CLUSTERS,
    DEPLOYMENTS,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.storage import Storage
from hostless.store.store import Store

PLACEMENT = Placement(
    subnets=tuple(subnet.id for subnet in SUBNETS_OF_TEST),
    security_groups=(SecurityGroupId("sg-1"),),
)


def definition_for(image: str, revision: int = 1, **container: Any) -> TaskDefinition:
    main = ContainerDefinition(name="main", image=image, **container)
    return definition_of(main, family="web", revision=revision)


def content_for(definition: TaskDefinition, **changes: Any) -> RevisionContent:
    content = RevisionContent(
        definition_arn=definition.arn,
        launch_type="FARGATE",
        platform_version="1.4.0",
        cpu_architecture="X86_64",
        placement=PLACEMENT,
        images=tuple((c.name or "", c.image or "") for c in definition.container_definitions),
    )
    return replace(content, **changes)


@dataclass
class ServiceApi:
    """Writes what CreateService, UpdateService and DeleteService write."""

    store: Store
    ids: Ids
    clock: Clock

    async def create(
        self, definition: TaskDefinition, count: int, name: str = "web", **changes: Any
    ) -> str:
        content = content_for(definition, **changes.pop("content", {}))
        service = Service(
            arn=REALM.service_arn(CLUSTER.name, name),
            cluster_arn=CLUSTER.arn,
            name=name,
            desired_count=count,
            revision_arn=ServiceRevisionArn(""),
            created_at=self.clock.now(),
            **changes,
        )
        await self._roll_out(service, definition, content)
        return service.arn

    async def deploy(
        self, arn: str, definition: TaskDefinition, **changes: Any
    ) -> ServiceDeployment:
        content = content_for(definition, **changes.pop("content", {}))
        return await self._roll_out(replace(self.service(arn), **changes), definition, content)

    async def update(self, arn: str, **changes: Any) -> None:
        await self.store.update(SERVICES, arn, lambda s: replace(s, **changes), "UpdateService")

    async def delete(self, arn: str) -> None:
        await self.update(arn, status="DRAINING", desired_count=0)

    async def stop_deployment(self, arn: str, kind: str = "ROLLBACK") -> None:
        await self.store.update(
            SERVICE_DEPLOYMENTS, arn, lambda a: replace(a, stop_request=kind), "stop"
        )

    def service(self, arn: str) -> Service:
        service = self.store.get(SERVICES, arn)
        assert service is not None
        return service

    def attempt(self, arn: str) -> ServiceDeployment:
        attempt = self.store.get(SERVICE_DEPLOYMENTS, arn)
        assert attempt is not None
        return attempt

    def attempts(self, service_arn: str) -> list[ServiceDeployment]:
        return self.store.find(SERVICE_DEPLOYMENTS, "service", service_arn)

    def primary(self, service_arn: str) -> Deployment:
        primary = newest_of(self.store.find(DEPLOYMENTS, "service", service_arn))
        assert primary is not None
        return primary

    def tasks(self, service_arn: str, *statuses: str) -> list[Task]:
        tasks = [task for task in self.store.all(TASKS) if task.service_arn == service_arn]
        return [task for task in tasks if not statuses or task.status in statuses]

    def events(self, service_arn: str) -> list[str]:
        """Oldest first."""
        events = self.store.find(SERVICE_EVENTS, "service", service_arn)
        return [event.message for event in sorted(events, key=lambda event: event.number)]

    async def _roll_out(
        self, service: Service, definition: TaskDefinition, content: RevisionContent
    ) -> ServiceDeployment:
        others = self.store.find(DEPLOYMENTS, "service", service.arn)
        rollout = begin_rollout(REALM, service, content, others, self.ids, self.clock.now())
        transaction = self.store.transaction("test")
        transaction.put(TASK_DEFINITIONS, definition)
        transaction.put(CLUSTERS, CLUSTER)
        transaction.put(SERVICES, replace(service, revision_arn=rollout.revision.arn))
        transaction.put(SERVICE_REVISIONS, rollout.revision)
        transaction.put(DEPLOYMENTS, rollout.deployment)
        transaction.put(SERVICE_DEPLOYMENTS, rollout.service_deployment)
        await transaction.commit()
        return rollout.service_deployment


@dataclass
class ServiceScene:
    """Everything that a play needs."""

    store: Store
    backend: SimulatedBackend
    clock: Clock
    api: ServiceApi

    async def until(self, condition: Callable[[], bool], seconds: float = 200.0) -> None:
        """Wait in simulated time: ten looks a second at most, two thousand in all."""
        step = max(0.1, seconds / 2000)
        for _ in range(int(seconds / step)):
            if condition():
                return
            await asyncio.sleep(step)
        assert condition(), "never came true"


def play(
    scene: Callable[[ServiceScene], Awaitable[None]],
    *behaviour: Behaviour,
    capacity: Capacity | None = None,
    storage: Storage | None = None,
    settings: Settings | None = None,
    launches: TokenBuckets | None = None,
) -> None:
    """Run the scene under simulated time, with the task, health and service controllers."""

    async def main() -> None:
        clock = LoopClock()
        simulation = Simulation(behaviour=behaviour, capacity=capacity or Capacity())
        backend = SimulatedBackend(clock, simulation)
        world = world_of(clock, backend, storage=storage)
        await backend.open()
        await world.fabric.lay_out(layout_with((VPC,), SUBNETS_OF_TEST))
        await Api(world.store, world.ids, clock).prepare()
        services = ServiceWorld(
            store=world.store,
            clock=clock,
            ids=Ids(random.Random(1)),
            settings=settings or Settings(state_dir="/nowhere"),
            capabilities=backend.capabilities,
            launches=launches or TokenBuckets({}),
        )
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(TaskController(world).run()),
                group.create_task(ServiceController(services).run()),
                group.create_task(TargetRegistrar(world.store, clock).run()),
                group.create_task(DrainingController(world.store, clock).run()),
                group.create_task(
                    HealthController(world.store, backend, clock, Foreground()).run()
                ),
            ]
            api = ServiceApi(world.store, Ids(random.Random(2)), clock)
            await scene(ServiceScene(world.store, backend, clock, api))
            for worker in workers:
                worker.cancel()
        await backend.close()

    run_simulated(main())
