"""What following logs costs: a chatty container, and many that write nothing.

usage: python -m bench.logs
"""

import asyncio
import tempfile
import time
from pathlib import Path

from hostless.domain.arns import LogGroupName, TaskId
from hostless.kit.clock import SystemClock
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.events.upkeep import keep_events
from hostless.telemetry.follower import LogFollower
from hostless.telemetry.seam import LogSink

LINES = 500_000
IDLE_TASKS = 300
IDLE_SECONDS = 3.0


def sink(folder: Path, number: int) -> LogSink:
    return LogSink(
        task_id=TaskId(f"{number:032x}"),
        container="web",
        path=folder / f"{number}.log",
        group=LogGroupName("/a"),
        stream=f"ecs/web/{number}",
        creates_group=True,
    )


def write_lines(path: Path, count: int) -> None:
    stamp = "2026-01-01T00:00:00.{:09d}+00:00 stdout F"
    text = "INFO request served path=/v1/items/{} status=200 bytes=1234"
    with path.open("w") as file:
        for n in range(count):
            file.write(f"{stamp} {text}\n".format(n, n * 7919 % 100_003))


async def main(folder: Path) -> None:
    clock = SystemClock()
    events = EventStore(folder / "logs", clock)
    follower = LogFollower(Store(MemoryStorage(), clock), events, clock)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(follower.run()), group.create_task(keep_events(events))]
        await measure_chatty(follower, events, folder)
        await measure_idle(follower, events, folder)
        for task in running:
            task.cancel()
    events.close()


async def measure_chatty(follower: LogFollower, events: EventStore, folder: Path) -> None:
    chatty = sink(folder, 0)
    assert chatty.path is not None
    write_lines(chatty.path, LINES)
    began, cpu = time.perf_counter(), time.process_time()
    await follower.open([chatty])
    await follower.drain(chatty.task_id)
    took, stored = time.perf_counter() - began, time.process_time() - cpu
    await asyncio.to_thread(events.keep_up)
    sealed = time.process_time() - cpu
    size = sum(path.stat().st_size for path in (folder / "logs").rglob("*.*"))
    print(f"\n{LINES / took:,.0f} lines/s stored; {size / LINES:.1f} bytes a line on disk")
    print(f"CPU a line: {stored / LINES * 1e6:.2f} µs, with sealing {sealed / LINES * 1e6:.2f} µs")


async def measure_idle(follower: LogFollower, events: EventStore, folder: Path) -> None:
    for number in range(1, IDLE_TASKS + 1):
        idle = sink(folder, number)
        assert idle.path is not None
        write_lines(idle.path, 1)
        await follower.open([idle])
    while len(follower._watches._growing) < IDLE_TASKS or follower._ready:
        await asyncio.sleep(0.01)
    while events.has_upkeep():
        await asyncio.sleep(0.01)
    await asyncio.sleep(IDLE_SECONDS)
    cpu = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    used = (time.process_time() - cpu) / IDLE_SECONDS
    print(f"{IDLE_TASKS} idle tasks: {used * 100:.3f} % of a CPU")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hostless-bench-") as name:
        asyncio.run(main(Path(name)))
