"""Who is being served right now, so that work in the background can make room for them."""

import asyncio
import math
from types import TracebackType

LINGER_SECONDS = 0.002
"""Who was answered may have more to ask: a client takes about so long to ask again."""


class Foreground:
    """Each caller is served within a `with` block. Belongs to one event loop."""

    def __init__(self) -> None:
        self._served = 0
        self._last_left = -math.inf

    def __enter__(self) -> None:
        self._served += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._served -= 1
        self._last_left = asyncio.get_running_loop().time()

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits for an answer, or did a moment ago."""
        if self._served > 0:
            return True
        return asyncio.get_running_loop().time() - self._last_left < LINGER_SECONDS
