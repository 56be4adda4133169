"""What a task keeps of its CPU beside one that attacks: fork bomb, memory bomb, flood of lines.

The neighbour has one vCPU and counts. Its fair share is what it counts beside a task that is as
large as the attacker and behaves: one that counts too, with as many processes as it has vCPUs, half
a window before the attack and half a window after. Every figure is the neighbour's work in a window
beside the attack, over its fair share; goal 0.9 for both bombs. Beside it, what it has of what it
counts alone, and of the CPU: where that is more than of the work, memory or caches were slower.

usage: python -m bench.neighbours [SECONDS]
"""

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.engine import wait_for

from bench.hosted import Hosted, hosted, workplace
from bench.idle import group_seconds

UNITS = 1024
"""The neighbour's."""
ATTACKS = {
    "fork bomb": "bomb() { bomb | bomb & }; bomb 2>/dev/null; exec sleep 1000",
    "memory bomb": "while :; do tail /dev/zero; done",
    "flood of lines": "yes a line of a log that is about as long as lines of logs are",
}
COUNT = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; done"
CORES = len(os.sched_getaffinity(0))


def run(bench: Hosted, image: str, script: str, units: int, family: str) -> str:
    container = {
        "name": "c",
        "image": image,
        "entryPoint": ["sh", "-c"],
        "command": [script],
        "stopTimeout": 2,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/bench",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "b",
                "awslogs-create-group": "true",
            },
        },
    }
    definition = bench.ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu=str(units),
        memory=str(4 * units) if units > 1024 else "2048",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    answer = bench.ecs.run_task(
        taskDefinition=definition, launchType="FARGATE", networkConfiguration=bench.network
    )
    assert not answer["failures"], answer["failures"]
    return str(answer["tasks"][0]["taskArn"])


def worked(bench: Hosted, arn: str) -> int:
    """How many lines the neighbour has written."""
    folder = bench.engine.state_dir / "compute" / "tasks" / arn.rsplit("/", 1)[-1]
    return next(folder.glob("*.log")).read_bytes().count(b"\n")


def cpu_seconds(bench: Hosted, arn: str) -> float:
    return group_seconds(f"hostless/{bench.engine.engine_id}/{arn.rsplit('/', 1)[-1]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Of the neighbour, a second: lines, and CPU seconds."""

    lines: float
    cpu: float


def pace(bench: Hosted, neighbour: str, seconds: float) -> Pace:
    lines, cpu = worked(bench, neighbour), cpu_seconds(bench, neighbour)
    at = time.perf_counter()
    time.sleep(seconds)
    taken = time.perf_counter() - at
    return Pace(
        lines=(worked(bench, neighbour) - lines) / taken,
        cpu=(cpu_seconds(bench, neighbour) - cpu) / taken,
    )


def busy(units: int) -> str:
    """A task that takes all CPU that it may, and nothing else."""
    others = f"({COUNT}) >/dev/null & " * (units // UNITS - 1)
    return f"{others}({COUNT}) >/dev/null"


def beside(bench: Hosted, image: str, task: str, units: int, times: tuple[str, float]) -> Pace:
    """times: the neighbour, and how long it is looked at."""
    arn = run(bench, image, task, units, "attacker")
    wait_for(lambda: bench.tasks([arn])[0]["lastStatus"] in ("RUNNING", "STOPPED"), 60)
    time.sleep(1)
    try:
        found = pace(bench, *times)
        if bench.tasks([arn])[0]["lastStatus"] != "RUNNING":
            print("  it ended meanwhile:")
        return found
    finally:
        bench.stop([arn])


def measure(bench: Hosted, image: str, level: str, seconds: float) -> None:
    neighbour = run(bench, image, COUNT, UNITS, "neighbour")
    bench.wait([neighbour], "RUNNING")
    time.sleep(1)
    for units in sorted({UNITS, min(4, max(1, CORES)) * UNITS}):
        alone = pace(bench, neighbour, seconds / 2)
        before = beside(bench, image, busy(units), units, (neighbour, seconds / 2))
        for name, script in ATTACKS.items():
            found = beside(bench, image, script, units, (neighbour, seconds))
            after = beside(bench, image, busy(units), units, (neighbour, seconds / 2))
            lines, cpu = (before.lines + after.lines) / 2, (before.cpu + after.cpu) / 2
            print(
                f"{level:9} {name:14} of {units / UNITS:.0f} vCPU:"
                f" {found.lines / lines:.2f} of the fair share"
                f" ({found.lines / alone.lines:.2f} of alone; of the CPU {found.cpu / cpu:.2f})",
                flush=True,
            )
            before = after
    bench.stop([neighbour])


def main(seconds: float) -> None:
    levels = ["container", *(["gvisor"] if shutil.which("runsc") else [])]
    load = os.getloadavg()[0]
    print(f"{CORES} cores, load {load:.1f}; windows of {seconds:.0f} s; goal 0.9 for both bombs")
    with workplace() as (folder, registry):
        image = f"{registry}/busybox:1"
        for level in levels:
            place = Path(folder, level)
            place.mkdir()
            with hosted(place, image, "--isolation", level) as bench:
                measure(bench, image, level, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
