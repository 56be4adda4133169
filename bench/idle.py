"""What an engine costs while its tasks do nothing but have their health checked.

CPU time over a minute and more, in per cent of one core: of the engine's own process, which is what
the goal is about; of the runtime that it starts for each check (`crun exec`: its children, once
they have ended); of the tasks' control groups, which the checks' commands run in; of the monitors.

usage: python -m bench.idle [TASKS] [SECONDS] [INTERVAL] [ISOLATION]
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.engine import wait_for

from bench.hosted import Hosted, hosted, workplace

GOAL_PERCENT = 5.0
BATCH = 10
CGROUPS = Path("/sys/fs/cgroup")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """CPU seconds so far."""

    engine: float
    runtime: float
    tasks: float
    monitors: float

    def since(self, before: "Spent") -> "Spent":
        return Spent(
            engine=self.engine - before.engine,
            runtime=self.runtime - before.runtime,
            tasks=self.tasks - before.tasks,
            monitors=self.monitors - before.monitors,
        )


def spent(bench: Hosted) -> Spent:
    assert bench.engine.process is not None
    stat = Path(f"/proc/{bench.engine.process.pid}/stat").read_text().rpartition(")")[2].split()
    own, ended = sum(map(int, stat[11:13])), sum(map(int, stat[13:15]))
    top = f"hostless/{bench.engine.engine_id}"
    monitors = group_seconds(f"{top}/monitors")
    return Spent(
        engine=own / TICKS,
        runtime=ended / TICKS,
        tasks=group_seconds(top) - monitors,
        monitors=monitors,
    )


def group_seconds(group: str) -> float:
    """Of a control group and all below it, of either version."""
    old = CGROUPS / "cpuacct" / group / "cpuacct.usage"
    if old.exists():
        return int(old.read_text()) / 1e9
    new = CGROUPS / group / "cpu.stat"
    words = new.read_text().split() if new.exists() else ["usage_usec", "0"]
    return int(words[words.index("usage_usec") + 1]) / 1e6


def run_all(bench: Hosted, count: int) -> list[str]:
    arns: list[str] = []
    while len(arns) < count:
        arns += bench.run(min(BATCH, count - len(arns)))
    bench.wait(arns, "RUNNING", every=0.5)
    return arns


def healthy(bench: Hosted, arns: list[str]) -> int:
    return sum(task["healthStatus"] == "HEALTHY" for task in bench.tasks(arns))


def report(found: Spent, seconds: float, count: int, interval: int) -> None:
    def percent(cpu: float) -> str:
        return f"{100 * cpu / seconds:.2f} %"

    checks = count * seconds / interval
    print(f"{count} idle tasks, a check every {interval} s, over {seconds:.0f} s, of one core:")
    print(f"  engine's own process  {percent(found.engine)} (goal {GOAL_PERCENT:.0f} %)")
    print(f"  runtime, for checks   {percent(found.runtime)}")
    print(f"  in the tasks          {percent(found.tasks)}")
    print(f"  monitors              {percent(found.monitors)}")
    total = found.engine + found.runtime + found.tasks + found.monitors
    print(f"  everything            {percent(total)}")
    print(
        f"a check: {1e3 * found.engine / checks:.2f} ms of the engine with all else that it does,"
        f" {1e3 * (found.runtime + found.tasks) / checks:.2f} ms of others"
    )


def main(count: int, seconds: float, interval: int, *isolation: str) -> None:
    flags = [word for level in isolation for word in ("--isolation", level)]
    with workplace() as (folder, registry):
        image = f"{registry}/busybox:1"
        with hosted(folder, image, *flags) as bench:
            bench.define(
                {"healthCheck": {"command": ["CMD-SHELL", "exit 0"], "interval": interval}}
            )
            arns = run_all(bench, count)
            wait_for(lambda: healthy(bench, arns) == count, 60 + 10 * interval, "all healthy")
            before, begin = spent(bench), time.monotonic()
            time.sleep(seconds)
            found, taken = spent(bench).since(before), time.monotonic() - begin
            report(found, taken, count, interval)
            print(f"load of the machine {os.getloadavg()[0]:.1f}")
            left = count - healthy(bench, arns)
            assert left == 0, f"{left} tasks are not healthy any more"
            bench.stop(arns)


if __name__ == "__main__":
    given = [*sys.argv[1:], *["200", "90", "30"][len(sys.argv[1:]) :]]
    main(int(given[0]), float(given[1]), int(given[2]), *given[3:])
