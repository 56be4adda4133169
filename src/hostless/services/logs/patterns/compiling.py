"""From the text of a filter pattern to a function that says whether a message matches."""

from collections.abc import Callable
from typing import TypeAlias

from hostless.services.logs.patterns.errors import BadPattern
from hostless.services.logs.patterns.fields import fields_pattern
from hostless.services.logs.patterns.json_conditions import json_pattern
from hostless.services.logs.patterns.terms import terms_pattern

Matches: TypeAlias = Callable[[str], bool]


def compiled(pattern: str) -> Matches | None:
    """None when the pattern matches everything. Raises BadPattern."""
    text = pattern.strip()
    if not text:
        return None
    if text.startswith("{"):
        if not text.endswith("}"):
            raise BadPattern("If a filter pattern starts with '{' it must end with '}'")
        return json_pattern(text[1:-1])
    if text.startswith("["):
        if not text.endswith("]"):
            raise BadPattern("If a filter pattern starts with '[' it must end with ']'")
        return fields_pattern(text[1:-1])
    return terms_pattern(text)
