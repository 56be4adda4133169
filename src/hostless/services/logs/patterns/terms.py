"""Patterns for text: `term`, `"a phrase"`, `-excluded`, `?one ?of ?these`, `%expression%`.

A term is found anywhere in the message, also within a word, and upper and lower case differ.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from hostless.services.logs.patterns.errors import BadPattern, bad_characters
from hostless.services.logs.patterns.expressions import expression

_PIECE = re.compile(r'\s*([?-]?)(?:"((?:\\.|[^"\\])*)"|%([^%]+)%|([^\s"%]+))(?=\s|$)')
_ODD = re.compile(r"\W+")
_Matches: TypeAlias = Callable[[str], bool]
_ESCAPED = re.compile(r"\\(.)")


def terms_pattern(text: str) -> _Matches:
    """Raises BadPattern.

    As on AWS, `?terms` count for nothing beside terms that must or must not be there.
    """
    needed: list[_Matches] = []
    excluded: list[_Matches] = []
    optional: list[_Matches] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        piece = _PIECE.match(text, at)
        if piece is None:
            raise BadPattern
        at = piece.end()
        {"": needed, "-": excluded, "?": optional}[piece[1]].append(_term(piece))
    if not needed and not excluded:
        return lambda message: any(matches(message) for matches in optional)
    return lambda message: (
        all(matches(message) for matches in needed)
        and not any(matches(message) for matches in excluded)
    )


def _term(piece: re.Match[str]) -> _Matches:
    _, phrase, regular, word = piece.groups()
    if regular is not None:
        return expression(regular)
    if word is not None:
        odd = _ODD.search(word)
        if odd:
            raise bad_characters(odd[0])
        return lambda message: word in message
    plain = unescaped(phrase)
    return lambda message: plain in message


def unescaped(quoted: str) -> str:
    r"""What stands between quotation marks, without the backslash of `\"` and `\\`."""
    return _ESCAPED.sub(r"\1", quoted)
