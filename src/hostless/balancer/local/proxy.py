"""One task's proxy of Service Connect: its folder, and its HAProxy as the runtime socket shows it.

What is there is found by asking HAProxy and reading the folder, so an engine that begins anew goes
on where the last one was. Servers only are ever changed. One that is taken out keeps what is under
way; it is forgotten once nothing is.
"""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hostless.balancer.connect_seam import ProxyCounters, Servers
from hostless.balancer.local import runtime
from hostless.balancer.local.files import write_privately
from hostless.balancer.local.proxy_configuration import (
    CONFIGURATION,
    SOCKET,
    Habits,
    configuration_of,
    servers_of,
)
from hostless.balancer.local.proxy_counting import counters_of
from hostless.balancer.local.servers import commands_between, present_servers, rows_of
from hostless.domain.service_connect import TaskConnect
from hostless.kit.clock import Timestamp

GIVEN = "connect.json"
"""What the task is given, for an engine that did not prepare it."""
DELETE_ATTEMPTS, DELETE_PAUSE_SECONDS = 5, 0.01
"""Connections that wait for a next request are closed a moment after a server was taken out."""


class Proxy:
    """folder: of this proxy alone. Not for two calls at once, but for `counters`."""

    def __init__(self, folder: Path, habits: Habits) -> None:
        self._folder = folder
        self._habits = habits
        self._connect: TaskConnect | None = None

    async def prepare(self, connect: TaskConnect, servers: Servers) -> None:
        """Raises OSError."""
        if await self._answers():
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / SOCKET).unlink(missing_ok=True)
        self._connect = connect
        write_privately(self._folder / GIVEN, msgspec.json.encode(connect).decode())
        self._write(connect, servers)

    async def apply(self, servers: Servers) -> None:
        """Raises OSError and RuntimeRefused."""
        connect = self._given()
        self._write(connect, servers)
        wanted = servers_of(connect, servers, self._habits)
        present = present_servers(await self._ask("show servers state"))
        kept = {name: dict(words) for name, words in wanted.items()}
        leaving = set()
        for each in present:
            if each.backend in wanted and each.name not in wanted[each.backend]:
                kept[each.backend][each.name] = ""
                leaving.add(each.path)
        known = [each for each in present if each.backend in wanted]
        commands = tuple(commands_between(known, kept, frozenset(leaving)))
        await runtime.perform(self._folder / SOCKET, commands)
        await self._forget(leaving)

    async def counters(self, now: Timestamp) -> ProxyCounters:
        """Raises OSError."""
        rows = list(rows_of(await self._ask("show stat")))
        return counters_of(self._given(), rows, now)

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _forget(self, paths: Iterable[str]) -> None:
        """Those that nothing is under way to; others another time."""
        left = set(paths)
        for attempt in range(DELETE_ATTEMPTS):
            if not left:
                return
            if attempt:
                await asyncio.sleep(DELETE_PAUSE_SECONDS)
            rows = rows_of(await self._ask("show stat"))
            busy = {f"{row['pxname']}/{row['svname']}" for row in rows if int(row["scur"] or 0)}
            left -= busy
            for path in sorted(left):
                if "deleted" in await self._ask(f"del server {path}"):
                    left.discard(path)

    async def _answers(self) -> bool:
        try:
            return bool(await self._ask("show info"))
        except OSError:
            return False

    async def _ask(self, command: str) -> str:
        return await runtime.ask(self._folder / SOCKET, command)

    def _given(self) -> TaskConnect:
        if self._connect is None:
            text = (self._folder / GIVEN).read_bytes()
            self._connect = msgspec.json.decode(text, type=TaskConnect)
        return self._connect

    def _write(self, connect: TaskConnect, servers: Servers) -> None:
        text = configuration_of(connect, servers, self._habits)
        write_privately(self._folder / CONFIGURATION, text)
