"""What commands print: tables, progress and colours for a person, plain aligned text for a pipe.

Progress goes to stderr, results to stdout. `--json` prints objects and nothing else on stdout.
rich is imported when a terminal is there to be drawn on.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click

COLOURS = {
    "RUNNING": "green",
    "STOPPED": "bright_black",
    "ok": "green",
    "warning": "yellow",
    "missing": "red",
}
"""Of words that say how something is; every other word on its way somewhere is cyan."""


class Progress(Protocol):
    """is_seen: whether anybody looks."""

    @property
    def is_seen(self) -> bool: ...

    def say(self, text: str) -> None:
        """Replace what is being done now."""


class _Spinner:
    is_seen = True

    def __init__(self, status: object) -> None:
        self._status = status

    def say(self, text: str) -> None:
        self._status.update(text)  # type: ignore[attr-defined]


class _Quiet:
    is_seen = False

    def say(self, text: str) -> None:
        return None


@contextmanager
def progress(text: str) -> Iterator[Progress]:
    """A spinner on stderr while the block runs, if a person is looking."""
    if not sys.stderr.isatty():
        yield _Quiet()
        return
    from rich.console import Console

    with Console(stderr=True).status(text, spinner="dots") as status:
        yield _Spinner(status)


def show_json(value: object) -> None:
    """One indented JSON value; instants come out as ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=_plain))


def _plain(value: object) -> str:
    iso = getattr(value, "isoformat", None)
    return str(iso() if iso else value)


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns two spaces apart; words about state coloured on a terminal, nothing cut off."""
    table = [list(headings), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    widths[-1] = 0  # nothing comes after the last column
    for number, row in enumerate(table):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        styled = [click.style(cell, bold=True) if number == 0 else coloured(cell) for cell in cells]
        click.echo("  ".join(styled))


def coloured(text: str) -> str:
    """`text` in the colour of the word it holds; click takes colours out again in a pipe."""
    word = text.strip()
    colour = COLOURS.get(word)
    if colour is None and word.isupper() and word.endswith("ING"):
        colour = "cyan"
    return click.style(text, fg=colour) if colour else text
