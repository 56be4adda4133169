"""HAProxy's runtime socket: one line of commands in, text out.

The socket's path may be longer than the kernel allows; it is reached by its folder's descriptor.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

ANSWER_SECONDS = 10.0
LONGEST_LINE = 12_000
"""HAProxy takes lines up to its buffer's size (16 KiB)."""
_HARMLESS = ("New server registered.", "Server deleted.", "")


class RuntimeRefused(Exception):
    """A command was not done; the message is HAProxy's."""


async def ask(socket: Path, line: str) -> str:
    """The answer to one line. Raises OSError when nobody answers."""
    folder = os.open(socket.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            path = f"/proc/self/fd/{folder}/{socket.name}"
            reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
            try:
                writer.write(line.encode() + b"\n")
                await writer.drain()
                return (await reader.read(-1)).decode(errors="replace")
            finally:
                writer.close()
    finally:
        os.close(folder)


async def perform(socket: Path, commands: Iterable[str]) -> None:
    """All of them, in order. Raises RuntimeRefused for the first line with one that was refused."""
    for line in _lines_of(commands):
        for said in (await ask(socket, line)).splitlines():
            if said.strip() not in _HARMLESS:
                raise RuntimeRefused(said.strip())


def _lines_of(commands: Iterable[str]) -> Iterable[str]:
    line = ""
    for command in commands:
        if line and len(line) + len(command) > LONGEST_LINE:
            yield line
            line = ""
        line = f"{line}; {command}" if line else command
    if line:
        yield line
