"""Keeps passes over one service apart, so that a crowd of changing tasks stays cheap.

A pass looks at all tasks of its service. Made after each change it would cost n times n; made at
most so often that it takes a fixed share of the time, a task costs the same in a crowd as alone.
"""

import asyncio
from collections.abc import Callable

SHORTEST_GAP_SECONDS = 0.02
GAP_IN_LOOKS = 9.0
"""A service rests for so many times as long as it took to look at it and decide: that takes a tenth
of the time at most. What was decided then costs the same for each task, however many there are."""


class Pace:
    """Belongs to one event loop. wake: has a pass made."""

    def __init__(self, wake: Callable[[str], None]) -> None:
        self._wake = wake
        self._open_at: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def wake(self, key: str) -> None:
        """Have a pass made as soon as the pace allows; many calls make one pass."""
        if key in self._timers:
            return
        delay = self.rest_seconds(key)
        if delay <= 0:
            self._wake(key)
        else:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(delay, self._ring, key)

    def passed(self, key: str, seconds: float) -> None:
        """A pass is made; looking and deciding took so long."""
        rest = max(SHORTEST_GAP_SECONDS, GAP_IN_LOOKS * seconds)
        self._open_at[key] = asyncio.get_running_loop().time() + rest

    def rest_seconds(self, key: str) -> float:
        """How long the service has to rest from now; 0 or less: not at all."""
        open_at = self._open_at.get(key)
        return 0.0 if open_at is None else open_at - asyncio.get_running_loop().time()

    def forget(self, key: str) -> None:
        """The service is gone."""
        self._open_at.pop(key, None)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _ring(self, key: str) -> None:
        del self._timers[key]
        self._wake(key)
