"""How a command ends when it does not succeed: a sentence, what to do about it, an exit code."""

import sys
from typing import IO, Any

import click

REFUSED = 1
"""The engine said no, or the thing asked for does not exist."""
USAGE = 2
"""The command line was not understood (click's own code)."""
UNREACHABLE = 3
"""No engine answers, or its keys are not at hand."""
DROPPED = 4
"""`network explain`: the packet, or the answer to it, is dropped."""
DISAGREED = 5
"""`network explain`: the records say one thing and the machine does another."""
EXEC_FAILED = 125
"""`exec` and `run --follow` could not run the command; other codes are the command's own."""
INTERRUPTED = 130


class CommandFailed(click.ClickException):
    """message: what went wrong, a sentence. advice: what to do about it; may be empty."""

    def __init__(self, message: str, advice: str = "", exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.advice = advice
        self.exit_code = exit_code  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:
        stream = file or sys.stderr
        click.echo(f"{click.style('hostless:', fg='red', bold=True)} {self.message}", file=stream)
        if self.advice:
            click.echo(f"  {self.advice}", file=stream)
