"""How the demo looks: numbered scenes, the commands as one would type them, their output."""

import re
import shlex
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BOLD, DIM, GREEN, RED, CYAN = "1", "2", "32", "31", "36"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MOST_LINES = 24


class Screen:
    """Writes to stdout; colours and a moving spinner only for a person."""

    def __init__(self, *, has_colours: bool) -> None:
        self._has_colours = has_colours
        self._width = min(shutil.get_terminal_size().columns, 100)
        self._scene = 0
        self._started = time.monotonic()

    def _paint(self, text: str, *styles: str) -> str:
        return f"\x1b[{';'.join(styles)}m{text}\x1b[0m" if self._has_colours else text

    def _print(self, text: str = "") -> None:
        print(text, flush=True)

    def headline(self, text: str) -> None:
        self._print(self._paint(text, BOLD))

    def scene(self, title: str, explanation: str = "") -> None:
        self._scene += 1
        self._print()
        self._print(self._paint(f"{self._scene}. {title}", BOLD, CYAN))
        for line in textwrap.wrap(explanation, self._width - 3):
            self._print(f"   {line}")

    def command(self, words: Sequence[str]) -> None:
        """As one would type it, broken before its options where it is long."""
        text = shlex.join(words)
        if len(text) > self._width - 5:
            text = re.sub(r" (?=--\w)", " \\\n       ", text)
        self._print(f"   {self._paint('$', DIM)} {self._paint(text, BOLD)}")

    def python(self, text: str) -> None:
        """A line of Python, as one would type it."""
        self._print(f"   {self._paint('>>>', DIM)} {self._paint(text, BOLD)}")

    def output(self, text: str) -> None:
        lines = text.rstrip().splitlines()
        for line in lines[:MOST_LINES]:
            self._print(f"     {self._paint(line, DIM)}")
        if len(lines) > MOST_LINES:
            self._print(f"     {self._paint(f'… {len(lines) - MOST_LINES} more lines', DIM)}")

    def done(self, text: str) -> None:
        self._print(f"   {self._paint('✓', GREEN)} {text}")

    def failure(self, text: str, details: str) -> None:
        self._print()
        self._print(f"{self._paint('✗', RED, BOLD)} {text}")
        for line in details.splitlines()[-30:]:
            self._print(f"  {line}")

    def epilogue(self) -> None:
        seconds = time.monotonic() - self._started
        self._print()
        self._print(self._paint(f"✓ All of it worked, in {seconds:.1f} s.", GREEN, BOLD))
        self._print("  Next: ./script/test runs the tests; README.md shows how to go on from here.")

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """A spinner while the block runs."""
        if not self._has_colours:
            yield
            return
        over = threading.Event()
        spinner = threading.Thread(target=self._spin, args=(text, over))
        spinner.start()
        try:
            yield
        finally:
            over.set()
            spinner.join()

    def _spin(self, text: str, over: threading.Event) -> None:
        started, turn = time.monotonic(), 0
        while not over.wait(0.08):
            mark = self._paint(SPINNER[turn % len(SPINNER)], CYAN)
            sys.stdout.write(f"\r   {mark} {text} ({time.monotonic() - started:.1f} s)")
            sys.stdout.flush()
            turn += 1
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
