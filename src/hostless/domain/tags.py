"""Tags: pairs that a caller hangs on a resource."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """key: 1 to 128 characters. value: 0 to 256 characters."""

    key: str | None = None
    value: str | None = None
