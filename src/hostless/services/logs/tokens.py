"""Positions of events as numbers of 56 digits, AWS's form of event ids and page tokens."""

import base64
import binascii
import re

from hostless.services.logs.errors import bad_token
from hostless.telemetry.events.records import Position

_SEQUENCE_BITS = 80
_STREAM_BITS = 64
_DIGITS = 56
_PAGE_TOKEN = re.compile(r"([fb])/(\d{56})/s")


def event_id(position: Position) -> str:
    """Unique within the engine, and in order of time."""
    stream_and_time = (position.timestamp_ms << _STREAM_BITS) | position.stream_number
    return f"{(stream_and_time << _SEQUENCE_BITS) | position.sequence:0{_DIGITS}d}"


def _position(digits: str) -> Position:
    number = int(digits)
    stream_and_time = number >> _SEQUENCE_BITS
    return Position(
        timestamp_ms=stream_and_time >> _STREAM_BITS,
        stream_number=stream_and_time & ((1 << _STREAM_BITS) - 1),
        sequence=number & ((1 << _SEQUENCE_BITS) - 1),
    )


def page_token(position: Position, *, is_backward: bool) -> str:
    """GetLogEvents: the page behind (backward: before) this position."""
    return f"{'b' if is_backward else 'f'}/{event_id(position)}/s"


def read_page_token(token: str) -> tuple[Position, bool]:
    """The position, and whether the token leads backward. Raises InvalidParameter."""
    match = _PAGE_TOKEN.fullmatch(token)
    if match is None:
        raise bad_token()
    return _position(match[2]), match[1] == "b"


def search_token(position: Position, *, is_backward: bool) -> str:
    """FilterLogEvents: where the search goes on."""
    plain = page_token(position, is_backward=is_backward)
    return base64.urlsafe_b64encode(plain.encode()).decode()


def read_search_token(token: str) -> tuple[Position, bool]:
    """The position, and whether the search goes backward. Raises InvalidParameter."""
    try:
        plain = base64.urlsafe_b64decode(token.encode()).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise bad_token() from error
    return read_page_token(plain)
