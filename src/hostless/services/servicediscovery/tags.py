"""Tags of namespaces and services, by ARN."""

from collections.abc import Callable
from dataclasses import replace

from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with, tags_without
from hostless.domain.service_discovery import DiscoveryService, Namespace
from hostless.domain.tags import Tag
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import InvalidInput, ResourceNotFound, TooManyTags
from hostless.services.servicediscovery.references import id_in
from hostless.store.kinds import DISCOVERY_SERVICES, NAMESPACES
from hostless.store.store import Store, Transaction


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tag(self, request: requests.TagResource, call: Call) -> Answer:
        check_tags(request.tags)

        def joined(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
            after = tags_with(tags, request.tags)
            if len(after) > MOST_TAGS:
                raise _too_many(request.resource_arn)
            return after

        return await self._change(request.resource_arn, joined, "TagResource", call)

    async def untag(self, request: requests.UntagResource, call: Call) -> Answer:
        return await self._change(
            request.resource_arn,
            lambda tags: tags_without(tags, request.tag_keys),
            "UntagResource",
            call,
        )

    async def list_tags(self, request: requests.ListTagsForResource, call: Call) -> Answer:
        found = _need(self._store, request.resource_arn, call)
        return {"Tags": [{"Key": tag.key, "Value": tag.value} for tag in found.tags]}

    async def _change(
        self,
        arn: str,
        tags_of: Callable[[tuple[Tag, ...]], tuple[Tag, ...]],
        because: str,
        call: Call,
    ) -> Answer:
        transaction = self._store.transaction(because)
        found = _need(transaction, arn, call)
        if isinstance(found, Namespace):
            transaction.put(NAMESPACES, replace(found, tags=tags_of(found.tags)))
        else:
            transaction.put(DISCOVERY_SERVICES, replace(found, tags=tags_of(found.tags)))
        await transaction.commit()
        return None


def check_tags(tags: tuple[Tag, ...]) -> None:
    """Raises InvalidInput, TooManyTags."""
    if len(tags) > MOST_TAGS:
        raise _too_many(None)
    refusal = tags_refusal(tags)
    if refusal is not None:
        raise InvalidInput(refusal)


def _too_many(arn: str | None) -> TooManyTags:
    return TooManyTags(
        "The list of tags on the resource is over the quota. The maximum number of tags that can "
        f"be applied to a resource is {MOST_TAGS}.",
        members={} if arn is None else {"ResourceName": arn},
    )


def _need(reads: Store | Transaction, arn: str, call: Call) -> Namespace | DiscoveryService:
    found: Namespace | DiscoveryService | None = None
    if arn.startswith("arn:"):
        found = reads.get(NAMESPACES, id_in(arn, call.realm, "namespace"))
        found = found or reads.get(DISCOVERY_SERVICES, id_in(arn, call.realm, "service"))
    if found is None:
        raise ResourceNotFound(
            "The operation can't be completed because the resource was not found."
        )
    return found
