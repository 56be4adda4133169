"""One HTTP request and one HTTP answer as plain values, free of any server's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """path: as sent, percent-encoded, without the query. query: as sent, without `?`.

    headers: names in lower case; several headers of one name are joined by commas.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireResponse:
    """headers: names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
