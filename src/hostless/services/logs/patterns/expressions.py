"""`%regular expressions%`: the small dialect that CloudWatch Logs takes.

No groups, no look-around, so nothing nests; a search that still takes long is given up, because a
caller's expression must not hold the engine.
"""

from collections.abc import Callable

import regex

from hostless.services.logs.patterns.errors import BadPattern, bad_characters

LONGEST_SEARCH_SECONDS = 0.5
"""For one expression in one message."""
_ALLOWED = regex.compile(r"(?:\\x[0-9A-Fa-f]{2}|\\[^x]|[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.])*")


def expression(text: str) -> Callable[[str], bool]:
    """Whether the expression (without its per cent signs) is found in a text."""
    end = _ALLOWED.match(text).end()
    if end < len(text):
        raise bad_characters(text[end])
    try:
        found = regex.compile(text).search
    except regex.error as error:
        raise BadPattern from error

    def matches(message: str) -> bool:
        try:
            return found(message, timeout=LONGEST_SEARCH_SECONDS) is not None
        except TimeoutError as late:
            raise BadPattern("The regular expression takes too long") from late

    return matches
