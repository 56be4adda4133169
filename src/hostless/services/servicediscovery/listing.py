"""Filters and pages of Cloud Map's listings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from hostless.services.paging import BadToken, Page, page_of
from hostless.services.servicediscovery.errors import InvalidInput
from hostless.services.servicediscovery.requests import Filter

T = TypeVar("T")
Matches: TypeAlias = Callable[[str, Sequence[str]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filterable(Generic[T]):
    """conditions: those that AWS's reference names for the filter; EQ and BEGINS_WITH take one
    value, BETWEEN two."""

    value_of: Callable[[T], str]
    conditions: tuple[str, ...]


def filtered(
    items: Sequence[T], filters: Sequence[Filter], known: Mapping[str, Filterable[T]]
) -> list[T]:
    """Those that match every filter. Raises InvalidInput."""
    tests = [_test_of(each, known[each.name]) for each in filters]
    return [item for item in items if all(test(item) for test in tests)]


def page(
    items: Sequence[T],
    key: Callable[[T], Sequence[str | int]],
    listing: str,
    size: int,
    token: str | None,
) -> Page[T]:
    """Raises InvalidInput for a token of elsewhere."""
    try:
        return page_of(items, key, listing, size=size, token=token)
    except BadToken as error:
        raise InvalidInput("The specified NextToken is not valid.") from error


def filter_words(filters: Sequence[Filter]) -> str:
    """To tell one listing's tokens from another's."""
    return " ".join(f"{each.name} {each.condition} {','.join(each.values)}" for each in filters)


def _test_of(given: Filter, known: Filterable[T]) -> Callable[[T], bool]:
    if given.condition not in known.conditions:
        raise InvalidInput(f"Condition {given.condition} is not supported for {given.name}.")
    counts = {"EQ": 1, "BEGINS_WITH": 1, "BETWEEN": 2}
    expected = counts.get(given.condition)
    if (expected is not None and len(given.values) != expected) or not given.values:
        wanted = expected or "at least 1"
        raise InvalidInput(f"Condition {given.condition} of {given.name} takes {wanted} value(s).")
    if given.condition == "BETWEEN":
        first, last = (_number_in(value, given.name) for value in given.values)
        return lambda item: first <= float(known.value_of(item)) <= last
    if given.condition == "BEGINS_WITH":
        return lambda item: known.value_of(item).startswith(given.values[0])
    return lambda item: known.value_of(item) in given.values


def _number_in(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(f"The value {text} of {name} is no date in Unix format.") from error
