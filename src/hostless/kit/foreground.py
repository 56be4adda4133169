"""Who is being served right now, so that work in the background can make room for them."""

from types import TracebackType


class Foreground:
    """Each caller is served within a `with` block. Belongs to one event loop."""

    def __init__(self) -> None:
        self._served = 0

    def __enter__(self) -> None:
        self._served += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._served -= 1

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits for an answer."""
        return self._served > 0
