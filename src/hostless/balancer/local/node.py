"""One node: its folder, its HAProxy, and how both come to be as a plan wants them.

What differs between the plan and what is there is found by asking HAProxy and reading the folder,
so an engine that begins anew goes on where the last one was. Servers are changed by the runtime
socket; anything else by a reload, which drops no connection.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hostless.balancer.local import log_file, process, runtime
from hostless.balancer.local.backends import SortedTargets
from hostless.balancer.local.configuration import (
    SOCKET,
    STATE,
    Configuration,
    configuration_of,
)
from hostless.balancer.local.counting import QUESTIONS, counters_of, process_in
from hostless.balancer.local.files import write_privately
from hostless.balancer.local.log_lines import is_logged
from hostless.balancer.local.servers import (
    PresentServer,
    commands_between,
    draining_servers,
    present_servers,
    seen_targets,
    sorted_targets,
    wanted_servers,
)
from hostless.balancer.seam import BalancingFailed, NodeCounters, NodePlan, SeenTarget
from hostless.domain.arns import TargetGroupArn
from hostless.kit.clock import Timestamp

APPLIED = "applied"
"""Holds the digest of what the running workers read, servers aside."""
PROPOSED = "haproxy.cfg.new"
RELOAD_SECONDS = 10.0
PAUSE_SECONDS = 0.005
CPUS_A_THREAD = 4
"""Targets need CPUs too, and a balancer has a node in each zone. A request costs 13.3 us of CPU
where there is one thread, and 14.2 where there are two."""
DELETE_ATTEMPTS, DELETE_PAUSE_SECONDS = 20, 0.01
"""A server goes when its last connection is gone, a moment after they were shut down."""


class Node:
    """folder: of this node alone. Not for two calls at once."""

    def __init__(self, folder: Path, groups: process.Groups) -> None:
        self._folder = folder
        self._groups = groups
        self._plan: NodePlan | None = None
        self._ended: list[tuple[NodePlan | None, str]] = []
        """What processes said that a reload has replaced, and the plan that they served."""

    async def serve(self, plan: NodePlan) -> None:
        """Raises BalancingFailed."""
        if plan.place.namespace_path is None:
            raise BalancingFailed("there is no network namespace to serve in")
        if plan == self._plan and process.find(self._folder) is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            await self._bring_to(plan, plan.place.namespace_path)
        except (OSError, TimeoutError, runtime.RuntimeRefused) as error:
            self._plan = None
            raise BalancingFailed(f"HAProxy cannot be brought to it: {error}") from error
        self._plan = plan

    async def _bring_to(self, plan: NodePlan, namespace_path: str) -> None:
        pid = process.find(self._folder)
        if pid is not None and is_logged(plan) and not process.has_log(pid, self._folder):
            await process.end(pid)
            pid = None
        present = () if pid is None else await self._present()
        places = sorted_targets(plan, present)
        configuration = configuration_of(plan, places, _threads())
        digest = _digest_of(configuration)
        if pid is None:
            await self._propose(configuration)
            await process.clear(self._folder)
            (self._folder / STATE).write_text("1\n")
            entrances = self._groups.entrances(self._folder.name)
            await process.start(self._folder, namespace_path, entrances)
            await self._wait_until_served()
            log_file.limit(self._folder, log_file.size_of(self._folder))
        elif _applied_in(self._folder) != digest:
            await self._reload(pid, configuration)
        else:
            await self._propose(configuration, is_checked=True)
        (self._folder / APPLIED).write_text(digest)
        await self._change_servers(plan, places)

    async def seen(self) -> Mapping[str, SeenTarget] | None:
        """None when it does not run. Raises OSError when it does not answer.

        Workers from before a reload are not asked: any target may be busy while one is there.
        """
        pid = process.find(self._folder)
        if self._plan is None or pid is None:
            return None
        found = seen_targets(self._plan, await self.statistics())
        least = int(len(process.children_of(pid)) > 1)
        return {key: replace(each, active=max(least, each.active)) for key, each in found.items()}

    async def statistics(self) -> str:
        """What `show stat` says. Raises OSError."""
        return await self._ask("show stat")

    async def counters(self, now: Timestamp) -> tuple[NodeCounters, ...]:
        """As the seam has it. Raises OSError when it does not answer."""
        if self._plan is None:
            return ()
        said = await self._ask(";".join(QUESTIONS))
        if process_in(said) is None:
            return ()
        ended, self._ended = self._ended, []
        told = (*ended, (self._plan, said))
        return tuple(counters_of(plan or self._plan, each, now) for plan, each in told)

    async def stop(self) -> None:
        pid = process.find(self._folder)
        if pid is not None:
            await process.end(pid)
        await process.clear(self._folder)

    async def remove(self) -> None:
        await self.stop()
        await asyncio.to_thread(self._groups.remove, self._folder.name)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _reload(self, pid: int, configuration: Configuration) -> None:
        """Targets keep their health, and those that drain go on draining."""
        await self._propose(configuration)
        write_privately(self._folder / STATE, await self._ask("show servers state"))
        said = await self._ask(";".join(QUESTIONS))
        process.reload(pid)
        last = await self._last_words(said)
        if process_in(last) is not None:
            self._ended.append((self._plan, last))

    async def _propose(self, configuration: Configuration, *, is_checked: bool = False) -> None:
        for name, text in configuration.files.items():
            write_privately(self._folder / name, text)
        write_privately(self._folder / PROPOSED, configuration.text)
        if not is_checked:
            await process.check(self._folder, PROPOSED)
        os.replace(self._folder / PROPOSED, self._folder / process.CONFIGURATION)

    async def _last_words(self, said: str) -> str:
        """What the process that said so says last, once another one answers in its place."""
        before = process_in(said)
        async with asyncio.timeout(RELOAD_SECONDS):
            while True:
                with contextlib.suppress(OSError):
                    heard = await self._ask(";".join(QUESTIONS))
                    if process_in(heard) not in (None, before):
                        return said
                    said = said if process_in(heard) is None else heard
                await asyncio.sleep(PAUSE_SECONDS)

    async def _wait_until_served(self) -> None:
        """Until a worker answers."""
        async with asyncio.timeout(RELOAD_SECONDS):
            while not await self._is_served():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(PAUSE_SECONDS)

    async def _is_served(self) -> bool:
        try:
            return bool(await self._ask("show info"))
        except OSError:
            return False

    async def _present(self) -> tuple[PresentServer, ...]:
        return present_servers(await self._ask("show servers state"))

    async def _change_servers(
        self, plan: NodePlan, places: Mapping[TargetGroupArn, SortedTargets]
    ) -> None:
        wanted = wanted_servers(plan, places)
        draining = draining_servers(plan, wanted)
        for attempt in range(DELETE_ATTEMPTS):
            commands = tuple(commands_between(await self._present(), wanted, draining))
            if not commands:
                return
            try:
                await runtime.perform(self._folder / SOCKET, commands)
            except runtime.RuntimeRefused:
                if attempt == DELETE_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(DELETE_PAUSE_SECONDS)

    async def _ask(self, command: str) -> str:
        return await runtime.ask(self._folder / SOCKET, command)


def _threads() -> int:
    """Of a node on this machine."""
    return max(1, (os.cpu_count() or 1) // CPUS_A_THREAD)


def _applied_in(folder: Path) -> str | None:
    try:
        return (folder / APPLIED).read_text()
    except FileNotFoundError:
        return None


def _digest_of(configuration: Configuration) -> str:
    """Of all that takes a reload."""
    text = "".join(
        line for line in configuration.text.splitlines(True) if not line.startswith("  server ")
    )
    parts = [text, *(f"{name}\n{text}" for name, text in sorted(configuration.files.items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
