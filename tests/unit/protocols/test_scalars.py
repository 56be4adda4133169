"""Scalars as text, and instants in all their spellings."""

import math
from typing import Any

import pytest
from botocore.model import Shape

from hostless.protocols.scalars import (
    epoch_number,
    from_text,
    iso8601,
    text_of,
    timestamp_of,
    timestamp_text,
)

NOON = 1767355445.0  # 2026-01-02T12:04:05Z


def shape(type_name: str, **traits: Any) -> Shape:
    return Shape("S", {"type": type_name, **traits})


@pytest.mark.parametrize(
    "spelling",
    [
        NOON,
        1767355445,
        "1767355445",
        "2026-01-02T12:04:05Z",
        "2026-01-02T12:04:05.000Z",
        "2026-01-02T13:04:05+01:00",
        "2026-01-02T12:04:05",
        "Fri, 02 Jan 2026 12:04:05 GMT",
    ],
)
def test_an_instant_is_understood_in_every_spelling(spelling: object) -> None:
    assert timestamp_of(spelling) == NOON


@pytest.mark.parametrize(
    "nonsense", ["", "soon", True, None, [], "nan", "inf", 1e300, "99999999999999"]
)
def test_what_is_no_instant_is_refused(nonsense: object) -> None:
    with pytest.raises(ValueError):
        timestamp_of(nonsense)


def test_instants_are_spelled_as_aws_spells_them() -> None:
    assert iso8601(NOON) == "2026-01-02T12:04:05Z"
    assert iso8601(NOON + 0.0996) == "2026-01-02T12:04:05.100Z"
    assert iso8601(NOON + 0.9999) == "2026-01-02T12:04:06Z"
    assert timestamp_text(NOON + 0.5, "rfc822") == "Fri, 02 Jan 2026 12:04:05 GMT"
    assert timestamp_text(NOON, "unixTimestamp") == "1767355445"
    assert epoch_number(NOON + 0.12345) == NOON + 0.123
    assert isinstance(epoch_number(NOON), int)


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("integer", "-7", -7),
        ("long", "9223372036854775807", 2**63 - 1),
        ("double", "1.5", 1.5),
        ("boolean", "TRUE", True),
        ("boolean", "false", False),
        ("blob", "aGk=", b"hi"),
        ("string", " x ", " x "),
    ],
)
def test_text_becomes_a_value(type_name: str, text: str, value: object) -> None:
    assert from_text(shape(type_name), text) == value


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("integer", "2147483648"),
        ("integer", "1_000"),
        ("integer", "1.5"),
        ("integer", ""),
        ("integer", "\u00b2"),
        ("long", "9" * 30),
        ("boolean", "yes"),
        ("double", "one"),
        ("blob", "no base 64!"),
        ("timestamp", "soon"),
    ],
)
def test_text_of_another_type_is_refused(type_name: str, text: str) -> None:
    with pytest.raises(ValueError):
        from_text(shape(type_name), text)


def test_values_become_text() -> None:
    assert text_of(shape("boolean"), True) == "true"
    assert text_of(shape("double"), math.inf) == "Infinity"
    assert text_of(shape("double"), math.nan) == "NaN"
    assert text_of(shape("blob"), b"hi") == "aGk="
    assert text_of(shape("integer"), 5) == "5"
    assert text_of(shape("timestamp"), NOON) == "2026-01-02T12:04:05Z"
    assert text_of(shape("timestamp", timestampFormat="unixTimestamp"), NOON) == "1767355445"
