"""What a task keeps of its CPU beside one that attacks: fork bomb, memory bomb, flood of lines.

The neighbour has one vCPU and counts. Its fair share is what it counts alone (half a window before,
half a window after), cut down to its part
of the machine by vCPUs where both tasks together have more than there is. Every figure is the
neighbour's work in a window beside the attack, over its fair share; goal 0.9 for both bombs.

usage: python -m bench.neighbours [SECONDS]
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine import wait_for

from bench.hosted import Hosted, hosted, workplace

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


def rate(bench: Hosted, neighbour: str, seconds: float) -> float:
    begun, at = worked(bench, neighbour), time.perf_counter()
    time.sleep(seconds)
    return (worked(bench, neighbour) - begun) / (time.perf_counter() - at)


@contextmanager
def attacked(bench: Hosted, image: str, script: str, units: int) -> Iterator[str]:
    arn = run(bench, image, script, units, "attacker")
    wait_for(lambda: bench.tasks([arn])[0]["lastStatus"] in ("RUNNING", "STOPPED"), 60)
    time.sleep(1)
    try:
        yield arn
    finally:
        bench.stop([arn])


def measure(bench: Hosted, image: str, level: str, seconds: float) -> None:
    neighbour = run(bench, image, COUNT, UNITS, "neighbour")
    bench.wait([neighbour], "RUNNING")
    time.sleep(1)
    for units in sorted({UNITS, min(4, max(1, CORES)) * UNITS}):
        share = min(1.0, CORES * UNITS / (UNITS + units))
        for name, script in ATTACKS.items():
            before = rate(bench, neighbour, seconds / 2)
            with attacked(bench, image, script, units) as attacker:
                beside = rate(bench, neighbour, seconds)
                end = bench.tasks([attacker])[0]["lastStatus"]
            alone = (before + rate(bench, neighbour, seconds / 2)) / 2
            ratio = beside / (alone * share)
            note = "" if end == "RUNNING" else " (it ended meanwhile)"
            print(
                f"{level:9} {name:14} of {units / 1024:.0f} vCPU: {ratio:.2f} of the fair share "
                f"({beside / alone:.2f} of alone, {share:.2f} is fair){note}",
                flush=True,
            )
    bench.stop([neighbour])


def main(seconds: float) -> None:
    levels = ["container", *(["gvisor"] if shutil.which("runsc") else [])]
    print(f"{CORES} cores; windows of {seconds:.0f} s; goal 0.9 for both bombs")
    with workplace() as (folder, registry):
        image = f"{registry}/busybox:1"
        for level in levels:
            place = Path(folder, level)
            place.mkdir()
            with hosted(place, image, "--isolation", level) as bench:
                measure(bench, image, level, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
