"""Times as a person writes them in a scenario: `90s`, `5m`, `1h30m`, or a number of seconds."""

import re

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_NUMBER = r"(\d+(?:\.\d+)?)"
_FORM = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit in _UNITS))


class Duration(float):
    """Seconds, never negative."""


def duration_of(written: object) -> Duration:
    """Raises ValueError with a sentence for who wrote it."""
    if isinstance(written, int | float) and not isinstance(written, bool) and written >= 0:
        return Duration(written)
    found = _FORM.fullmatch(written) if isinstance(written, str) and written else None
    if found is None:
        raise ValueError(f"{written!r} is no time; write it as '90s', '5m' or '1h30m'")
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    return Duration(sum(float(number) * unit for number, unit in parts if number))


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
