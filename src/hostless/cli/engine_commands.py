"""What the command line needs from `hostless.main`, which wires the engine.

`main` imports the command line, never the other way round; it hands these in.
"""

from typing import Protocol

from hostless.domain.settings import Settings


class EngineCommands(Protocol):
    """Heavy imports belong inside these: every other command must start without them."""

    def serve(self, settings: Settings) -> None:
        """Run the engine until SIGTERM or SIGINT; print `ready http://host:port` when it serves.

        Raises EngineCannotStart with a sentence for the person at the keyboard.
        """

    def purge(self, settings: Settings) -> None:
        """Stop every task and remove everything outside the state folder; no engine may run.

        Raises EngineCannotStart.
        """

    def has_traces(self, settings: Settings) -> bool:
        """Whether anything of the engine is there outside the state folder."""


class EngineCannotStart(Exception):
    """message: what is wrong. advice: what to do about it; may be empty."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
