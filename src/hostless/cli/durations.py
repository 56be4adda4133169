"""Lengths of time, as people write and read them: `45s`, `12m`, `5h`, `3d`."""

import re

import click

_WRITTEN = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def short_duration(seconds: float) -> str:
    """`3.2s`, `45s`, `12m`, `5h`, `3d`."""
    for length, unit in _UNITS:
        if seconds >= 2 * length or (length == 86_400 and seconds >= length):
            return f"{seconds // length:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds >= 10 else f"{max(seconds, 0):.1f}s"


def find_seconds(text: str) -> int | None:
    """Seconds of `10m`; None when it is written otherwise."""
    found = _WRITTEN.fullmatch(text)
    return None if found is None else int(found[1]) * _SECONDS[found[2]]


def duration(text: str) -> int:
    """The type of an option: seconds of `30s`, `10m`, `2h` or `7d`."""
    seconds = find_seconds(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no length of time, such as 30s, 10m, 2h or 7d")
    return seconds
