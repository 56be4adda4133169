"""Prefix lists as callers name them, those of AWS among them; and who refers to one."""

from collections.abc import Iterator

from hostless.domain.arns import Realm
from hostless.domain.prefix_lists import PrefixList, aws_prefix_lists
from hostless.services.ec2.describing import IdForm
from hostless.store.kinds import PREFIX_LISTS, ROUTE_TABLES, SECURITY_GROUP_RULES
from hostless.store.store import Store

PREFIX_LIST_FORM = IdForm(
    noun="PrefixListID", spoken="prefix list ID", prefix="pl-", malformed_noun="PrefixListId"
)


def all_prefix_lists(store: Store, realm: Realm) -> tuple[PrefixList, ...]:
    return (*store.all(PREFIX_LISTS), *aws_prefix_lists(realm))


def need_prefix_list(store: Store, realm: Realm, given: str) -> PrefixList:
    """Raises IdNotFound."""
    found = next((each for each in all_prefix_lists(store, realm) if each.id == given), None)
    if found is None:
        # The console shows names beside ids, and EC2 says this of a name, too.
        raise PREFIX_LIST_FORM.not_found(given)
    return found


def prefix_list_sizes(store: Store, realm: Realm) -> dict[str, int]:
    """For how many rules each counts where a rule refers to it; by id."""
    return {each.id: each.most_entries for each in all_prefix_lists(store, realm)}


def referring_groups(store: Store, prefix_list_id: str) -> tuple[str, ...]:
    rules = store.find(SECURITY_GROUP_RULES, "prefix_list", prefix_list_id)
    return tuple(dict.fromkeys(rule.group_id for rule in rules))


def referring_resources(store: Store, prefix_list_id: str) -> Iterator[str]:
    """Ids of the security groups and route tables that refer to it."""
    yield from referring_groups(store, prefix_list_id)
    for table in store.all(ROUTE_TABLES):
        if any(route.destination == prefix_list_id for route in table.routes):
            yield table.id
