"""What a running engine is told from outside by signals: to stop, and then to hurry."""

import asyncio


class Orders:
    """stop: set by the first signal. hurry: set by the second: tasks are not waited for."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()

    def signal(self) -> None:
        """SIGTERM or SIGINT arrived."""
        (self.hurry if self.stop.is_set() else self.stop).set()
