"""Managed prefix lists: described, with their entries and who refers to them.

Source: the EC2 model and reference of each call.
"""

from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry, aws_prefix_lists
from hostless.domain.tags import Tag
from hostless.services.ec2 import requests_prefix_lists as requests
from hostless.services.ec2.describing import (
    Described,
    IdForm,
    Question,
    page_for,
    question_of,
    tags_view,
)
from hostless.services.ec2.errors import BadParameter
from hostless.services.ec2.prefix_list_lookup import (
    PREFIX_LIST_FORM,
    all_prefix_lists,
    need_prefix_list,
    referring_resources,
)
from hostless.services.operation import Answer, Call
from hostless.store.store import Store

_OWNER_OF_AWS_LISTS = "AWS"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Association:
    resource_id: str


class PrefixLists:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe_managed(self, request: requests.DescribePrefixLists, call: Call) -> Answer:
        lists = all_prefix_lists(self._store, call.realm)
        page = page_for(question_of(request, request.prefix_list_ids), _managed(call.realm), lists)
        shown = [list_view(each, call.realm) for each in page.items]
        return {"PrefixLists": shown, "NextToken": page.next_token}

    async def describe_of_aws(self, request: requests.DescribePrefixLists, call: Call) -> Answer:
        """Only those that AWS manages."""
        page = page_for(
            question_of(request, request.prefix_list_ids), _OF_AWS, aws_prefix_lists(call.realm)
        )
        shown = [
            {
                "PrefixListId": each.id,
                "PrefixListName": each.name,
                "Cidrs": [entry.cidr_block for entry in each.entries],
            }
            for each in page.items
        ]
        return {"PrefixLists": shown, "NextToken": page.next_token}

    async def entries(self, request: requests.GetManagedPrefixListEntries, call: Call) -> Answer:
        found = need_prefix_list(self._store, call.realm, request.prefix_list_id)
        version = request.target_version
        if version is not None and not 1 <= version <= len(found.versions):
            # our words
            raise BadParameter(f"The prefix list {found.id} has no version {version}")
        entries = found.entries if version is None else found.versions[version - 1]
        question = Question(
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        page = page_for(question, _ENTRIES, entries)
        shown = [{"Cidr": e.cidr_block, "Description": e.description} for e in page.items]
        return {"Entries": shown, "NextToken": page.next_token}

    async def associations(
        self, request: requests.GetManagedPrefixListAssociations, call: Call
    ) -> Answer:
        found = need_prefix_list(self._store, call.realm, request.prefix_list_id)
        question = Question(
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        referring = (_Association(resource_id=id_) for id_ in self._referring(found))
        page = page_for(question, _ASSOCIATIONS, referring)
        owner = call.realm.account_id
        shown = [{"ResourceId": e.resource_id, "ResourceOwner": owner} for e in page.items]
        return {"PrefixListAssociations": shown, "NextToken": page.next_token}

    def _referring(self, found: PrefixList) -> list[str]:
        return list(referring_resources(self._store, found.id))


def list_view(list_: PrefixList, realm: Realm) -> dict[str, object]:
    """AWS's own have neither versions nor a size."""
    common = {
        "PrefixListId": list_.id,
        "PrefixListName": list_.name,
        "AddressFamily": list_.family,
        "State": list_.state,
        "Tags": tags_view(list_.tags),
    }
    if list_ in aws_prefix_lists(realm):
        arn = f"arn:aws:ec2:{realm.region}:aws:prefix-list/{list_.id}"
        return {**common, "PrefixListArn": arn, "OwnerId": _OWNER_OF_AWS_LISTS}
    return {
        **common,
        "PrefixListArn": realm.arn("ec2", f"prefix-list/{list_.id}"),
        "StateMessage": list_.failure,
        "MaxEntries": list_.most_entries,
        "Version": len(list_.versions),
        "OwnerId": realm.account_id,
    }


def _managed(realm: Realm) -> Described[PrefixList]:
    of_aws = {each.id for each in aws_prefix_lists(realm)}
    return Described(
        form=PREFIX_LIST_FORM,
        id_of=lambda each: each.id,
        tags_of=lambda each: each.tags,
        filters={
            "owner-id": lambda e: (_OWNER_OF_AWS_LISTS if e.id in of_aws else realm.account_id,),
            "prefix-list-id": lambda e: (e.id,),
            "prefix-list-name": lambda e: (e.name,),
        },
    )


def _no_tags(_: object) -> tuple[Tag, ...]:
    return ()


_OF_AWS: Described[PrefixList] = Described(
    form=PREFIX_LIST_FORM,
    id_of=lambda each: each.id,
    tags_of=_no_tags,
    filters={
        "prefix-list-id": lambda each: (each.id,),
        "prefix-list-name": lambda each: (each.name,),
    },
)
_ENTRIES: Described[PrefixListEntry] = Described(
    form=IdForm(noun="Cidr", spoken="entry", prefix=""),
    id_of=lambda entry: entry.cidr_block,
    tags_of=_no_tags,
    filters={},
)
_ASSOCIATIONS: Described[_Association] = Described(
    form=IdForm(noun="Association", spoken="association", prefix=""),
    id_of=lambda each: each.resource_id,
    tags_of=_no_tags,
    filters={},
)
