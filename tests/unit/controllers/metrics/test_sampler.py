"""Looks at simulated nodes: what was counted is told once, whoever was restarted meanwhile."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.api_world import EPOCH, HandClock
from tests.support.balancing import balancer, group
from tests.support.counted import group_counters, node_counters

from hostless.balancer.seam import NodeCounters
from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.controllers.metrics.sampler import MetricSampler
from hostless.controllers.metrics.tasks import TaskMeter
from hostless.domain.arns import NetworkInterfaceId, SubnetId
from hostless.domain.load_balancers import LoadBalancerNode
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import LOAD_BALANCERS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.metrics.catalogue import ALB, ENGINE, series_of
from hostless.telemetry.metrics.series import Series
from hostless.telemetry.metrics.store import MetricStore

BLUE = group("blue")
END = "app/web/0123456789abcdef"
REQUESTS = series_of(ALB, "RequestCount", LoadBalancer=END)
ACTIVE = series_of(ALB, "ActiveConnectionCount", LoadBalancer=END)
ENIS = [NetworkInterfaceId("eni-1"), NetworkInterfaceId("eni-2")]


def node(place: int) -> LoadBalancerNode:
    return LoadBalancerNode(
        subnet_id=SubnetId(f"subnet-{place}"),
        zone=f"us-east-1{'ab'[place]}",
        interface_id=ENIS[place],
        address="10.0.0.4",
    )


class Plant:
    """An engine's sampler that can be ended and begun anew, over nodes that go on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock(EPOCH)
        self.store = Store(MemoryStorage(), self.clock)
        self.balancer = SimulatedBalancer()
        self.proxies = SimulatedServiceProxies(self.clock)
        self.metrics = MetricStore(folder)
        self.begin()

    def begin(self) -> None:
        self.metrics = MetricStore(self.folder)
        self.metrics.load(self.clock.now())
        compute, fabric = SimulatedBackend(self.clock), SimulatedFabric()
        tasks = TaskMeter(self.store, compute, fabric, self.metrics)
        self.sampler = MetricSampler(
            self.store, self.balancer, self.proxies, self.metrics, self.clock, tasks
        )

    async def has(self, *nodes: LoadBalancerNode) -> None:
        transaction = self.store.transaction("test")
        transaction.put(LOAD_BALANCERS, replace(balancer(), nodes=nodes))
        await transaction.commit()

    async def looks(self, *counted: NodeCounters, at: int = 0) -> None:
        """at: which node."""
        self.balancer.counted[ENIS[at]] = counted
        self.clock.time += 10
        await self.sampler.look()

    def sum(self, series: Series = REQUESTS) -> float:
        return sum(each.sum for _, each in self.metrics.read(series, 0, EPOCH * 2))


@pytest.fixture
async def plant(tmp_path: Path) -> Plant:
    made = Plant(tmp_path)
    await made.has(node(0))
    return made


def asked(number: int, process: str = "1", **changes: int) -> NodeCounters:
    return node_counters({BLUE.arn: group_counters({0.01: number})}, process, **changes)


async def test_what_was_counted_between_looks_is_told_once(plant: Plant) -> None:
    for number in (3, 3, 7):
        await plant.looks(asked(number))
    assert plant.sum() == 7


async def test_a_look_belongs_to_the_minute_in_the_middle_of_what_it_covers(plant: Plant) -> None:
    plant.clock.time = EPOCH - EPOCH % 60 + 50
    await plant.looks(asked(3))
    await plant.looks(asked(5))
    begin = EPOCH - EPOCH % 60
    found = [(m - begin, each.sum) for m, each in plant.metrics.read(REQUESTS, 0, EPOCH * 2)]
    assert found == [(0, 3), (60, 2)]


async def test_a_reloaded_node_counts_on_with_what_the_old_process_said_last(plant: Plant) -> None:
    await plant.looks(asked(3))
    await plant.looks(asked(5), asked(2, process="2"))
    await plant.looks(asked(4, process="2"))
    assert plant.sum() == 9


async def test_a_node_that_was_killed_counts_anew(plant: Plant) -> None:
    await plant.looks(asked(30))
    await plant.looks(asked(2, process="2"))
    assert plant.sum() == 32


async def test_a_node_that_does_not_answer_loses_nothing(plant: Plant) -> None:
    await plant.looks(asked(3))
    await plant.looks()
    await plant.looks(asked(8))
    assert plant.sum() == 8


async def test_an_engine_that_was_killed_at_any_look_counts_nothing_twice(plant: Plant) -> None:
    for number in range(1, 40):
        await plant.looks(asked(number))
        if number % 3 == 0:
            plant.begin()
    await plant.looks(asked(40))
    assert plant.sum() == 40
    total = plant.metrics.total(REQUESTS)
    assert total is not None
    assert total.sum == 40


async def test_what_passed_while_no_engine_ran_is_counted_by_the_next(plant: Plant) -> None:
    await plant.looks(asked(3))
    plant.metrics.save(plant.clock.now())
    plant.clock.time += 3600
    plant.begin()
    await plant.looks(asked(50))
    assert plant.sum() == 50


async def test_nodes_of_all_zones_add_up(plant: Plant) -> None:
    await plant.has(node(0), node(1))
    await plant.looks(asked(3, active=2))
    await plant.looks(asked(4, active=5), at=1)
    assert plant.sum() == 7
    level = plant.metrics.level(ACTIVE)
    assert level is not None
    assert level.sum == 7


async def test_what_is_gone_leaves_no_marks(plant: Plant) -> None:
    await plant.looks(asked(3))
    await plant.looks(asked(3, process="2"))
    assert plant.metrics.sources() == {"eni-1 2"}
    await plant.has()
    await plant.looks()
    assert plant.metrics.sources() == frozenset()


async def test_a_source_that_fails_keeps_no_other_from_being_read(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await plant.has(node(0), node(1))
    counters = plant.balancer.counters

    async def broken(interface_id: NetworkInterfaceId) -> tuple[NodeCounters, ...]:
        if interface_id == ENIS[0]:
            raise ValueError("not a number")
        return await counters(interface_id)

    monkeypatch.setattr(plant.balancer, "counters", broken)
    await plant.looks(asked(4), at=1)
    assert plant.sum() == 4
    assert "could not be read" in caplog.text


async def test_the_engine_tells_of_itself(plant: Plant) -> None:
    await plant.looks()
    assert plant.sum(series_of(ENGINE, "RecordCount", Kind="load_balancer")) == 1
    assert plant.sum(series_of(ENGINE, "EventLoopLag")) == 0


async def test_a_full_disk_is_said_and_does_not_end_the_looks(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hostless.telemetry.metrics.journal.write_at", _no_room)
    await plant.looks(asked(3))
    assert "no room" in caplog.text
    await plant.looks(asked(4))
    assert plant.sum() == 4


def _no_room(*_: object) -> None:
    raise OSError("no room")
