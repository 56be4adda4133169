"""Lets a few at a time through: a crowd of passes must not keep requests waiting.

While requests are being answered they come first, and passes get a guaranteed rate. It is more than
a machine starts containers at, so it holds back nothing but a backlog.
"""

import asyncio
from collections import deque

from hostless.kit.foreground import Foreground

ENTRIES_A_TURN = 4
"""Of the event loop: what arrives meanwhile waits for four passes, not for all."""
ENTRIES_A_SECOND_WHEN_BUSY = 1000
"""A task's start takes about nine passes."""


class Turnstile:
    """Who waits enters in order of arrival."""

    def __init__(self, foreground: Foreground) -> None:
        self._foreground = foreground
        self._room = ENTRIES_A_TURN
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refilled_at = 0.0
        self._is_refilled_soon = False

    async def enter(self) -> None:
        """Return when it is the caller's turn."""
        if self._room > 0 and not self._waiting:
            self._room -= 1
            self._refill_soon()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._refill_soon()
        await turn

    def _refill_soon(self) -> None:
        if self._is_refilled_soon:
            return
        self._is_refilled_soon = True
        loop = asyncio.get_running_loop()
        if self._foreground.is_busy:
            loop.call_later(1 / ENTRIES_A_SECOND_WHEN_BUSY, self._refill)
        else:
            loop.call_soon(self._refill)

    def _refill(self) -> None:
        self._is_refilled_soon = False
        self._room = self._room_now()
        while self._waiting and self._room > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._room -= 1
        if self._waiting:
            self._refill_soon()

    def _room_now(self) -> int:
        now = asyncio.get_running_loop().time()
        since, self._refilled_at = now - self._refilled_at, now
        if not self._foreground.is_busy:
            return ENTRIES_A_TURN
        return max(1, min(ENTRIES_A_TURN, int(since * ENTRIES_A_SECOND_WHEN_BUSY)))
