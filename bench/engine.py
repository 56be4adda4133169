"""What the engine itself costs: time to `ready` with an empty state, memory per idle task.

Memory is that of the engine and of everything it started (monitors), as proportional set size, plus
the kernel's share taken from MemAvailable; the workload's own pages are in neither's first figure.

usage: python -m bench.engine [TASKS]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.support.engine import RunningEngine

from bench.hosted import hosted, workplace

STARTS = 5


def seconds_to_ready() -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hostless-bench-") as name:
        engine = RunningEngine(Path(name) / "state")
        begin = time.perf_counter()
        process = engine.spawn()
        assert process.stdout is not None
        line = process.stdout.readline()
        taken = time.perf_counter() - begin
        assert line.startswith(b"ready "), line
        engine.purge()
        return taken


def proportional_mib(engine: RunningEngine) -> float:
    """Of the engine and of each monitor that names its state folder."""
    assert engine.process is not None
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            is_own = str(engine.state_dir).encode() in command
            if is_own or int(folder.name) == engine.process.pid:
                rollup = (folder / "smaps_rollup").read_text()
                total += int(rollup.split("Pss:")[1].split()[0])
        except OSError:
            continue
    return total / 1024


def available_mib() -> float:
    text = Path("/proc/meminfo").read_text()
    return int(text.split("MemAvailable:")[1].split()[0]) / 1024


def main(count: int) -> None:
    starts = [seconds_to_ready() for _ in range(STARTS)]
    print(f"ready after {statistics.median(starts):.2f} s, median of {STARTS} (goal 1.5 s)")
    with workplace() as (folder, registry), hosted(folder, f"{registry}/busybox:1") as bench:
        bench.stop(bench.run(2))
        before, free = proportional_mib(bench.engine), available_mib()
        arns: list[str] = []
        while len(arns) < count:
            arns += bench.run(min(10, count - len(arns)))
        bench.wait(arns, "RUNNING", every=0.5)
        time.sleep(3)  # let the machine settle before memory is read
        after, left = proportional_mib(bench.engine), available_mib()
        print(f"engine: {before:.0f} MiB with no task, {after:.0f} MiB with {count} and monitors")
        print(f"per idle task: {(after - before) / count:.2f} MiB engine and monitor (goal 4)")
        print(
            f"               {(free - left) / count:.2f} MiB less available on the machine, all in"
        )
        bench.stop(arns)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
