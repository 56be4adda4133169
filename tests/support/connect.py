"""Tasks of services in Service Connect, and what is around them, in a store of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

from tests.support.tasks import CLUSTER, REALM, definition_of, new_task

from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.controllers.connect.draining import EndpointDrainer
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.connect.serving import EndpointRegistrar
from hostless.controllers.connect.telling import ProxyTeller
from hostless.domain.arns import DiscoveryServiceId, NamespaceId
from hostless.domain.container_definitions import ContainerDefinition, HealthCheck
from hostless.domain.health import HealthStatus
from hostless.domain.service_connect import PROXY_IMAGE, Endpoint, Ingress, TaskConnect, Upstream
from hostless.domain.service_discovery import DiscoveryInstance, DiscoveryService
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Container, Task
from hostless.kit.ids import Ids
from hostless.kit.simulated_time import LoopClock
from hostless.store.kinds import (
    CONNECT_ENDPOINTS,
    DISCOVERY_INSTANCES,
    DISCOVERY_SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

API = DiscoveryServiceId("srv-api")
WEB = DiscoveryServiceId("srv-web")
PORT, LISTEN = 8080, 15_000
CHECK = HealthCheck(command=("CMD", "true"))
PLAIN = definition_of(ContainerDefinition(name="app", image="busybox"))
CHECKED = definition_of(
    ContainerDefinition(name="app", image="busybox", health_check=CHECK), family="checked"
)
IDS = Ids(Random(11))
SERVICE = DiscoveryService(
    id=API,
    arn="arn:aws:servicediscovery:us-east-1:000000000000:service/srv-api",
    name="api",
    namespace_id=NamespaceId("ns-1"),
    type="HTTP",
    created_at=0.0,
)


def ingress_of(name: DiscoveryServiceId = API, **changes: Any) -> Ingress:
    plain = Ingress(
        discovery_service_id=name,
        discovery_name=name.removeprefix("srv-"),
        port_name="http",
        container_port=PORT,
        listen_port=LISTEN,
        is_redirected=True,
        protocol="http",
        idle_timeout_seconds=300,
        request_timeout_seconds=15,
    )
    return replace(plain, **changes)


def upstream_of(name: DiscoveryServiceId = API, **changes: Any) -> Upstream:
    plain = Upstream(
        discovery_service_id=name,
        discovery_name=name.removeprefix("srv-"),
        dns_name=name.removeprefix("srv-"),
        port=80,
        address="127.255.0.1",
        listen_port=LISTEN + 1,
        protocol="http",
        idle_timeout_seconds=300,
        request_timeout_seconds=15,
    )
    return replace(plain, **changes)


def connect_of(
    serves: Iterable[DiscoveryServiceId] = (), calls: Iterable[DiscoveryServiceId] = ()
) -> TaskConnect:
    return TaskConnect(
        container_name="ecs-service-connect-abcde",
        namespace_id=NamespaceId("ns-1"),
        namespace="shop",
        ingresses=tuple(ingress_of(name) for name in serves),
        upstreams=tuple(upstream_of(name) for name in calls),
    )


def connected_task(
    address: str | None,
    *,
    serves: Iterable[DiscoveryServiceId] = (),
    calls: Iterable[DiscoveryServiceId] = (),
    definition: TaskDefinition = PLAIN,
    health: HealthStatus = "UNKNOWN",
    **changes: Any,
) -> Task:
    """A running one, of a service."""
    task = new_task(definition, IDS, 0.0)
    connect = connect_of(serves, calls)
    proxy = Container(
        arn=REALM.container_arn(CLUSTER.name, task.id, IDS.uuid()),
        name=connect.container_name,
        image=PROXY_IMAGE,
    )
    containers = (proxy, *(replace(c, health=health) for c in task.containers))
    return replace(
        task,
        status="RUNNING",
        zone="us-east-1a",
        started_by="ecs-svc/1",
        connect=connect,
        containers=tuple(replace(c, status="RUNNING") for c in containers),
        attachment=replace(task.attachment, address=address),
        **changes,
    )


class ConnectWorld:
    """What outlives an engine, and one engine's controllers of Service Connect at a time."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.store = Store(MemoryStorage(), self.clock)
        self.real = SimulatedServiceProxies(self.clock)
        self.proxies = TaskProxies(self.store, self.real, self.clock)

    async def put(self, *tasks: Task) -> None:
        transaction = self.store.transaction("test")
        for definition in (PLAIN, CHECKED):
            transaction.put(TASK_DEFINITIONS, definition)
        transaction.put(DISCOVERY_SERVICES, SERVICE)
        for task in tasks:
            transaction.put(TASKS, task)
        await transaction.commit()

    async def prepare(self, *tasks: Task) -> None:
        """As the task controller does before a task's containers run."""
        for task in tasks:
            assert task.connect is not None
            await self.proxies.prepare(task.id, task.connect)

    async def change(self, task: Task, **changes: Any) -> None:
        await self.store.update(TASKS, task.arn, lambda each: replace(each, **changes), "test")

    @contextlib.asynccontextmanager
    async def engine(self) -> AsyncIterator[None]:
        self.proxies = TaskProxies(self.store, self.real, self.clock)
        async with asyncio.TaskGroup() as group:
            working = [
                group.create_task(EndpointRegistrar(self.store, self.clock).run()),
                group.create_task(ProxyTeller(self.store, self.proxies, self.clock).run()),
                group.create_task(EndpointDrainer(self.store, self.proxies, self.clock).run()),
            ]
            await asyncio.sleep(0.01)
            yield
            for each in working:
                each.cancel()

    def endpoints(self) -> list[Endpoint]:
        return sorted(self.store.all(CONNECT_ENDPOINTS), key=lambda each: each.address)

    def serving(self) -> list[str]:
        return [each.address for each in self.endpoints() if each.drains_since is None]

    def draining(self) -> list[str]:
        return [each.address for each in self.endpoints() if each.drains_since is not None]

    def instances(self) -> list[DiscoveryInstance]:
        return list(self.store.all(DISCOVERY_INSTANCES))

    def told(self, task: Task, name: DiscoveryServiceId = API) -> list[str]:
        """Addresses that the task's proxy sends to."""
        return sorted(each.address for each in self.real.proxies[task.id].servers[name])


async def until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.01)
