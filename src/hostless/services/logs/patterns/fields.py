"""Patterns for space-delimited messages: `[ip, user, ..., status = 4* && status != 404, bytes]`.

What stands between square brackets or quotation marks is one field. Without an ellipsis the message
must have as many fields as the pattern.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hostless.services.logs.patterns.comparing import test_of
from hostless.services.logs.patterns.conditions import Conditions, Tokens
from hostless.services.logs.patterns.errors import BadPattern, bad_characters

_FIELD = re.compile(r'\[([^\]]*)\]|"((?:\\.|[^"\\])*)"|(\S+)')
_COLUMN = re.compile(r'(?:"(?:\\.|[^"\\])*"|%[^%]+%|[^,"%]|%)*')
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<and>&&)|(?P<or>\|\|)|(?P<open>\()|(?P<close>\))
    |(?P<operator>!=|<=|>=|=|<|>)
    |(?P<text>"(?:\\.|[^"\\])*"|%[^%]+%)
    |(?P<word>[^\s()&|=!<>"%]+)
    |(?P<odd>.)
    """,
    re.VERBOSE,
)
_NAME = re.compile(r"[\w-]+|\$\d+")
_ELLIPSES = ("...", "…")
_Test: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """test: None when any field does."""

    test: _Test | None = None
    is_ellipsis: bool = False


def fields_pattern(text: str) -> Callable[[str], bool]:
    """text: what is between the brackets. Raises BadPattern."""
    columns = [_column(part.strip()) for part in _parts(text)]
    gaps = [index for index, column in enumerate(columns) if column.is_ellipsis]
    if len(gaps) > 1:
        raise BadPattern
    first = columns[: gaps[0]] if gaps else columns
    last = columns[gaps[0] + 1 :] if gaps else []

    def matches(message: str) -> bool:
        fields = [one or two or three for one, two, three in _FIELD.findall(message)]
        named = len(first) + len(last)
        if len(fields) < named or (not gaps and len(fields) > named):
            return False
        return _fit(first, fields) and _fit(last, fields[len(fields) - len(last) :])

    return matches


def _fit(columns: Sequence[_Column], fields: Sequence[str]) -> bool:
    pairs = zip(columns, fields, strict=False)
    return all(column.test is None or column.test(field) for column, field in pairs)


def _parts(text: str) -> Iterator[str]:
    """The pattern's columns: split at commas that are not quoted."""
    at = 0
    while True:
        part = _COLUMN.match(text, at)
        assert part is not None
        yield part[0]
        at = part.end()
        if at >= len(text):
            return
        if text[at] != ",":
            raise BadPattern
        at += 1


def _column(text: str) -> _Column:
    if text in _ELLIPSES:
        return _Column(is_ellipsis=True)
    if not text or _NAME.fullmatch(text):
        return _Column()
    tokens = Tokens(text, _TOKEN)
    test = Conditions(_condition).read(tokens)
    if not tokens.is_at_end():
        raise BadPattern
    return _Column(test=test)


def _condition(tokens: Tokens) -> _Test:
    """`name = value`; every condition of a column is about that column."""
    name = tokens.take("word")
    if not _NAME.fullmatch(name):
        raise bad_characters(name)
    comparison = tokens.take("operator")
    return test_of(comparison, tokens.take("text", "word"))
