"""The time of day, from outside.

Every instant in this code base is a float: seconds since the epoch, UTC. Nothing else reads the
time; tests and the simulator hand in a clock of their own. Waiting is asyncio's business: under
simulated time the event loop itself jumps (`hostless.kit.simulated_time`).
"""

import time
from typing import Protocol, TypeAlias

Timestamp: TypeAlias = float
"""Seconds since the epoch, UTC."""


class Clock(Protocol):
    def now(self) -> Timestamp: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Timestamp:
        return time.time()
