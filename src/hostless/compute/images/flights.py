"""Several callers who want the same thing at the same time share one effort.

The first caller does the work in its own task; the others wait for its outcome. When the first is
cancelled, one of the others takes over. No background tasks, nothing left behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """shared: the errors that all waiting callers get; after any other each tries for itself."""

    def __init__(self, *shared: type[Exception]) -> None:
        self._shared = shared
        self._under_way: dict[K, asyncio.Future[T]] = {}

    async def share(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, which runs at most once at a time for a key."""
        while (flight := self._under_way.get(key)) is not None:
            await asyncio.wait((flight,))
            if not flight.cancelled():
                return flight.result()
        flight = asyncio.get_running_loop().create_future()
        self._under_way[key] = flight
        try:
            result = await work()
            flight.set_result(result)
        except self._shared as error:
            flight.set_exception(error)
            flight.exception()  # so that nobody is warned of an error which nobody else wanted
            raise
        finally:
            del self._under_way[key]
            flight.cancel()
        return result
