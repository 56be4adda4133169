"""Times as a person writes them in a scenario: `90s`, `5m`, `1h30m`, or a number of seconds."""

import re

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_NUMBER = r"(\d+(?:\.\d+)?)"
_FORM = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit in _UNITS))


LONGEST_SECONDS = 31 * 86_400.0
"""A rehearsal of an idle service takes about 0.1 s a day."""


class Duration(float):
    """Seconds, never negative, at most `LONGEST_SECONDS`."""


def duration_of(written: object) -> Duration:
    """Raises ValueError with a sentence for who wrote it."""
    seconds = _seconds_of(written)
    if seconds is None:
        raise ValueError(f"{written!r} is no time; write it as '90s', '5m' or '1h30m'")
    if seconds > LONGEST_SECONDS:
        raise ValueError(f"{written!r} is too long; 31 days are the most")
    return Duration(seconds)


def _seconds_of(written: object) -> float | None:
    """None for what is no time."""
    if isinstance(written, int | float) and not isinstance(written, bool) and written >= 0:
        return written
    found = _FORM.fullmatch(written) if isinstance(written, str) and written else None
    if found is None:
        return None
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    return sum(float(number) * unit for number, unit in parts if number)


def clock_face(seconds: float) -> str:
    """`0:00`, `12:05`, `1:02:05`: an instant of a rehearsal, counted from its start."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def spoken(seconds: float) -> str:
    """`45 s`, `3 min 20 s`, `1 h 5 min`: a length of time in a sentence."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
