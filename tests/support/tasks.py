"""A control plane in a test: records as the API writes them, and a world to run them in."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.task.perform import TaskWorld
from hostless.domain import new_task as tasks
from hostless.domain.arns import Realm, SecurityGroupId, SubnetId, TaskArn, TaskId, VpcId
from hostless.domain.clusters import Cluster
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.gateways import AddressPool
from hostless.domain.network import Subnet, Vpc
from hostless.domain.new_task import Launch
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement, StopRequest, Task, TaskOverride
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.ids import Ids
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import ADDRESS_POOLS, SUBNETS, TASK_DEFINITIONS, TASKS, VPCS
from hostless.store.storage import MemoryStorage, Storage
from hostless.store.store import Store
from hostless.telemetry.seam import LogSink, LogsUnavailable

REALM = Realm()
CLUSTER = Cluster(arn=REALM.cluster_arn("default"), name="default", created_at=0.0)
POOL = AddressPool(cidr_block="198.18.0.0/28")
"""Eleven public addresses."""
VPC = Vpc(id=VpcId("vpc-1"), cidr_block="172.31.0.0/16", is_default=True)
SUBNETS_OF_TEST = tuple(
    Subnet(
        id=SubnetId(f"subnet-{letter}"),
        vpc_id=VPC.id,
        cidr_block=f"172.31.{16 * number}.0/20",
        zone=f"us-east-1{letter}",
    )
    for number, letter in enumerate("abc")
)


def definition_of(
    *containers: ContainerDefinition, family: str = "web", revision: int = 1
) -> TaskDefinition:
    return TaskDefinition(
        arn=REALM.task_definition_arn(family, revision),
        family=family,
        revision=revision,
        container_definitions=containers or (ContainerDefinition(name="main", image="busybox"),),
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        registered_at=0.0,
        registered_by="test",
    )


def new_task(
    definition: TaskDefinition,
    ids: Ids,
    now: Timestamp,
    *,
    subnets: Sequence[SubnetId] = tuple(s.id for s in SUBNETS_OF_TEST),
    group: str | None = None,
    overrides: TaskOverride | None = None,
    assigns_public_ip: bool = False,
) -> Task:
    """As RunTask writes it."""
    launch = Launch(
        group=group or f"family:{definition.family}",
        placement=Placement(
            subnets=tuple(subnets),
            security_groups=(SecurityGroupId("sg-1"),),
            assigns_public_ip=assigns_public_ip,
        ),
        first_subnet=subnets[0],
        isolation="container",
        cpu_architecture="X86_64",
        overrides=overrides or TaskOverride(),
    )
    return tasks.new_task(REALM, CLUSTER, definition, launch, ids, now)


@dataclass
class FakeLogs:
    """Remembers what it was asked. missing_groups: those that cannot be had."""

    missing_groups: set[str] = field(default_factory=set)
    open_tasks: dict[TaskId, tuple[LogSink, ...]] = field(default_factory=dict)
    drained: list[TaskId] = field(default_factory=list)

    async def open(self, sinks: Sequence[LogSink]) -> None:
        for sink in sinks:
            if sink.group in self.missing_groups and not sink.creates_group:
                raise LogsUnavailable(
                    "ResourceInitializationError: failed to validate logger args: "
                    f"The specified log group does not exist. {sink.group}"
                )
            self.open_tasks[sink.task_id] = tuple(sinks)

    async def drain(self, task_id: TaskId) -> None:
        self.open_tasks.pop(task_id, None)
        self.drained.append(task_id)


@dataclass
class Api:
    """Writes what RunTask and StopTask write."""

    store: Store
    ids: Ids
    clock: Clock

    async def prepare(self, *definitions: TaskDefinition) -> None:
        transaction = self.store.transaction("test")
        transaction.put(VPCS, VPC)
        transaction.put(ADDRESS_POOLS, POOL)
        for subnet in SUBNETS_OF_TEST:
            transaction.put(SUBNETS, subnet)
        for definition in definitions:
            transaction.put(TASK_DEFINITIONS, definition)
        await transaction.commit()

    async def run_task(self, definition: TaskDefinition, **asked: object) -> Task:
        task = new_task(definition, self.ids, self.clock.now(), **asked)  # type: ignore[arg-type]
        transaction = self.store.transaction("RunTask")
        transaction.put(TASKS, task)
        await transaction.commit()
        return task

    async def stop_task(self, arn: TaskArn, reason: str = "Task stopped by user") -> None:
        request = StopRequest(code="UserInitiated", reason=reason, at=self.clock.now())

        def stop(task: Task) -> Task:
            if task.goal == "STOPPED":
                return task
            return replace(task, goal="STOPPED", stop_request=request, version=task.version + 1)

        await self.store.update(TASKS, arn, stop, "StopTask")

    def task(self, arn: TaskArn) -> Task:
        task = self.store.get(TASKS, arn)
        assert task is not None
        return task


def world_of(
    clock: Clock,
    backend: SimulatedBackend,
    *,
    storage: Storage | None = None,
    fabric: SimulatedFabric | None = None,
    logs: FakeLogs | None = None,
    seed: int = 0,
) -> TaskWorld:
    store = Store(storage or MemoryStorage(), clock)
    return TaskWorld(
        store=store,
        compute=backend,
        proxies=TaskProxies(store, SimulatedServiceProxies(clock), clock),
        fabric=fabric or SimulatedFabric(),
        logs=logs or FakeLogs(),
        clock=clock,
        ids=Ids(random.Random(seed)),
    )
