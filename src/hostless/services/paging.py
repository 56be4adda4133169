"""Pages of a listing: opaque tokens that say where the next page starts.

A token holds the key of the last item shown, so that items which come or go between two calls
neither repeat nor hide others, and the listing it belongs to, so that it fits no other.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class BadToken(Exception):
    """The token is none of ours, or of another listing; each service words it its own way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """next_token: None on the last page."""

    items: tuple[T, ...]
    next_token: str | None


def _token(listing: str, key: Sequence[str | int]) -> str:
    plain = json.dumps([listing, *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode()


def _key_of(listing: str, token: str) -> list[str | int]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(token.encode()).decode())
    except (ValueError, binascii.Error) as error:
        raise BadToken(token) from error
    if not isinstance(parts, list) or len(parts) < 2 or parts[0] != listing:
        raise BadToken(token)
    if not all(isinstance(part, str | int) for part in parts):
        raise BadToken(token)
    return parts[1:]


def page_of(
    items: Sequence[T],
    key: Callable[[T], Sequence[str | int]],
    listing: str,
    *,
    size: int,
    token: str | None,
    descending: bool = False,
) -> Page[T]:
    """The page after `token` of the items sorted by `key`; keys are unique. Raises BadToken.

    listing: what is listed with which filters, so that a token is refused elsewhere.
    """
    ordered = sorted(items, key=lambda item: list(key(item)), reverse=descending)
    if token:
        last = _key_of(listing, token)
        try:
            ordered = [
                item
                for item in ordered
                if (list(key(item)) < last if descending else list(key(item)) > last)
            ]
        except TypeError as error:
            raise BadToken(token) from error
    shown = tuple(ordered[:size])
    more = len(ordered) > len(shown)
    return Page(items=shown, next_token=_token(listing, key(shown[-1])) if more else None)
