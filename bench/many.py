"""Many tasks on one machine: they start, run and stop, without an error and without a trace.

All are asked for as fast as the API takes them, run for a while, and are stopped at once. Told are
the times, the engine's memory before, with all of them and after, what a look at all of them costs,
and whatever is left on the machine, which has to be nothing.

usage: python -m bench.many [TASKS] [SECONDS] [ISOLATION]
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.engine import wait_for

from bench.engine import proportional_mib
from bench.hosted import Hosted, hosted, workplace
from bench.idle import spent

BATCH = 10
LIMIT_SECONDS = 1200.0
LOOKS = 5
SPARE = 5
"""Descriptors that come and go; connections to the registry do after a minute without use."""


def resident_mib(bench: Hosted) -> float:
    assert bench.engine.process is not None
    status = Path(f"/proc/{bench.engine.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def descriptors(bench: Hosted) -> int:
    assert bench.engine.process is not None
    return len(os.listdir(f"/proc/{bench.engine.process.pid}/fd"))


def ask_for(bench: Hosted, count: int) -> list[str]:
    arns: list[str] = []
    while len(arns) < count:
        arns += bench.run(min(BATCH, count - len(arns)))
    return arns


def told_of(bench: Hosted, title: str) -> None:
    print(
        f"{title}: engine {resident_mib(bench):.0f} MiB resident, {descriptors(bench)} descriptors;"
        f" with monitors {proportional_mib(bench.engine):.0f} MiB"
    )


def start(bench: Hosted, count: int) -> list[str]:
    begin, before = time.monotonic(), spent(bench)
    arns = ask_for(bench, count)
    asked = time.monotonic() - begin
    bench.wait(arns, "RUNNING", every=0.5, limit=LIMIT_SECONDS)
    taken, used = time.monotonic() - begin, spent(bench).since(before)
    print(
        f"{count} tasks asked for in {asked:.1f} s, RUNNING after {taken:.1f} s:"
        f" {count / taken:.1f} a second, {1e3 * used.engine / count:.0f} ms CPU of the engine each"
    )
    return arns


def look(bench: Hosted) -> None:
    """What `hostless top` asks, and the same as metrics do it."""
    before, begin = spent(bench), time.monotonic()
    for _ in range(LOOKS):
        bench.engine.cli("top", "--json", "--every", "0.2")
    taken, used = time.monotonic() - begin, spent(bench).since(before)
    each = 1e3 * used.engine / (2 * LOOKS)
    print(f"a look at all: {each:.0f} ms of the engine's CPU; hostless top {taken / LOOKS:.1f} s")


def run(bench: Hosted, arns: list[str], seconds: float) -> None:
    before, begin = spent(bench), time.monotonic()
    time.sleep(seconds)
    taken, used = time.monotonic() - begin, spent(bench).since(before)
    ended = [task for task in bench.tasks(arns) if task["lastStatus"] != "RUNNING"]
    assert not ended, [(task["taskArn"], task.get("stoppedReason")) for task in ended]
    print(f"idle for {taken:.0f} s: {100 * used.engine / taken:.2f} % of one core for the engine")


def stop(bench: Hosted, arns: list[str]) -> None:
    begin = time.monotonic()
    for arn in arns:
        bench.ecs.stop_task(task=arn)
    bench.wait(arns, "STOPPED", every=0.5, limit=LIMIT_SECONDS)
    taken = time.monotonic() - begin
    print(f"STOPPED after {taken:.1f} s: {len(arns) / taken:.1f} a second")
    wrong = [task for task in bench.tasks(arns) if not is_as_it_should_be(task)]
    assert not wrong, wrong[0]


def is_as_it_should_be(task: dict[str, Any]) -> bool:
    """Stopped because it was asked for, its container by a signal."""
    (container,) = task["containers"]
    return task["stopCode"] == "UserInitiated" and container.get("exitCode") in (137, 143)


def main(count: int, seconds: float, *isolation: str) -> None:
    flags = [word for level in isolation for word in ("--isolation", level)]
    with (
        workplace() as (folder, registry),
        hosted(folder, f"{registry}/busybox:1", *flags) as bench,
    ):
        bench.stop(bench.run(2))
        told_of(bench, "without a task")
        before = descriptors(bench)
        arns = start(bench, count)
        told_of(bench, f"with {count}")
        run(bench, arns, seconds)
        look(bench)
        stop(bench, arns)
        wait_for(lambda: not bench.engine.traces(), 60, "nothing is left of tasks")
        wait_for(lambda: descriptors(bench) <= before + SPARE, 120, "descriptors are given back")
        told_of(bench, "after them")
        errors = [line for line in bench.engine.log.read_text().splitlines() if "ERROR" in line]
        assert not errors, errors[:5]
        print(f"no error, nothing left; load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    count, seconds, *rest = [*sys.argv[1:], *["500", "60"][len(sys.argv[1:]) :]]
    main(int(count), float(seconds), *rest)
