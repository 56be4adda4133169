"""How long ago, in the shortest form that a person reads at a glance."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def short_duration(seconds: float) -> str:
    """`3.2s`, `45s`, `12m`, `5h`, `3d`."""
    for length, unit in _UNITS:
        if seconds >= 2 * length or (length == 86_400 and seconds >= length):
            return f"{seconds // length:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds >= 10 else f"{max(seconds, 0):.1f}s"
