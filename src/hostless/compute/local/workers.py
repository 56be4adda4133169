"""Threads for what blocks: a few for starts, a few for the rest.

Starts are bounded by the number of threads. Those threads live in the monitors' control group, so
that every conmon they start is there from its first instant (moving a process costs 5 to 15 ms,
a thread that moves itself 0.1).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

STARTS_AT_ONCE = 3
"""More only lengthen each other on two cores."""
_OTHERS_AT_ONCE = 4


class Workers:
    def __init__(self, enter_monitors: Callable[[], None]) -> None:
        self._starters = ThreadPoolExecutor(
            STARTS_AT_ONCE, thread_name_prefix="start", initializer=enter_monitors
        )
        self._others = ThreadPoolExecutor(_OTHERS_AT_ONCE, thread_name_prefix="sweep")

    async def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._starters, lambda: work(*args, **kwargs))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._others, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Wait for what is under way."""
        self._starters.shutdown()
        self._others.shutdown()


async def _run(executor: Executor, work: Callable[[], T]) -> T:
    """A thread cannot be interrupted: a cancelled caller waits for it, then goes."""
    future = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
