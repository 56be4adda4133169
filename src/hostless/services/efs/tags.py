"""Tags of file systems and access points, by id or ARN; and the older calls for file systems."""

from collections.abc import Callable
from dataclasses import replace

from hostless.domain.file_systems import AccessPoint, FileSystem
from hostless.domain.resource_tags import tags_refusal, tags_with, tags_without
from hostless.domain.tags import Tag
from hostless.services.efs import requests
from hostless.services.efs.errors import BadRequest
from hostless.services.efs.references import need_access_point, need_file_system, page
from hostless.services.efs.views import tags_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ACCESS_POINTS, FILE_SYSTEMS
from hostless.store.store import Store, Transaction


def check_tags(tags: tuple[Tag, ...]) -> None:
    """Raises BadRequest."""
    refusal = tags_refusal(tags)
    if refusal is not None:
        raise BadRequest(refusal)


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tag(self, request: requests.TagResource, call: Call) -> Answer:
        return await self._change(request.resource_id, _joining(request.tags), call)

    async def untag(self, request: requests.UntagResource, call: Call) -> Answer:
        return await self._change(request.resource_id, _leaving(request.tag_keys), call)

    async def list_tags(self, request: requests.ListTagsForResource, call: Call) -> Answer:
        found = _need(self._store, request.resource_id, call)
        shown = page(found.tags, _key_of, "t", request.max_results, request.next_token)
        return {"Tags": tags_view(shown.items), "NextToken": shown.next_token}

    async def create(self, request: requests.CreateTags, call: Call) -> Answer:
        return await self._change(request.file_system_id, _joining(request.tags), call)

    async def delete(self, request: requests.DeleteTags, call: Call) -> Answer:
        return await self._change(request.file_system_id, _leaving(request.tag_keys), call)

    async def describe(self, request: requests.DescribeTags, call: Call) -> Answer:
        found = need_file_system(self._store, request.file_system_id, call.realm)
        shown = page(found.tags, _key_of, "t", request.max_items, request.marker)
        return {
            "Marker": request.marker,
            "Tags": tags_view(shown.items),
            "NextMarker": shown.next_token,
        }

    async def _change(
        self, given: str, change: Callable[[tuple[Tag, ...]], tuple[Tag, ...]], call: Call
    ) -> Answer:
        transaction = self._store.transaction("tags")
        found = _need(transaction, given, call)
        after = change(found.tags)
        check_tags(after)
        if isinstance(found, AccessPoint):
            transaction.put(ACCESS_POINTS, replace(found, tags=after))
        else:
            transaction.put(FILE_SYSTEMS, replace(found, tags=after))
        await transaction.commit()
        return None


def _key_of(tag: Tag) -> tuple[str]:
    return (tag.key or "",)


def _joining(added: tuple[Tag, ...]) -> Callable[[tuple[Tag, ...]], tuple[Tag, ...]]:
    return lambda tags: tags_with(tags, added)


def _leaving(keys: tuple[str, ...]) -> Callable[[tuple[Tag, ...]], tuple[Tag, ...]]:
    return lambda tags: tags_without(tags, keys)


def _need(reads: Store | Transaction, given: str, call: Call) -> FileSystem | AccessPoint:
    """By the form of the id."""
    if "fsap-" in given:
        return need_access_point(reads, given, call.realm)
    return need_file_system(reads, given, call.realm)
