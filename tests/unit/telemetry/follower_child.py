"""A process that follows one log file until it is killed.

`follower_child.py FOLDER follow|drain`; drain ends by itself when all is stored.
"""

import asyncio
import sys
from pathlib import Path

from hostless.domain.arns import LogGroupName, TaskId
from hostless.kit.clock import SystemClock
from hostless.store.sqlite import SqliteStorage
from hostless.store.store import Store
from hostless.telemetry.events import stream_files, upkeep
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.follow import followed_file
from hostless.telemetry.follower import LogFollower
from hostless.telemetry.seam import LogSink

TASK = TaskId("0" * 32)


async def follow(folder: Path, *, drains: bool) -> None:
    upkeep.SYNC_SECONDS = 0.02
    stream_files.TAIL_EVENTS = 100
    followed_file.READ_BYTES = 20_000
    followed_file.HOLE_BYTES = 50_000
    clock = SystemClock()
    store = Store(SqliteStorage(folder / "store.db"), clock)
    events = EventStore(folder / "logs", clock)
    follower = LogFollower(store, events, clock)
    sink = LogSink(
        task_id=TASK,
        container="web",
        path=folder / "container.log",
        group=LogGroupName("/ecs/app"),
        stream="ecs/web/0",
        creates_group=True,
    )
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(follower.run()), group.create_task(upkeep.keep_events(events))]
        await follower.open([sink])
        print("following", flush=True)
        if drains:
            await follower.drain(TASK)
            for task in running:
                task.cancel()
    await store.close()
    events.close()


if __name__ == "__main__":
    asyncio.run(follow(Path(sys.argv[1]), drains=sys.argv[2] == "drain"))
