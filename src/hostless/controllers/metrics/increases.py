"""How much counters have risen since they were read last. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The counters of one source, all of them from zero up.

    source: what counts; another process is another source where that is told (`is_one_life`), and
    then a counter that is lower than it was has not begun anew: it is only not sure yet.
    """

    source: str
    totals: Mapping[str, int]
    is_one_life: bool


def risen(reading: Reading, marks: Mapping[str, int]) -> dict[str, int]:
    """By counter, those that did. A counter that fell in a source that may begin anew has done so;
    what it has now came after."""
    found = {}
    for name, total in reading.totals.items():
        before = marks.get(name, 0)
        if total < before and not reading.is_one_life:
            before = 0
        if total > before:
            found[name] = total - before
    return found


def marks_after(reading: Reading, marks: Mapping[str, int]) -> dict[str, int]:
    """How far the source was read now; counters at zero need no mark."""
    if reading.is_one_life:
        return {n: max(total, marks.get(n, 0)) for n, total in reading.totals.items() if total}
    return {name: total for name, total in reading.totals.items() if total}


def unwrapped(total: int, before: int) -> int:
    """What a counter of 32 bits, which begins again at zero, would be with more of them.

    before: the same, at the last reading; until then it had not risen by 2,147,483,648.
    """
    turns = max(0, (before - total + 2**31) // 2**32)
    return total + turns * 2**32
