"""Patterns for JSON messages: `{ $.user.id = 1 && ($.errors[0] IS NULL || $.kind = "x*") }`.

A selector that leads to nothing, to an object or to an array fits no comparison, not even `!=`
(user guide, "special considerations"). A message that is no JSON matches nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import orjson

from hostless.services.logs.patterns.comparing import test_of
from hostless.services.logs.patterns.conditions import Conditions, Tokens
from hostless.services.logs.patterns.errors import BadPattern, bad_characters
from hostless.services.logs.patterns.terms import unescaped

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<and>&&)|(?P<or>\|\|)|(?P<open>\()|(?P<close>\))
    |(?P<operator>!=|<=|>=|=|<|>)
    |(?P<selector>\$(?:\.[\w-]+|\.?\['[^']*'\]|\.?\["[^"]*"\]|\[\d+\]|\[\*\])*)(?=[\s=!<>)]|$)
    |(?P<text>"(?:\\.|[^"\\])*"|%[^%]+%)
    |(?P<word>[\w.*+:/-]+)
    |(?P<odd>[^\w\s]+)
    """,
    re.VERBOSE,
)
_STEP = re.compile(r"""\.([\w-]+)|\.?\['([^']*)'\]|\.?\["([^"]*)"\]|\[(\d+)\]|\[(\*)\]""")
_Step: TypeAlias = str | int | None
"""A member, an index, or None for every element."""
_Test: TypeAlias = Callable[[object], bool]


def json_pattern(text: str) -> Callable[[str], bool]:
    """text: what is between the braces. Raises BadPattern."""
    tokens = Tokens(text, _TOKEN)
    matches = Conditions(_condition).read(tokens)
    if not tokens.is_at_end():
        raise BadPattern

    def matches_message(message: str) -> bool:
        try:
            document = orjson.loads(message)
        except orjson.JSONDecodeError:
            return False
        return isinstance(document, dict | list) and matches(document)

    return matches_message


def _condition(tokens: Tokens) -> _Test:
    if tokens.next_is("odd"):
        raise bad_characters(tokens.take("odd"))
    steps = _steps_of(tokens.take("selector"))
    if tokens.next_is("word"):
        return _state(tokens, steps)
    comparison = tokens.take("operator")
    if tokens.next_is("odd"):
        raise bad_characters(tokens.take("odd"))
    test = test_of(comparison, tokens.take("text", "word"))
    return lambda document: any(
        test(found) for found in _found(document, steps) if isinstance(found, str | int | float)
    )


def _state(tokens: Tokens, steps: Sequence[_Step]) -> _Test:
    """`IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`."""
    words = f"{tokens.take('word')} {tokens.take('word')}".upper()
    if words == "NOT EXISTS":
        return lambda document: not any(True for _ in _found(document, steps))
    wanted = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
    if words not in wanted:
        raise BadPattern
    value = wanted[words]
    return lambda document: any(found is value for found in _found(document, steps))


def _steps_of(selector: str) -> list[_Step]:
    steps: list[_Step] = []
    for member, single, double, index, every in _STEP.findall(selector):
        if every:
            steps.append(None)
        elif index:
            steps.append(int(index))
        else:
            steps.append(member or unescaped(single or double))
    return steps


def _found(document: object, steps: Sequence[_Step]) -> Iterable[object]:
    values: Iterable[object] = (document,)
    for step in steps:
        values = _below(values, step)
    return values


def _below(values: Iterable[object], step: _Step) -> Iterator[object]:
    for value in values:
        if isinstance(step, str):
            if isinstance(value, dict) and step in value:
                yield value[step]
        elif isinstance(value, list):
            if step is None:
                yield from value
            elif step < len(value):
                yield value[step]
