"""What prefix lists may say, and what a change makes of one.

Sources: the EC2 model (CreateManagedPrefixList, ModifyManagedPrefixList), "Amazon VPC quotas", VPC
User Guide. Sentences are EC2's own, except where a comment says "our words".
"""

from collections.abc import Iterable, Sequence

from hostless.domain.prefix_lists import PrefixList, PrefixListEntry

MOST_ENTRIES = 1000
LONGEST_NAME = 255
LONGEST_DESCRIPTION = 255
FAMILIES = ("IPv4", "IPv6")
RESERVED_NAMES = "com.amazonaws"


def name_refusal(name: str) -> str | None:
    # our words, all of them
    if not name:
        return "The prefix list name must have a value"
    if len(name) > LONGEST_NAME:
        return f"The prefix list name can have at most {LONGEST_NAME} characters"
    if name.startswith(RESERVED_NAMES):
        return f"The prefix list name cannot start with {RESERVED_NAMES}"
    return None


def size_refusal(most_entries: int) -> str | None:
    if 1 <= most_entries <= MOST_ENTRIES:
        return None
    # our words
    return f"Must specify a maximum number of entries between 1 and {MOST_ENTRIES}"


def entries_refusal(added: Sequence[PrefixListEntry], removed: Iterable[str] = ()) -> str | None:
    """Why a request cannot add these and remove the ranges `removed`; canonical ones."""
    ranges = [entry.cidr_block for entry in added]
    gone = list(removed)
    for cidr in ranges:
        if cidr in gone:
            return (
                f"Request cannot contain Cidr {cidr} in both AddPrefixListEntries and "
                "RemovePrefixListEntries"
            )
    for named in (ranges, gone):
        if len(set(named)) < len(named):
            return "The same Cidr must not appear multiple times"  # our words
    for entry in added:
        if len(entry.description or "") > LONGEST_DESCRIPTION:
            # our words
            return f"A description can have at most {LONGEST_DESCRIPTION} characters"
    return None


def changed_entries(
    list_: PrefixList, added: Sequence[PrefixListEntry], removed: Iterable[str]
) -> tuple[PrefixListEntry, ...] | None:
    """The entries of the next version; None when one is to be added that is there, or removed that
    is not."""
    there = {entry.cidr_block for entry in list_.entries}
    gone = set(removed)
    if not gone <= there or any(entry.cidr_block in there for entry in added):
        return None
    kept = (entry for entry in list_.entries if entry.cidr_block not in gone)
    return (*kept, *added)
