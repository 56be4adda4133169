"""A rehearsal as a picture of text: one row a count, one column a stretch of time. Pure."""

from collections.abc import Callable, Sequence

from hostless.simulation.duration import clock_face
from hostless.simulation.history import Counts, Sample

WIDTH = 64
_BLOCKS = " ▁▂▃▄▅▆▇█"
_MARKS = 12
"""Columns from one time below the picture to the next; a time must fit between them."""


def columns(
    samples: Sequence[Sample],
    end: float,
    value: Callable[[Counts], int],
    pick: Callable[[Sequence[int]], int],
) -> list[int | None]:
    """One value a column, None before the first sample. pick: of all values within a column."""
    values: list[int | None] = []
    current: int | None = None
    following = 0
    for column in range(WIDTH):
        until = end * (column + 1) / WIDTH
        within = [] if current is None else [current]
        while following < len(samples) and samples[following].at < until:
            current = value(samples[following].counts)
            within.append(current)
            following += 1
        values.append(pick(within) if within else None)
    return values


def bars(values: Sequence[int | None], top: int) -> str:
    """A row of bars; anything above nothing shows. top: what a full bar stands for."""
    return "".join(_bar(value or 0, top) for value in values)


def _bar(value: int, top: int) -> str:
    if value <= 0:
        return _BLOCKS[0]
    highest = len(_BLOCKS) - 1
    return _BLOCKS[max(1, min(highest, round(value * highest / max(1, top))))]


def column_of(at: float, end: float) -> int:
    return min(WIDTH - 1, int(at * WIDTH / end)) if end > 0 else 0


def marks(instants: Sequence[float], end: float) -> str:
    """A row with a number, from 1, where each instant lies; `+` where several do, or past 9."""
    row = [" "] * WIDTH
    for number, at in enumerate(instants, start=1):
        column = column_of(at, end)
        row[column] = str(number) if row[column] == " " and number <= 9 else "+"
    return "".join(row).rstrip()


def axis(end: float) -> tuple[str, str]:
    """Two rows: ticks, and the times below them."""
    ticks, times = [" "] * WIDTH, [" "] * (WIDTH + _MARKS)
    for column in range(0, WIDTH, _MARKS):
        ticks[column] = "╵"
        for offset, letter in enumerate(clock_face(end * column / WIDTH)):
            times[column + offset] = letter
    return "".join(ticks).rstrip(), "".join(times).rstrip()
