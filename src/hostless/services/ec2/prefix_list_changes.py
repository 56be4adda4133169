"""Managed prefix lists: made, changed, put back to a version, deleted.

On AWS a list is changed after the call was answered; here before. What cannot be done only because
somebody refers to the list is answered as on AWS all the same: the call is granted, and the list's
state says that it failed. Sources: the EC2 model and reference of each call. Sentences are EC2's
own, except where a comment says "our words".
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, cast

from hostless.domain.arns import PrefixListId, Realm
from hostless.domain.prefix_list_rules import (
    FAMILIES,
    changed_entries,
    entries_refusal,
    name_refusal,
    size_refusal,
)
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry, aws_prefix_lists
from hostless.domain.security_group_rules import canonical_cidr, is_over_quota, permission_of
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_prefix_lists as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    BadPrefixListChange,
    DryRun,
    NotPermitted,
    PrefixListFull,
    VersionMismatch,
)
from hostless.services.ec2.prefix_list_lookup import (
    need_prefix_list,
    prefix_list_sizes,
    referring_groups,
    referring_resources,
)
from hostless.services.ec2.prefix_lists import list_view
from hostless.services.ec2.tagging import tags_for
from hostless.services.operation import Answer, Call
from hostless.store.kinds import PREFIX_LISTS, SECURITY_GROUP_RULES
from hostless.store.store import Store

_MOST_NAMED = 10


class PrefixListChanges:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateManagedPrefixList, call: Call) -> Answer:
        if request.address_family not in FAMILIES:
            # our words
            raise BadParameter(
                f"Value ({request.address_family}) for parameter addressFamily is invalid. "
                "Valid values: IPv4 | IPv6"
            )
        family = cast(Literal["IPv4", "IPv6"], request.address_family)
        _refuse(name_refusal(request.prefix_list_name))
        _refuse(size_refusal(request.max_entries))
        entries = _entries(request.entries, family)
        _refuse(entries_refusal(entries))
        if len(entries) > request.max_entries:
            raise PrefixListFull
        tags = tags_for(request.tag_specifications, "prefix-list")
        made = find_made(self._store, PREFIX_LISTS, "CreateManagedPrefixList", request)
        if made is None:
            if request.dry_run:
                raise DryRun
            made = PrefixList(
                id=PrefixListId(f"pl-{self._ids.hex(17)}"),
                name=request.prefix_list_name,
                family=family,
                most_entries=request.max_entries,
                versions=(entries,),
                tags=tags,
            )
            transaction = self._store.transaction("CreateManagedPrefixList")
            transaction.put(PREFIX_LISTS, made)
            remember(transaction, "CreateManagedPrefixList", request, made.id, call)
            await transaction.commit()
        return {"PrefixList": list_view(made, call.realm)}

    async def modify(self, request: requests.ModifyManagedPrefixList, call: Call) -> Answer:
        before = self._need_own(request.prefix_list_id, call.realm)
        after = replace(before, state="modify-complete", failure=None)
        if request.prefix_list_name is not None:
            _refuse(name_refusal(request.prefix_list_name))
            after = replace(after, name=request.prefix_list_name)
        if request.add_entries or request.remove_entries:
            if request.max_entries is not None:
                raise BadCombination(
                    "You cannot modify the entries and the maximum entries for the prefix list in "
                    "the same request."
                )
            entries = _after_change(before, request)
            after = replace(after, versions=(*before.versions, entries))
        if request.current_version not in (None, len(before.versions)):
            raise VersionMismatch
        if request.max_entries is not None:
            _refuse(size_refusal(request.max_entries))
            after = self._resized(after, request.max_entries, call.realm)
        if len(after.entries) > after.most_entries:
            raise PrefixListFull
        return await self._write(after, call.realm, is_dry=request.dry_run)

    async def restore(
        self, request: requests.RestoreManagedPrefixListVersion, call: Call
    ) -> Answer:
        before = self._need_own(request.prefix_list_id, call.realm)
        if request.current_version != len(before.versions):
            raise VersionMismatch
        if not 1 <= request.previous_version < len(before.versions):
            # our words
            raise BadParameter(
                f"The prefix list {before.id} has no previous version {request.previous_version}"
            )
        entries = before.versions[request.previous_version - 1]
        if len(entries) > before.most_entries:
            raise PrefixListFull
        after = replace(
            before, versions=(*before.versions, entries), state="restore-complete", failure=None
        )
        return await self._write(after, call.realm, is_dry=request.dry_run)

    async def delete(self, request: requests.DeleteManagedPrefixList, call: Call) -> Answer:
        before = self._need_own(request.prefix_list_id, call.realm)
        referring = list(referring_resources(self._store, before.id))
        if referring:
            named = ", ".join(referring[:_MOST_NAMED])
            # our words
            why = f"The following resources still reference the prefix list: [{named}]"
            failed = replace(before, state="delete-failed", failure=why)
            return await self._write(failed, call.realm, is_dry=request.dry_run)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteManagedPrefixList")
        transaction.delete(PREFIX_LISTS, before.id)
        await transaction.commit()
        return {"PrefixList": list_view(replace(before, state="delete-complete"), call.realm)}

    async def _write(self, list_: PrefixList, realm: Realm, *, is_dry: bool | None) -> Answer:
        if is_dry:
            raise DryRun
        transaction = self._store.transaction("prefix list")
        transaction.put(PREFIX_LISTS, list_)
        await transaction.commit()
        return {"PrefixList": list_view(list_, realm)}

    def _need_own(self, given: str, realm: Realm) -> PrefixList:
        found = need_prefix_list(self._store, realm, given)
        if found in aws_prefix_lists(realm):
            # our words
            raise NotPermitted(f"The prefix list {given} is managed by AWS and cannot be changed")
        return found

    def _resized(self, list_: PrefixList, most_entries: int, realm: Realm) -> PrefixList:
        """Not when a group that refers to it would have more rules than it may (model)."""
        sizes = {**prefix_list_sizes(self._store, realm), list_.id: most_entries}
        full = [
            group
            for group in referring_groups(self._store, list_.id)
            if any(self._is_full(group, sizes, is_egress=out) for out in (False, True))
        ]
        if not full or most_entries <= list_.most_entries:
            return replace(list_, most_entries=most_entries)
        named = ", ".join(full[:_MOST_NAMED])
        # our words
        why = f"The following resources cannot support the new maximum size: [{named}]"
        return replace(list_, state="modify-failed", failure=why)

    def _is_full(self, group_id: str, sizes: dict[str, int], *, is_egress: bool) -> bool:
        rules = self._store.find(SECURITY_GROUP_RULES, "group", group_id)
        return is_over_quota((permission_of(r) for r in rules if r.is_egress is is_egress), sizes)


def _refuse(why: str | None) -> None:
    if why is not None:
        raise BadParameter(why)


def _after_change(
    list_: PrefixList, request: requests.ModifyManagedPrefixList
) -> tuple[PrefixListEntry, ...]:
    added = _entries(request.add_entries, list_.family)
    removed = [_canonical(entry.cidr, list_.family) for entry in request.remove_entries]
    _refuse(entries_refusal(added, removed))
    entries = changed_entries(list_, added, removed)
    if entries is None:
        raise BadPrefixListChange
    return entries


def _entries(
    given: Iterable[requests.AddPrefixListEntry], family: str
) -> tuple[PrefixListEntry, ...]:
    return tuple(
        PrefixListEntry(
            cidr_block=_canonical(entry.cidr, family), description=entry.description or None
        )
        for entry in given
    )


def _canonical(given: str, family: str) -> str:
    found = canonical_cidr(given, 6 if family == "IPv6" else 4)
    if found is None:
        raise BadParameter(f"CIDR block {given} is malformed")
    return found
