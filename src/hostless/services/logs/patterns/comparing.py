"""Comparing one value with what a condition names: text with wildcards, numbers, expressions.

`*` at either end of a text stands for anything; within it is an asterisk (user guide).
"""

import operator
import re
from collections.abc import Callable
from typing import TypeAlias

from hostless.services.logs.patterns.errors import BadPattern
from hostless.services.logs.patterns.expressions import expression
from hostless.services.logs.patterns.terms import unescaped

Value: TypeAlias = str | int | float | bool
Test: TypeAlias = Callable[[Value], bool]
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def test_of(comparison: str, operand: str) -> Test:
    """operand: as written: `"text"`, `%expression%`, or bare. Raises BadPattern."""
    if comparison in _ORDERS:
        return _ordered(_ORDERS[comparison], operand)
    equal = _equal(operand)
    return equal if comparison == "=" else lambda value: not equal(value)


def _ordered(order: Callable[[float, float], bool], text: str) -> Test:
    if not _NUMBER.fullmatch(text):
        raise BadPattern
    limit = float(text)

    def test(value: Value) -> bool:
        number = _number_of(value)
        return number is not None and order(number, limit)

    return test


def _equal(text: str) -> Test:
    if text.startswith("%"):
        found = expression(text[1:-1])
        return lambda value: found(_text_of(value))
    if text.startswith('"'):
        return _wild(unescaped(text[1:-1]))
    if _NUMBER.fullmatch(text):
        number = float(text)
        return lambda value: (
            value == text if isinstance(value, str) else _number_of(value) == number
        )
    return _wild(text)


def _wild(text: str) -> Test:
    if text == "*":
        return lambda value: True
    starts, ends = text.endswith("*"), text.startswith("*")
    core = text[ends : len(text) - starts]
    if starts and ends:
        return lambda value: core in _text_of(value)
    if starts:
        return lambda value: _text_of(value).startswith(core)
    if ends:
        return lambda value: _text_of(value).endswith(core)
    return lambda value: _text_of(value) == core


def _number_of(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value)


def _text_of(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
