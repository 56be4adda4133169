"""Scalars as text (query strings, headers, XML) and AWS's three spellings of an instant.

Inside, an instant is a float: seconds since the epoch, UTC. Blobs are bytes.
"""

import base64
import binascii
import math
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from botocore.model import Shape

from hostless.kit.clock import Timestamp

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_BITS = {"integer": 31, "long": 63}
_LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
SCALAR_TYPES = frozenset(
    ("string", "character", "integer", "long", "float", "double", "boolean", "timestamp", "blob")
)


def timestamp_of(value: object) -> Timestamp:
    """An instant from a number, an ISO 8601 or RFC 822 text, or a datetime; else ValueError."""
    if isinstance(value, datetime):
        return _checked((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _checked(float(value))
    if not isinstance(value, str):
        raise ValueError("not a timestamp")
    try:
        return _checked(float(value))
    except ValueError:
        return timestamp_of(_datetime_of(value))


def _datetime_of(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        try:
            return parsedate_to_datetime(text)
        except (TypeError, IndexError, OverflowError):
            raise ValueError("not a timestamp") from None


def _checked(seconds: float) -> Timestamp:
    if not -62_135_596_800 <= seconds <= _LATEST:
        raise ValueError("out of range")
    return seconds


def iso8601(value: Timestamp) -> str:
    """`2026-01-02T03:04:05.678Z`; without the fraction when it is zero."""
    milliseconds = round(value * 1000)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    fraction = milliseconds % 1000
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{fraction:03d}Z" if fraction else "Z")


def epoch_number(value: Timestamp) -> int | float:
    """Seconds with at most three decimals, as AWS's JSON has them."""
    seconds = round(value, 3)
    return int(seconds) if seconds == int(seconds) else seconds


def timestamp_text(value: Timestamp, spelling: str) -> str:
    """spelling: `iso8601`, `rfc822` or `unixTimestamp`, as in the models."""
    if spelling == "rfc822":
        return format_datetime(datetime.fromtimestamp(int(value), UTC), usegmt=True)
    if spelling == "unixTimestamp":
        return str(epoch_number(value))
    return iso8601(value)


def base64_text(value: object) -> str:
    return base64.b64encode(bytes_of(value)).decode()


def bytes_of(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"no blob: {type(value).__name__}")


def float_text(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def text_of(shape: Shape, value: object, timestamps: str = "iso8601") -> str:
    """A scalar as text. timestamps: the spelling where the shape states none."""
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            spelling = str(shape.serialization.get("timestampFormat", timestamps))
            return timestamp_text(float(value), spelling)  # type: ignore[arg-type]
        case "blob":
            return base64_text(value)
        case "float" | "double":
            return float_text(value)  # type: ignore[arg-type]
    return str(value)


def from_text(shape: Shape, text: str) -> object:
    """A scalar from text; ValueError when it is not one of the shape's type."""
    match shape.type_name:
        case "integer" | "long":
            return _integer_of(text, shape.type_name)
        case "float" | "double":
            return float(text)
        case "boolean":
            return _boolean_of(text)
        case "timestamp":
            return timestamp_of(text)
        case "blob":
            return decode_base64(text)
    return text


def _integer_of(text: str, type_name: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return fitting_integer(int(text), type_name)


def fitting_integer(value: int, type_name: str) -> int:
    """The value, when an AWS `integer` (32 bits) or `long` (64 bits) can hold it."""
    if not -(1 << _BITS[type_name]) <= value < (1 << _BITS[type_name]):
        raise ValueError("out of range")
    return value


def _boolean_of(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false", "1", "0"):
        raise ValueError("not a boolean")
    return lowered in ("true", "1")


def decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
