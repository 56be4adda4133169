"""What all describe calls of EC2 share: ids, filters, pages, dry runs.

A describe call is a table of filters and a function that shows a record; everything else is here.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from hostless.domain.errors import ApiError
from hostless.domain.tags import Tag
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    DryRun,
    IdMalformed,
    IdNotFound,
)
from hostless.services.ec2.requests import Filter
from hostless.services.paging import BadToken, Page, page_of

LARGEST_PAGE = 1000
MOST_FILTER_VALUES = 200
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdForm:
    """noun, spoken: see IdNotFound. prefix: of the ids, with its hyphen.

    malformed_noun: in the code of an id of the wrong form, where that is another.
    """

    noun: str
    spoken: str
    prefix: str
    malformed_noun: str = ""

    def fits(self, given: str) -> bool:
        return re.fullmatch(rf"{self.prefix}[0-9a-f]{{8,17}}", given) is not None

    def check(self, given: str) -> None:
        """Raises IdMalformed."""
        if not self.fits(given):
            raise IdMalformed(self.malformed_noun or self.noun, given, self.prefix)

    def not_found(self, given: str) -> ApiError:
        return IdNotFound(self.noun, self.spoken, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described(Generic[R]):
    """One kind of resource. filters: by AWS's name, the values a record has for it."""

    form: IdForm
    id_of: Callable[[R], str]
    filters: Mapping[str, Callable[[R], Iterable[str]]]
    tags_of: Callable[[R], tuple[Tag, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a describe call asks, whatever it describes."""

    ids: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


class PagedRequest(Protocol):
    """Of a describe call with filters and pages; ids have another name in each."""

    @property
    def filters(self) -> tuple[Filter, ...]: ...
    @property
    def next_token(self) -> str | None: ...
    @property
    def max_results(self) -> int | None: ...
    @property
    def dry_run(self) -> bool | None: ...


def question_of(request: PagedRequest, ids: tuple[str, ...] = ()) -> Question:
    return Question(
        ids=ids,
        filters=request.filters,
        next_token=request.next_token,
        max_results=request.max_results,
        dry_run=request.dry_run,
    )


def page_for(question: Question, kind: Described[R], records: Iterable[R]) -> Page[R]:
    """The records that are asked for. Raises AWS's errors."""
    if question.dry_run:
        raise DryRun
    if question.ids and question.max_results is not None:
        raise BadCombination(
            "The parameter MaxResults cannot be used with the parameter that lists ids"
        )
    if question.max_results is not None and question.max_results < 1:
        # Where the model has no bounds of its own.
        raise BadParameter(
            f"Value ( {question.max_results} ) for parameter maxResults is invalid. "
            "Expecting a value greater than 0."
        )
    _check_filters(question.filters, kind)
    found = _with_ids(question.ids, kind, list(records))
    matching = [r for r in found if all(_matches(r, f, kind) for f in question.filters)]
    listing = f"{kind.form.noun} {question.filters}"
    try:
        return page_of(
            matching,
            lambda record: (kind.id_of(record),),
            listing,
            size=question.max_results or LARGEST_PAGE,
            token=question.next_token,
        )
    except BadToken as error:
        raise BadParameter("Invalid value for parameter NextToken.") from error


def _with_ids(ids: Sequence[str], kind: Described[R], records: list[R]) -> list[R]:
    if not ids:
        return records
    by_id = {kind.id_of(record): record for record in records}
    for given in ids:
        if given not in by_id:
            kind.form.check(given)
            raise kind.form.not_found(given)
    return [by_id[given] for given in dict.fromkeys(ids)]


def _check_filters(filters: Iterable[Filter], kind: Described[R]) -> None:
    for asked in filters:
        if not asked.name or not asked.values:
            raise BadParameter("The filter 'null' is invalid")
        is_tag = asked.name.startswith("tag:") or asked.name == "tag-key"
        if asked.name not in kind.filters and not is_tag:
            raise BadParameter(f"The filter '{asked.name}' is invalid")
        if len(asked.values) > MOST_FILTER_VALUES:
            raise BadParameter(f"A filter can have at most {MOST_FILTER_VALUES} values")


def _matches(record: R, asked: Filter, kind: Described[R]) -> bool:
    name = asked.name or ""
    if name == "tag-key":
        values: Iterable[str] = (tag.key or "" for tag in kind.tags_of(record))
    elif name.startswith("tag:"):
        key = name.removeprefix("tag:")
        values = (tag.value or "" for tag in kind.tags_of(record) if tag.key == key)
    elif name in kind.filters:
        values = kind.filters[name](record)
    else:
        return False
    patterns = [_pattern(value) for value in asked.values]
    return any(pattern.fullmatch(value) for value in values for pattern in patterns)


@lru_cache(maxsize=512)
def _pattern(value: str) -> re.Pattern[str]:
    """EC2's wildcards as a regular expression."""
    pieces = re.findall(r"\\.|[*?]|[^*?\\]+|\\", value, re.DOTALL)
    return re.compile("".join(_piece(piece) for piece in pieces), re.DOTALL)


def _piece(piece: str) -> str:
    if piece == "*":
        return ".*"
    if piece == "?":
        return "."
    return re.escape(piece[1:] if len(piece) > 1 and piece.startswith("\\") else piece)


def tags_view(tags: tuple[Tag, ...]) -> list[dict[str, object]]:
    return [{"Key": tag.key, "Value": tag.value or ""} for tag in tags]


def truth(value: bool) -> tuple[str]:
    return ("true" if value else "false",)
