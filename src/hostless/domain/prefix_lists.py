"""Managed prefix lists: named sets of address ranges that rules and routes refer to."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import PrefixListId
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixListEntry:
    cidr_block: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """versions: the entries of every version, the first one first; a change makes a new one.

    most_entries: that the list may ever have; counts against the quota of rules that refer to it.
    """

    id: PrefixListId
    name: str
    family: Literal["IPv4", "IPv6"]
    most_entries: int
    versions: tuple[tuple[PrefixListEntry, ...], ...]
    tags: tuple[Tag, ...] = ()

    @property
    def entries(self) -> tuple[PrefixListEntry, ...]:
        """Of the newest version."""
        return self.versions[-1]
