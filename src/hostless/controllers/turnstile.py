"""Lets a few at a time through, per turn of the event loop: a crowd of passes must not keep
requests waiting that arrived meanwhile.
"""

import asyncio
from collections import deque


class Turnstile:
    """per_turn: how many enter in one turn of the event loop; the rest in order of arrival."""

    def __init__(self, per_turn: int) -> None:
        self._per_turn = per_turn
        self._room = per_turn
        self._waiting: deque[asyncio.Future[None]] = deque()
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
        if not self._is_refilled_soon:
            self._is_refilled_soon = True
            asyncio.get_running_loop().call_soon(self._refill)

    def _refill(self) -> None:
        self._is_refilled_soon = False
        self._room = self._per_turn
        while self._waiting and self._room > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._room -= 1
        if self._waiting:
            self._refill_soon()
