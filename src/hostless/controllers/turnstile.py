"""Lets one at a time through: a crowd of passes must not keep requests waiting.

While requests are being answered they come first, and passes get a guaranteed rate. It is more than
a machine starts containers at, so it holds back nothing but a backlog.
"""

import asyncio
from collections import deque

from hostless.kit.foreground import Foreground

ENTRIES_A_SECOND_WHEN_BUSY = 500
"""A task's start takes about seven passes."""
_CATCHING_UP_SECONDS = 0.01
"""For how long entries that could not be made when they were due are made up for."""


class Turnstile:
    """One enters in a turn of the event loop: who goes on before who begins, else in order.

    With more beginning than can be done, what was begun still gets to its end.
    """

    def __init__(self, foreground: Foreground) -> None:
        self._foreground = foreground
        self._beginning: deque[asyncio.Future[None]] = deque()
        self._going_on: deque[asyncio.Future[None]] = deque()
        self._due = 0.0
        self._opens_soon = False

    async def enter(self, *, goes_on: bool = False) -> None:
        """Return when it is the caller's turn. goes_on: with what it began at its last turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._going_on if goes_on else self._beginning).append(turn)
        self._open_soon()
        await turn

    def _open_soon(self) -> None:
        if self._opens_soon:
            return
        self._opens_soon = True
        loop = asyncio.get_running_loop()
        if self._foreground.is_busy:
            late = loop.time() - _CATCHING_UP_SECONDS
            self._due = max(self._due + 1 / ENTRIES_A_SECOND_WHEN_BUSY, late)
            loop.call_at(self._due, self._open)
        else:
            loop.call_soon(self._open)

    def _open(self) -> None:
        self._opens_soon = False
        while waiting := self._going_on or self._beginning:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        if self._going_on or self._beginning:
            self._open_soon()
