"""A command inside a simulated container: it shows its command line and echoes what is typed."""

import asyncio
import shlex
from collections import deque

from hostless.compute.seam import Stream
from hostless.compute.simulated.behaviour import KILLED


class EchoProcess:
    """Implements `hostless.compute.seam.ExecProcess`. Ends with 0 when its input ends."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._output: deque[bytes] = deque([f"simulated: {shlex.join(command)}\n".encode()])
        self._changed = asyncio.Condition()
        self._exit_code: int | None = None

    async def read(self) -> tuple[Stream, bytes] | None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._output or self._exit_code is not None)
            return ("stdout", self._output.popleft()) if self._output else None

    async def write(self, data: bytes) -> None:
        async with self._changed:
            if self._exit_code is None:
                self._output.append(data)
            self._changed.notify_all()

    async def close_input(self) -> None:
        await self._end(0)

    async def resize(self, rows: int, columns: int) -> None:
        return None

    async def wait(self) -> int:
        async with self._changed:
            await self._changed.wait_for(lambda: self._exit_code is not None)
        assert self._exit_code is not None
        return self._exit_code

    async def kill(self) -> None:
        await self._end(KILLED)

    async def _end(self, exit_code: int) -> None:
        async with self._changed:
            if self._exit_code is None:
                self._exit_code = exit_code
            self._changed.notify_all()
