"""What was given, or else what was there: for changes in which absent means "as it is"."""

from typing import TypeVar

T = TypeVar("T")


def either(given: T | None, otherwise: T) -> T:
    """Unlike `or` it takes 0, false and empty lists for what was given."""
    return otherwise if given is None else given
