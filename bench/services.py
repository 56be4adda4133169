"""What the service scheduler costs: growing, asking, standing still. On the simulated backend.

The limits are the project's own goals; a ratio below 1 keeps them. The growth goal is per task:
a service of ten times the tasks may take ten times as long and half as much again, no more.

usage: python -m bench.services [grow|look|ask|rest …]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.engine import RunningEngine
from tests.support.services import ServiceScene, definition_for, play
from tests.support.tasks import REALM

from hostless.compute.simulated.behaviour import Capacity
from hostless.controllers.service.decide import decide
from hostless.controllers.service.reading import ServiceWorld, facts_of
from hostless.domain.settings import Settings
from hostless.kit.ids import system_ids

SMALL, LARGE = 1_000, 10_000
GROW_SECONDS, GROW_MIB, PER_TASK_RATIO = 60.0, 500.0, 1.5
LOOKED_AT, LOOKS, LOOK_MS = 5_000, 50, 20.0
FEW_SERVICES, MANY_SERVICES, CALLS = 10, 1_000, 200
REST_SERVICES, REST_TASKS, REST_SECONDS, REST_SHARE = 200, 5, 30.0, 0.02
BEHAVIOUR = """
[capacity]
cpu_units = 100_000_000
memory_mib = 200_000_000
"""


class Simulated:
    """An engine that runs no container, one small definition, one cluster."""

    def __init__(self, folder: Path) -> None:
        behaviour = folder / "behaviour.toml"
        behaviour.write_text(BEHAVIOUR)
        flags = ("--backend", "simulated", "--behaviour", str(behaviour))
        self.engine = RunningEngine(folder / "state", *flags, "--vpc-cidr", "172.31.0.0/16")
        self.engine.start()
        self.ecs = self.engine.client("ecs")
        self.ecs.create_cluster()
        self.ecs.register_task_definition(
            family="bench",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "c", "image": "bench:1"}],
        )
        self._network = {"awsvpcConfiguration": {"subnets": self.engine.subnets()}}

    def service(self, name: str, desired: int) -> None:
        self.ecs.create_service(
            serviceName=name,
            taskDefinition="bench",
            desiredCount=desired,
            launchType="FARGATE",
            networkConfiguration=self._network,
        )

    def shown(self, name: str) -> Mapping[str, Any]:
        return self.ecs.describe_services(services=[name])["services"][0]  # type: ignore[no-any-return]

    def wait_until_running(self, name: str, count: int, seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while self.shown(name)["runningCount"] < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name}: {self.shown(name)['events'][:3]}")
            time.sleep(0.1)

    def cpu_seconds(self) -> float:
        assert self.engine.process is not None
        stat = Path(f"/proc/{self.engine.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def resident_mib(self) -> float:
        assert self.engine.process is not None
        status = Path(f"/proc/{self.engine.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


@contextmanager
def simulated() -> Iterator[Simulated]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hostless-bench-") as name:
        bench = Simulated(Path(name))
        try:
            yield bench
        finally:
            bench.engine.purge()


def grow() -> None:
    """From 0 tasks to all RUNNING; each size on an engine of its own."""
    seconds = {}
    for count in (SMALL, LARGE):
        with simulated() as bench:
            begin, cpu = time.perf_counter(), bench.cpu_seconds()
            bench.service("grown", count)
            bench.wait_until_running("grown", count)
            seconds[count] = time.perf_counter() - begin
            used, peak = bench.cpu_seconds() - cpu, bench.resident_mib()
        print(
            f"0 to {count} tasks: {seconds[count]:.1f} s, {used:.1f} s of CPU,"
            f" at most {peak:.0f} MiB resident"
        )
    print(f"  time: {seconds[LARGE] / GROW_SECONDS:.2f} of the limit of {GROW_SECONDS:.0f} s")
    print(f"  memory: {peak / GROW_MIB:.2f} of the limit of {GROW_MIB:.0f} MiB")
    ratio = (seconds[LARGE] / LARGE) / (seconds[SMALL] / SMALL)
    print(f"  per task at {LARGE}: {ratio:.2f} times that at {SMALL} (limit {PER_TASK_RATIO})")


def look() -> None:
    """One pass over an unchanged service: everything is read and decided, nothing comes of it."""
    room = Capacity(cpu_units=100_000_000, memory_mib=200_000_000)

    async def scene(scene: ServiceScene) -> None:
        arn = await scene.api.create(definition_for("bench:1"), LOOKED_AT)
        await scene.until(lambda: len(scene.api.tasks(arn, "RUNNING")) == LOOKED_AT)
        await scene.until(lambda: any("steady" in event for event in scene.api.events(arn)))
        world = ServiceWorld(
            store=scene.store,
            clock=scene.clock,
            ids=system_ids(),
            settings=Settings(state_dir="/nowhere", realm=REALM),
            capabilities=scene.backend.capabilities,
        )
        taken = [_seconds(lambda: _pass(world, arn)) * 1000 for _ in range(LOOKS)]
        median = statistics.median(taken)
        print(f"a pass over {LOOKED_AT} tasks: {median:.1f} ms (slowest {max(taken):.1f})")
        print(f"  {median / LOOK_MS:.2f} of the limit of {LOOK_MS:.0f} ms")

    play(scene, capacity=room)


def _pass(world: ServiceWorld, arn: str) -> None:
    facts = facts_of(world, arn)
    assert facts is not None
    plan = decide(facts)
    assert not plan.starts
    assert not plan.stops


def ask() -> None:
    """DescribeServices of one service beside few and beside many others."""
    with simulated() as bench:
        medians = []
        made = 0
        for wanted in (FEW_SERVICES, MANY_SERVICES):
            while made < wanted:
                bench.service(f"stored-{made}", 0)
                made += 1
            time.sleep(5)  # until what was begun for the new ones is done
            bench.shown("stored-0")
            taken = [_seconds(lambda: bench.shown("stored-5")) for _ in range(CALLS)]
            medians.append(statistics.median(taken))
            print(f"DescribeServices of one among {wanted}: {medians[-1] * 1000:.2f} ms")
        print(f"  {medians[1] / medians[0]:.2f} times as long beside {MANY_SERVICES}")


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def rest() -> None:
    """CPU of an engine whose services want nothing."""
    with simulated() as bench:
        for number in range(REST_SERVICES):
            bench.service(f"idle-{number}", REST_TASKS)
        for number in range(REST_SERVICES):
            bench.wait_until_running(f"idle-{number}", REST_TASKS)
        time.sleep(60)  # until every service has said that it is steady
        cpu = bench.cpu_seconds()
        time.sleep(REST_SECONDS)
        share = (bench.cpu_seconds() - cpu) / REST_SECONDS
    print(
        f"{REST_SERVICES} services of {REST_TASKS} at rest: {share:.2%} of a core,"
        f" {share / REST_SHARE:.2f} of the limit of {REST_SHARE:.0%}"
    )


PARTS: Mapping[str, Callable[[], None]] = {
    "grow": grow,
    "look": look,
    "ask": ask,
    "rest": rest,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
