"""How much of a CPU following may take when containers write without pause.

Files are read on a thread that the API shares an interpreter with: a flood of lines must not keep
it from answering. A burst is read at once; what lasts is read half of the time.
"""

BURST_SECONDS = 3.0
"""Of work without a pause; saved up by as many seconds of rest."""


class Pace:
    """seconds: of any clock that only goes forward."""

    def __init__(self) -> None:
        self._left = BURST_SECONDS
        self._at: float | None = None

    def pause_after(self, worked: float, now: float) -> float:
        """How long to rest after so much work that has just ended."""
        passed = worked if self._at is None else now - self._at
        self._at = now
        rested = max(0.0, passed - worked)
        self._left = min(BURST_SECONDS, self._left + rested) - worked
        return max(0.0, -self._left)
