"""kill -9 of whoever follows, at random instants, while a container writes without pause."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hostless.kit.clock import SystemClock
from hostless.telemetry.events.reading import Query
from hostless.telemetry.events.store import EventStore

CHILD = Path(__file__).with_name("follower_child.py")
KILLS = 12


class Container(threading.Thread):
    """Writes numbered lines, some of them in pieces, on both streams, until told to stop."""

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__()
        self.written: list[str] = []
        self._path = path
        self._chance = random.Random(seed)
        self._is_over = threading.Event()

    def run(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            while not self._is_over.wait(0.0005):
                self._write_line(file)

    def _write_line(self, file: object) -> None:
        number = len(self.written)
        text = f"{number} " + "x" * self._chance.randrange(300)
        self.written.append(text)
        instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number)
        stamp = instant.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000+00:00"
        stream = self._chance.choice(["stdout", "stderr"])
        cut = self._chance.randrange(len(text)) if self._chance.random() < 0.3 else 0
        if cut:
            file.write(f"{stamp} {stream} P {text[:cut]}\n".encode())  # type: ignore[attr-defined]
        file.write(f"{stamp} {stream} F {text[cut:]}\n".encode())  # type: ignore[attr-defined]

    def end(self) -> None:
        self._is_over.set()
        self.join()


@contextmanager
def following(folder: Path, how: str) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [sys.executable, CHILD, folder, how], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "following\n"
        yield child


@pytest.mark.parametrize("seed", [1, 2])
def test_no_line_is_lost_or_doubled_whenever_the_follower_is_killed(
    tmp_path: Path, seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    container = Container(tmp_path / "container.log", seed)
    container.start()
    try:
        for _ in range(KILLS):
            with following(tmp_path, "follow") as child:
                container._is_over.wait(chance.random() * 0.15)
                child.kill()
    finally:
        container.end()
    with following(tmp_path, "drain") as child:
        assert child.wait(20) == 0
    assert stored(tmp_path) == container.written


def stored(folder: Path) -> list[str]:
    events = EventStore(folder / "logs", SystemClock())
    (stream,) = events.stored()
    messages: list[str] = []
    beyond = None
    while True:
        page = events.read([stream], Query(beyond=beyond))
        messages += [event.message for event in page.events]
        if page.continues_at is None:
            events.close()
            return messages
        beyond = page.continues_at
