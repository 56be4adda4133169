"""An event loop whose time jumps to the next timer instead of waiting.

Code that awaits timers runs unchanged and deterministically: hours pass in milliseconds. Only for
code without threads and sockets: when nothing is ready and no timer is set, the loop raises.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from hostless.kit.clock import Timestamp

T = TypeVar("T")
EPOCH: Timestamp = 1_700_000_000.0
"""What a simulated clock shows when its loop starts (14 November 2023)."""


class NothingLeftToWaitFor(RuntimeError):
    """Every coroutine waits and no timer is set: a deadlock in the code under simulation."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeftToWaitFor("no coroutine is ready and no timer is set")
        if timeout > 0:
            self.elapsed += timeout
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 and advances only by jumping to the next timer."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed


class LoopClock:
    """A clock that shows the running loop's time, counted from `epoch`."""

    def __init__(self, epoch: Timestamp = EPOCH) -> None:
        self._epoch = epoch

    def now(self) -> Timestamp:
        return self._epoch + asyncio.get_running_loop().time()


def run_simulated(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end under simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)
