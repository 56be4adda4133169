"""Lets a task's containers run in their order: the proxy, and when that serves the others.

An application may call out at its very start: names of Service Connect lead to the proxy.
"""

import asyncio
from collections.abc import Sequence

from hostless.compute.local.failures import start_reason
from hostless.compute.local.folders import ContainerFolder, Folders
from hostless.compute.local.lane import Lane
from hostless.compute.local.starting import Order
from hostless.compute.local.workers import Workers
from hostless.compute.seam import ContainerObservation, ContainerSpec, StartFailed, TaskSpec

READY_SECONDS = 20.0
"""HAProxy needs some 20 ms; a machine that is very busy a hundred times that."""
_PAUSE_SECONDS = 0.004
_LONGEST_LINE = 300


async def begin_in_order(
    workers: Workers, folders: Folders, lane: Lane, due: Sequence[Order]
) -> None:
    """due: containers of one task that are created. Raises StartFailed."""
    proxies = [order for order in due if order.spec.role == "proxy"]
    others = [order for order in due if order.spec.role != "proxy"]
    if proxies:
        await workers.start(lane.starter.begin, proxies)
    if others:
        await _wait_for_proxies(folders, lane, others[0].task)
        await workers.start(lane.starter.begin, others)


async def _wait_for_proxies(folders: Folders, lane: Lane, task: TaskSpec) -> None:
    """Return when each proxy of the task is ready. Raises StartFailed."""
    for spec in task.containers:
        if spec.role == "proxy" and spec.ready_file is not None:
            folder = folders.container(task.id, spec.name)
            try:
                async with asyncio.timeout(READY_SECONDS):
                    while not spec.ready_file.exists():
                        _need_alive(lane.observer.observe_one(task.id, folder), spec, folder)
                        await asyncio.sleep(_PAUSE_SECONDS)
            except TimeoutError:
                sentence = f"the proxy {spec.name} is not ready after {READY_SECONDS:.0f} seconds"
                raise StartFailed(start_reason(sentence), spec.name) from None


def _need_alive(seen: ContainerObservation, spec: ContainerSpec, folder: ContainerFolder) -> None:
    if seen.state != "exited":
        return
    ended = f"the proxy {spec.name} ended with exit code {seen.exit_code} before it was ready"
    raise StartFailed(start_reason(": ".join((ended, *_last_words(folder)))), spec.name)


def _last_words(folder: ContainerFolder) -> list[str]:
    """What it said last that sounds like a reason, without the marks of the log file."""
    try:
        lines = folder.log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    said = [" ".join(line.split(" ", 3)[3:]) for line in lines]
    return [line[-_LONGEST_LINE:] for line in said if "ALERT" in line][:1] or said[-1:]
