"""Looks at simulated tasks: what they used is in the store, while they run and in their minute."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.tasks import CLUSTER, definition_of, new_task

from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.controllers.metrics.tasks import TaskMeter
from hostless.domain.arns import ServiceArn
from hostless.domain.clusters import ClusterSetting
from hostless.domain.network import NetworkPlace
from hostless.domain.tasks import Task
from hostless.kit.ids import system_ids
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import CLUSTERS, TASKS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.metrics.catalogue import ECS, INSIGHTS, series_of
from hostless.telemetry.metrics.series import Statistics
from hostless.telemetry.metrics.store import MetricStore

CPU = series_of(ECS, "CPUUtilization", ClusterName="default", ServiceName="front")
COUNT = series_of(INSIGHTS, "TaskCount", ClusterName="default")
SERVICE = ServiceArn("arn:aws:ecs:us-east-1:000000000000:service/default/front")


PLACE = NetworkPlace(
    namespace_path=None, address="10.0.0.9", host_name="host", hosts=(), resolver_lines=()
)


class Plant:
    """In simulated time. load: of a CPU; tasks have a quarter of one."""

    def __init__(self, folder: Path, load: float = 0.125) -> None:
        self.clock = LoopClock()
        self.store = Store(MemoryStorage(), self.clock)
        simulation = Simulation(behaviour=(Behaviour(cpu_load=load, memory_mib=128),))
        self.backend = SimulatedBackend(self.clock, simulation)
        self.metrics = MetricStore(folder)
        self.meter = TaskMeter(self.store, self.backend, SimulatedFabric(), self.metrics)

    async def insights(self, value: str) -> None:
        setting = ClusterSetting(name="containerInsights", value=value)
        await self.put(CLUSTERS, replace(CLUSTER, settings=(setting,)))

    async def put(self, kind: object, record: object) -> None:
        transaction = self.store.transaction("test")
        transaction.put(kind, record)  # type: ignore[arg-type, type-var]
        await transaction.commit()

    async def run(self) -> Task:
        task = replace(
            new_task(definition_of(), system_ids(), self.clock.now()),
            service_arn=SERVICE,
            status="RUNNING",
            started_at=self.clock.now(),
        )
        spec = TaskSpec(
            id=task.id,
            cpu_units=256,
            memory_mib=512,
            ephemeral_storage_gib=20,
            isolation="simulated",
            containers=(ContainerSpec(name="main", image="busybox"),),
        )
        await self.backend.start(spec, PLACE)
        await self.put(TASKS, task)
        return task

    async def minute_begins(self) -> None:
        await asyncio.sleep(60 - self.clock.now() % 60)

    async def looks(self, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(10)
            await self.meter.look(self.clock.now() - 5)

    def read(self, series: object = CPU) -> list[Statistics]:
        found = self.metrics.read(series, 0, 1e12)  # type: ignore[arg-type]
        return [each for _, each in found]


def test_a_minute_has_a_value_of_each_task_however_often_it_was_looked_at(tmp_path: Path) -> None:
    async def main() -> None:
        plant = Plant(tmp_path)
        await plant.minute_begins()
        for _ in range(3):
            await plant.run()
        for looks in (1, 1, 4):
            await plant.looks(looks)
            (found,) = plant.read()
            assert (found.count, found.sum) == (3, pytest.approx(150))
        await plant.looks(1)
        assert [each.count for each in plant.read()] == [3, 3]

    run_simulated(main())


def test_a_task_that_ended_counts_in_its_last_minute_and_no_longer(tmp_path: Path) -> None:
    async def main() -> None:
        plant = Plant(tmp_path)
        await plant.minute_begins()
        task = await plant.run()
        await plant.run()
        await plant.looks(3)
        await plant.put(TASKS, replace(task, status="STOPPED"))
        await plant.looks(4)
        assert [each.count for each in plant.read()] == [2, 1]

    run_simulated(main())


def test_series_of_single_tasks_are_told_when_their_minute_has_ended(tmp_path: Path) -> None:
    async def main() -> None:
        plant = Plant(tmp_path)
        await plant.insights("enhanced")
        await plant.minute_begins()
        task = await plant.run()
        names = {"ClusterName": "default", "ServiceName": "front", "TaskId": task.id}
        own = series_of(INSIGHTS, "TaskCpuUtilization", **names)
        container = series_of(INSIGHTS, "ContainerCpuUtilized", ContainerName="main", **names)
        await plant.looks(6)
        assert plant.read(own) == []
        assert [each.sum for each in plant.read(COUNT)] == [1]
        await plant.looks(1)
        assert [each.sum for each in plant.read(own)] == [pytest.approx(50)]
        assert [each.sum for each in plant.read(container)] == [pytest.approx(128)]
        assert plant.metrics.level(own) is not None

    run_simulated(main())


def test_a_cluster_without_insights_has_none(tmp_path: Path) -> None:
    async def main() -> None:
        plant = Plant(tmp_path)
        await plant.insights("disabled")
        await plant.run()
        await plant.looks(8)
        assert plant.metrics.series_of(INSIGHTS) == []

    run_simulated(main())


def test_a_task_is_counted_from_its_first_container_on_and_not_from_when_it_ran(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        plant = Plant(tmp_path)
        await plant.minute_begins()
        task = await plant.run()
        begun = plant.clock.now()
        first = replace(task.containers[0], started_at=begun)
        await plant.put(TASKS, replace(task, containers=(first,), started_at=begun + 8))
        await plant.looks(1)
        (found,) = plant.read()
        assert found.sum == pytest.approx(50)

    run_simulated(main())
