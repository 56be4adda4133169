"""Pages of ECS's listings: sizes and errors as ECS has them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hostless.domain.errors import InvalidParameter
from hostless.services.ecs.errors import InvalidToken
from hostless.services.paging import BadToken, Page, page_of

T = TypeVar("T")
LARGEST_PAGE = 100


def ecs_page(
    items: Sequence[T],
    key: Callable[[T], Sequence[str | int]],
    listing: str,
    *,
    max_results: int | None,
    token: str | None,
    descending: bool = False,
    default_size: int = LARGEST_PAGE,
) -> Page[T]:
    """max_results: 1 to 100, `default_size` when it is not given. Raises InvalidParameter."""
    size = default_size if max_results is None else max_results
    if not 1 <= size <= LARGEST_PAGE:
        raise InvalidParameter(f"maxResults must be between 1 and {LARGEST_PAGE}.")
    try:
        return page_of(items, key, listing, size=size, token=token, descending=descending)
    except BadToken as error:
        raise InvalidToken from error


def check_empty_page(listing: str, max_results: int | None, token: str | None) -> None:
    """For what never has any item. Raises InvalidParameter for a page that cannot be."""
    nothing: tuple[str, ...] = ()
    ecs_page(nothing, lambda item: (item,), listing, max_results=max_results, token=token)


def check_include(include: Sequence[str], allowed: Sequence[str]) -> None:
    """Raises InvalidParameter for a member of `include` that ECS does not know."""
    if any(item not in allowed for item in include):
        raise InvalidParameter(f"include should be one of [{','.join(allowed)}]")
