"""How far the machine's clock may be off, as the kernel knows from who keeps it synchronized."""

import ctypes
import struct
from dataclasses import dataclass

_TIMEX = struct.Struct("@I4xqqqqi4x160x")
"""The head of Linux' `struct timex` (adjtimex(2)), and room for the rest of it."""
_UNSYNCHRONIZED = 0x0040


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockError:
    """bound_milliseconds: the clock is off by no more, if it is synchronized."""

    bound_milliseconds: float
    is_synchronized: bool


def read_clock_error() -> ClockError | None:
    """None where the kernel does not tell."""
    buffer = ctypes.create_string_buffer(_TIMEX.pack(0, 0, 0, 0, 0, 0), _TIMEX.size)
    if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) < 0:
        return None
    _, _, _, bound_microseconds, _, status = _TIMEX.unpack(buffer.raw)
    return ClockError(
        bound_milliseconds=bound_microseconds / 1000,
        is_synchronized=not status & _UNSYNCHRONIZED,
    )
