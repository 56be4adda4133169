"""Commands inside a simulated container: one that echoes what is typed, and health checks."""

import asyncio
import contextlib
import shlex
from collections import deque

from hostless.compute.seam import Stream
from hostless.compute.simulated.behaviour import KILLED
from hostless.compute.simulated.machine import SimulatedContainer
from hostless.kit.clock import Clock


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


class CheckProcess:
    """Implements `hostless.compute.seam.ExecProcess`: passes when its container is fit at its end.

    Without input and output.
    """

    def __init__(self, container: SimulatedContainer, clock: Clock) -> None:
        self._container = container
        self._clock = clock
        self._ends_at = clock.now() + container.check_seconds
        self._killed = asyncio.Event()

    async def read(self) -> tuple[Stream, bytes] | None:
        await self.wait()
        return None

    async def write(self, data: bytes) -> None:
        return None

    async def close_input(self) -> None:
        return None

    async def resize(self, rows: int, columns: int) -> None:
        return None

    async def wait(self) -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._ends_at - self._clock.now()):
                await self._killed.wait()
        if self._killed.is_set():
            return KILLED
        return 0 if self._container.is_fit(self._ends_at) else 1

    async def kill(self) -> None:
        self._killed.set()
