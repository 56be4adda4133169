"""Tags of log groups, by ARN and by the older operations that take a name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogGroup
from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with, tags_without
from hostless.domain.tags import Tag
from hostless.services.logs import requests
from hostless.services.logs.errors import ResourceNotFound, TooManyTags, group_not_found
from hostless.services.logs.references import name_in, need_group
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LOG_GROUPS
from hostless.store.store import Store


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tag(self, request: requests.TagResource, call: Call) -> Answer:
        return await self._add(_group_in(request.resource_arn, call), request.tags, "TagResource")

    async def untag(self, request: requests.UntagResource, call: Call) -> Answer:
        name = _group_in(request.resource_arn, call)
        return await self._remove(name, request.tag_keys, "UntagResource")

    async def list_tags(self, request: requests.ListTagsForResource, call: Call) -> Answer:
        return self._shown(_group_in(request.resource_arn, call))

    async def tag_group(self, request: requests.TagLogGroup, call: Call) -> Answer:
        return await self._add(request.log_group_name, request.tags, "TagLogGroup")

    async def untag_group(self, request: requests.UntagLogGroup, call: Call) -> Answer:
        return await self._remove(request.log_group_name, request.tags, "UntagLogGroup")

    async def list_group_tags(self, request: requests.ListTagsLogGroup, call: Call) -> Answer:
        return self._shown(request.log_group_name)

    async def _add(self, name: str, tags: Mapping[str, str], because: str) -> Answer:
        check_tags(tags)
        group = need_group(self._store, name)
        added = [Tag(key=key, value=value) for key, value in tags.items()]
        joined = tags_with(group.tags, added)
        if len(joined) > MOST_TAGS:
            arn_name = f"A resource can have no more than {MOST_TAGS} tags."
            raise TooManyTags(arn_name, members={"resourceName": name})
        return await self._change(name, lambda group: tags_with(group.tags, added), because)

    async def _remove(self, name: str, keys: Iterable[str], because: str) -> Answer:
        return await self._change(name, lambda group: tags_without(group.tags, keys), because)

    async def _change(
        self, name: str, tags_of: Callable[[LogGroup], tuple[Tag, ...]], because: str
    ) -> Answer:
        changed = await self._store.update(
            LOG_GROUPS, name, lambda group: replace(group, tags=tags_of(group)), because
        )
        if changed is None:
            raise group_not_found()
        return None

    def _shown(self, name: str) -> Answer:
        group = need_group(self._store, name)
        return {"tags": {tag.key: tag.value for tag in group.tags}}


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises InvalidParameter; the model checks lengths and characters."""
    refusal = tags_refusal(tuple(Tag(key=key, value=value) for key, value in tags.items()))
    if refusal is not None:
        raise InvalidParameter(refusal)


def _group_in(resource_arn: str, call: Call) -> str:
    """Only groups can be tagged here; there are no destinations."""
    name = name_in(resource_arn, call.realm)
    if name == resource_arn:
        raise ResourceNotFound("The specified resource does not exist.")
    return name
