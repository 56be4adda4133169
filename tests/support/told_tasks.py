"""Tasks with addresses, and what they use, for tests of what they are told about themselves."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.support.tasks import SUBNETS_OF_TEST, VPC, Api, definition_of

from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.stats import ContainerStats, StorageStats, TaskStats
from hostless.domain.arns import NetworkInterfaceId, TaskId
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.network.place import resolution_of
from hostless.network.seam import InterfaceCounters
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.services.task_metadata.answering import TaskMetadata
from hostless.services.task_metadata.subject import Subject
from hostless.store.kinds import NETWORK_INTERFACES, TASKS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

MIB = 1 << 20
NAMES = ("web", "side")


@dataclass
class SetClock:
    """Stands still until it is set."""

    at: float = 1000.0

    def now(self) -> float:
        return self.at


class Measured(SimulatedBackend):
    """cpu: nanoseconds that each container has used. looks: how often it was asked.

    takes: seconds that a look takes.
    """

    cpu = 0
    takes = 0.0
    looks = 0
    running: Sequence[str] = NAMES

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock)
        self.told_clock = clock

    async def stats(
        self, tasks: Mapping[TaskId, Sequence[str]], *, is_thorough: bool = False
    ) -> Mapping[TaskId, TaskStats]:
        self.looks += 1
        await asyncio.sleep(0)
        self.told_clock.at += self.takes
        return {id_: self.used() for id_ in tasks} if self.running else {}

    def used(self) -> TaskStats:
        one = ContainerStats(
            cpu_nanoseconds=self.cpu,
            cpu_user_nanoseconds=self.cpu // 2,
            memory_bytes=MIB,
            memory_usage_bytes=2 * MIB,
            processes=3,
            storage_written_bytes=5,
        )
        return TaskStats(
            at=self.told_clock.now(),
            whole=one,
            containers=dict.fromkeys(self.running, one),
            storage=StorageStats(used_bytes=261 * MIB, size_bytes=20 << 30),
        )


class Carrying(SimulatedFabric):
    """carried: bytes that every interface received and sent. looks: how often it was asked."""

    carried = 0
    looks = 0
    interfaces: tuple[NetworkInterfaceId, ...] = ()

    async def counters(self) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
        self.looks += 1
        counters = InterfaceCounters(received_bytes=self.carried, sent_bytes=2 * self.carried)
        return dict.fromkeys(self.interfaces, counters)


class Street:
    """Tasks in one subnet. answers: what they ask."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.compute = Measured(self.clock)
        self.fabric = Carrying()
        self.store = Store(MemoryStorage(), self.clock)
        self.api = Api(store=self.store, ids=Ids(random.Random(0)), clock=self.clock)
        self.answers = TaskMetadata(self.store, self.compute, self.fabric, self.clock)

    async def move_in(self, address: str, *containers: ContainerDefinition) -> Task:
        """A task that runs at this address."""
        named = tuple(ContainerDefinition(name=name, image="busybox") for name in NAMES)
        definition = definition_of(*(containers or named))
        await self.api.prepare(definition)
        task = await self.api.run_task(definition)
        interface = interface_at(address, task)
        self.fabric.interfaces = (*self.fabric.interfaces, interface.id)
        runs = running(task, interface)
        transaction = self.store.transaction("it runs")
        transaction.put(NETWORK_INTERFACES, interface)
        transaction.put(TASKS, runs)
        await transaction.commit()
        return runs


def interface_at(address: str, task: Task) -> NetworkInterface:
    digits = f"{int(address.rpartition('.')[2]):017x}"
    made = new_interface(SUBNETS_OF_TEST[0], address, digits, "us-east-1", 0.0)
    return replace(made, task_arn=task.arn)


def running(task: Task, interface: NetworkInterface) -> Task:
    containers = tuple(
        replace(each, status="RUNNING", started_at=1001.5, image_digest="sha256:ab", runtime_id="r")
        for each in task.containers
    )
    attachment = replace(task.attachment, interface_id=interface.id, address=interface.address)
    return replace(
        task,
        status="RUNNING",
        containers=containers,
        attachment=attachment,
        zone=interface.zone,
        connectivity_at=1000.0,
        pull_started_at=1000.25,
        pull_stopped_at=1001.0,
        started_at=1001.5,
    )


def subject_of(task: Task, address: str, *containers: ContainerDefinition) -> Subject:
    """The task as the endpoint knows it, in AWS's own DNS."""
    interface = interface_at(address, task)
    return Subject(
        task=running(task, interface),
        definition=definition_of(*containers),
        interface=interface,
        subnet=SUBNETS_OF_TEST[0],
        resolution=resolution_of(VPC, None, "ec2.internal"),
    )
