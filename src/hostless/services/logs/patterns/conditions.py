"""`a && (b || c)`: conditions joined, for JSON and for fields alike. && binds closer than ||."""

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hostless.services.logs.patterns.errors import BadPattern

S = TypeVar("S")
DEEPEST = 50
"""Parentheses within parentheses."""


class Tokens:
    """The tokens of a pattern, taken one by one. Raises BadPattern where one does not fit."""

    def __init__(self, text: str, token: re.Pattern[str]) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            match = token.match(text, at)
            if match is None or match.lastgroup is None:
                raise BadPattern
            if match.lastgroup != "space":
                self._tokens.append((match.lastgroup, match[0]))
            at = match.end()

    def next_is(self, kind: str) -> bool:
        return bool(self._tokens) and self._tokens[0][0] == kind

    def take(self, *kinds: str) -> str:
        """The next token, which must be of one of these kinds."""
        if not self._tokens or self._tokens[0][0] not in kinds:
            raise BadPattern
        return self._tokens.pop(0)[1]

    def is_at_end(self) -> bool:
        return not self._tokens


class Conditions(Generic[S]):
    """Reads a whole expression. simple: reads one condition and returns its test."""

    def __init__(self, simple: Callable[[Tokens], Callable[[S], bool]]) -> None:
        self._simple = simple

    def read(self, tokens: Tokens, depth: int = 0) -> Callable[[S], bool]:
        """One alternative or more, each of one condition or more."""
        if depth > DEEPEST:
            raise BadPattern
        alternatives = [self._all(tokens, depth)]
        while tokens.next_is("or"):
            tokens.take("or")
            alternatives.append(self._all(tokens, depth))
        return _any_of(alternatives)

    def _all(self, tokens: Tokens, depth: int) -> Callable[[S], bool]:
        needed = [self._one(tokens, depth)]
        while tokens.next_is("and"):
            tokens.take("and")
            needed.append(self._one(tokens, depth))
        return _all_of(needed)

    def _one(self, tokens: Tokens, depth: int) -> Callable[[S], bool]:
        if not tokens.next_is("open"):
            return self._simple(tokens)
        tokens.take("open")
        inner = self.read(tokens, depth + 1)
        tokens.take("close")
        return inner


def _any_of(tests: Sequence[Callable[[S], bool]]) -> Callable[[S], bool]:
    return tests[0] if len(tests) == 1 else lambda subject: any(test(subject) for test in tests)


def _all_of(tests: Sequence[Callable[[S], bool]]) -> Callable[[S], bool]:
    return tests[0] if len(tests) == 1 else lambda subject: all(test(subject) for test in tests)
