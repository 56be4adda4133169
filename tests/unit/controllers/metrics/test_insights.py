"""Which metrics a task's use comes to, by what the cluster wants to know."""

from dataclasses import replace

import pytest
from tests.support.tasks import CLUSTER, definition_of, new_task

from hostless.compute.stats import ContainerStats, StorageStats, TaskStats
from hostless.controllers.metrics.insights import (
    Level,
    Measured,
    ServiceCounts,
    add_counts,
    add_details,
    add_task,
    level_of,
)
from hostless.controllers.metrics.tallies import Tallies
from hostless.controllers.metrics.usage import Starts, observed
from hostless.domain.arns import ServiceArn, ServiceRevisionArn
from hostless.domain.clusters import ClusterSetting
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.kit.ids import system_ids
from hostless.network.seam import InterfaceCounters
from hostless.telemetry.metrics.catalogue import ECS, INSIGHTS, METRICS

GIB = 1 << 30
AT_ZERO = Starts(whole=0.0, containers={})
ARN = ServiceArn("arn:aws:ecs:us-east-1:000000000000:service/default/front")


def task_of(*, is_of_service: bool = True) -> Task:
    containers = (
        ContainerDefinition(name="main", image="busybox", cpu=128, memory=256),
        ContainerDefinition(name="side", image="busybox"),
    )
    made = new_task(definition_of(*containers), system_ids(), 0.0)
    return replace(made, service_arn=ARN if is_of_service else None)


def measured(task: Task, level: Level, cpu_seconds: float = 1.0) -> Measured:
    """Ten seconds of it."""

    def used(seconds: float) -> ContainerStats:
        return ContainerStats(
            cpu_nanoseconds=round(seconds * 1e9),
            memory_bytes=64 << 20,
            processes=1,
            storage_read_bytes=7,
            storage_written_bytes=9,
        )

    stats = TaskStats(
        at=10.0,
        whole=used(cpu_seconds),
        containers={"main": used(cpu_seconds / 2)},
        storage=StorageStats(used_bytes=GIB, size_bytes=20 * GIB),
    )
    course = observed(None, 0, stats, InterfaceCounters(), AT_ZERO)
    later = InterfaceCounters(received_bytes=100, sent_bytes=300)
    course = observed(course, 0, replace(stats, at=20.0), later, AT_ZERO)
    return Measured(task=task, course=course, level=level, checked=("main",), restarted=("main",))


def told(tallies: Tallies) -> dict[str, dict[str, float]]:
    """By dimensions' values: the averages of metrics."""
    found: dict[str, dict[str, float]] = {}
    for sample in tallies.samples():
        values = "/".join(value for _, value in sorted(sample.series.dimensions))
        average = sample.statistics.sum / sample.statistics.count
        found.setdefault(f"{sample.series.namespace} {values}", {})[sample.series.name] = average
    return found


def shared(*all_measured: Measured) -> dict[str, dict[str, float]]:
    tallies = Tallies()
    for each in all_measured:
        add_task(tallies, each)
    return told(tallies)


def test_without_insights_a_service_has_two_metrics_and_a_task_none() -> None:
    service = measured(task_of(), "disabled")
    alone = measured(task_of(is_of_service=False), "disabled")
    assert shared(service, alone) == {
        f"{ECS} default/front": {"CPUUtilization": 20.0, "MemoryUtilization": 12.5}
    }


def test_a_task_is_one_value_so_that_the_count_is_that_of_tasks() -> None:
    tallies = Tallies()
    for seconds in (0.5, 1.0, 2.0):
        add_task(tallies, measured(task_of(), "disabled", seconds))
    cpu = next(s.statistics for s in tallies.samples() if s.series.name == "CPUUtilization")
    assert (cpu.count, cpu.minimum, cpu.maximum) == (3, 10.0, 40.0)
    assert cpu.sum == pytest.approx(70.0)


def test_insights_are_of_cluster_service_and_family() -> None:
    found = shared(measured(task_of(), "enabled"))
    values = found.pop(f"{INSIGHTS} default")
    assert values == {
        "CpuUtilized": pytest.approx(51.2),
        "CpuReserved": 256,
        "MemoryUtilized": 64,
        "MemoryReserved": 512,
        "NetworkRxBytes": 10,
        "NetworkTxBytes": 30,
        "StorageReadBytes": 7,
        "StorageWriteBytes": 9,
        "EphemeralStorageReserved": pytest.approx(21.47, abs=0.01),
        "EphemeralStorageUtilized": pytest.approx(1.07, abs=0.01),
    }
    del found[f"{ECS} default/front"]
    assert found == {f"{INSIGHTS} default/front": values, f"{INSIGHTS} default/web": values}


def test_enhanced_insights_are_of_containers_too() -> None:
    task = task_of()
    main = replace(task.containers[0], health="UNHEALTHY", restart_count=3)
    task = replace(task, containers=(main, task.containers[1]))
    found = shared(measured(task, "enhanced"))
    assert found[f"{INSIGHTS} default"]["TaskCpuUtilization"] == pytest.approx(20)
    assert found[f"{INSIGHTS} default"]["TaskEphemeralStorageUtilization"] == pytest.approx(5)
    assert found[f"{INSIGHTS} default"]["RestartCount"] == 3
    assert found[f"{INSIGHTS} default/main/front"] == {
        "ContainerCpuUtilized": pytest.approx(25.6),
        "ContainerCpuUtilization": pytest.approx(20),
        "ContainerCpuReserved": 128,
        "ContainerMemoryUtilized": 64,
        "ContainerMemoryUtilization": 25,
        "ContainerMemoryReserved": 256,
        "ContainerStorageReadBytes": 7,
        "ContainerStorageWriteBytes": 9,
        "UnHealthyContainerHealthStatus": 1,
        "RestartCount": 3,
    }


def test_details_are_only_told_where_they_are_wanted() -> None:
    task = task_of()
    for level in ("disabled", "enabled"):
        tallies = Tallies()
        add_details(tallies, measured(task, level))  # type: ignore[arg-type]
        assert tallies.samples() == []
    tallies = Tallies()
    add_details(tallies, measured(task, "enhanced"))
    assert set(told(tallies)) == {
        f"{INSIGHTS} default/front/{task.id}",
        f"{INSIGHTS} default/web/{task.id}",
        f"{INSIGHTS} default/main/front/{task.id}",
        f"{INSIGHTS} default/main/web/{task.id}",
    }


def test_every_metric_of_insights_can_be_told() -> None:
    tallies = Tallies()
    task = task_of()
    well = replace(task.containers[0], health="HEALTHY")
    each = measured(replace(task, containers=(well, task.containers[1])), "enhanced")
    add_task(tallies, each)
    service = Service(
        arn=ARN,
        cluster_arn=CLUSTER.arn,
        name="front",
        desired_count=3,
        revision_arn=ServiceRevisionArn("r"),
        created_at=0.0,
    )
    counts = ServiceCounts(service=service, running=1, pending=2, deployments=1)
    add_counts(tallies, CLUSTER, 4, [counts])
    assert {s.series.name for s in tallies.samples() if s.series.namespace == INSIGHTS} == set(
        METRICS[INSIGHTS]
    )


@pytest.mark.parametrize("value", ["enabled", "enhanced", "disabled"])
def test_the_level_is_the_clusters_setting(value: str) -> None:
    setting = ClusterSetting(name="containerInsights", value=value)
    assert level_of(replace(CLUSTER, settings=(setting,))) == value
    assert level_of(CLUSTER) == "disabled"
    assert level_of(None) == "disabled"
