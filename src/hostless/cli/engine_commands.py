"""What the command line needs from `hostless.main`, which wires the engine.

`main` imports the command line, never the other way round; it hands these in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hostless.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """report: for a person. facts: the same for a program. is_met: all that was expected came."""

    report: str
    facts: Mapping[str, object]
    is_met: bool


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

    def simulate(self, scenario: Path, seed: int | None) -> Rehearsed:
        """Play the scenario in the file under simulated time. Raises ScenarioRefused."""


class EngineCannotStart(Exception):
    """message: what is wrong. advice: what to do about it; may be empty."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class ScenarioRefused(Exception):
    """A scenario cannot be played. message: what is wrong. advice: what to do; may be empty.

    is_bug: whether hostless is to blame, not the scenario.
    """

    def __init__(self, message: str, advice: str = "", *, is_bug: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.is_bug = is_bug
