"""Managed prefix lists: named sets of address ranges that rules and routes refer to.

The lists that AWS manages name the addresses of its own services. The services that an engine
offers have none of these addresses, and AWS changes the ranges as it likes: here these lists have
no entries. A rule or a route may name them, and then is about nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hostless.domain.arns import PrefixListId, Realm
from hostless.domain.security_groups import SecurityGroupRule
from hostless.domain.tags import Tag

PrefixListState = Literal[
    "create-complete",
    "modify-complete",
    "modify-failed",
    "restore-complete",
    "delete-failed",
    "delete-complete",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixListEntry:
    cidr_block: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """versions: the entries of every version, the first one first; a change makes a new one.

    most_entries: that the list may ever have; counts against the quota of rules that refer to it.
    state, failure: what became of the last change, and why it was not made.
    """

    id: PrefixListId
    name: str
    family: Literal["IPv4", "IPv6"]
    most_entries: int
    versions: tuple[tuple[PrefixListEntry, ...], ...]
    tags: tuple[Tag, ...] = ()
    state: PrefixListState = "create-complete"
    failure: str | None = None

    @property
    def entries(self) -> tuple[PrefixListEntry, ...]:
        """Of the newest version."""
        return self.versions[-1]


def aws_prefix_lists(realm: Realm) -> tuple[PrefixList, ...]:
    """Those that AWS manages. Ids are us-east-1's; most_entries is AWS's "weight" (VPC User
    Guide, "Available AWS-managed prefix lists").
    """
    known = (
        ("pl-63a5400a", f"com.amazonaws.{realm.region}.s3", 1),
        ("pl-02cd2c6b", f"com.amazonaws.{realm.region}.dynamodb", 1),
        ("pl-3b927c52", "com.amazonaws.global.cloudfront.origin-facing", 55),
    )
    return tuple(
        PrefixList(
            id=PrefixListId(id_), name=name, family="IPv4", most_entries=weight, versions=((),)
        )
        for id_, name, weight in known
    )


def rules_of_ranges(
    rule: SecurityGroupRule, lists: Mapping[str, PrefixList]
) -> tuple[SecurityGroupRule, ...]:
    """What a rule that names a prefix list says of each range; any other rule is itself.

    lists: by id; a list that is not among them has no entries. The rules keep the rule's id.
    """
    if rule.prefix_list_id is None:
        return (rule,)
    named = lists.get(rule.prefix_list_id)
    if named is None:
        return ()
    anyone = replace(rule, prefix_list_id=None)
    if named.family == "IPv6":
        return tuple(replace(anyone, cidr_ipv6=each.cidr_block) for each in named.entries)
    return tuple(replace(anyone, cidr_ipv4=each.cidr_block) for each in named.entries)
