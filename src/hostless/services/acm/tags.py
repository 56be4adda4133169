"""Tags of certificates, by both of ACM's sets of operations."""

from collections.abc import Callable
from dataclasses import replace

from hostless.domain.errors import ApiError
from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with, tags_without
from hostless.domain.tags import Tag
from hostless.services.acm import requests
from hostless.services.acm.errors import (
    BadCertificate,
    InvalidTag,
    QuotaExceeded,
    TooManyTags,
)
from hostless.services.acm.references import need_certificate
from hostless.services.operation import Answer, Call
from hostless.store.kinds import CERTIFICATES
from hostless.store.store import Store

_TOO_MANY = f"A certificate can have at most {MOST_TAGS} tags."


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request: requests.ChangeTagsOfCertificate, _: Call) -> Answer:
        added = checked_tags(request.tags)
        change = _joining(added, TooManyTags(_TOO_MANY))
        return await self._change(request.certificate_arn, change, "AddTagsToCertificate")

    async def remove(self, request: requests.ChangeTagsOfCertificate, _: Call) -> Answer:
        """With a value only the tag that has it."""

        def left(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
            return tuple(tag for tag in tags if not any(_is_meant(g, tag) for g in request.tags))

        return await self._change(request.certificate_arn, left, "RemoveTagsFromCertificate")

    async def list(self, request: requests.NamedCertificate, _: Call) -> Answer:
        return self._shown(request.certificate_arn)

    async def tag(self, request: requests.TagResource, _: Call) -> Answer:
        refusal = tags_refusal(request.tags)
        if refusal is not None:
            raise BadCertificate(refusal)
        change = _joining(request.tags, QuotaExceeded(_TOO_MANY))
        return await self._change(request.resource_arn, change, "TagResource")

    async def untag(self, request: requests.UntagResource, _: Call) -> Answer:
        return await self._change(
            request.resource_arn, lambda tags: tags_without(tags, request.tag_keys), "UntagResource"
        )

    async def list_of_resource(self, request: requests.ListTagsForResource, _: Call) -> Answer:
        return self._shown(request.resource_arn)

    def _shown(self, arn: str) -> Answer:
        tags = need_certificate(self._store, arn).tags
        return {"Tags": [{"Key": tag.key, "Value": tag.value} for tag in tags]}

    async def _change(
        self, arn: str, change: Callable[[tuple[Tag, ...]], tuple[Tag, ...]], because: str
    ) -> Answer:
        transaction = self._store.transaction(because)
        certificate = need_certificate(transaction, arn)
        transaction.put(CERTIFICATES, replace(certificate, tags=change(certificate.tags)))
        await transaction.commit()
        return None


def checked_tags(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """With a value each. Raises InvalidTag."""
    refusal = tags_refusal(tags)
    if refusal is not None:
        raise InvalidTag(refusal)
    return tags_with((), tags)


def _joining(
    added: tuple[Tag, ...], too_many: ApiError
) -> Callable[[tuple[Tag, ...]], tuple[Tag, ...]]:
    def joined(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
        after = tags_with(tags, added)
        if len(after) > MOST_TAGS:
            raise too_many
        return after

    return joined


def _is_meant(given: Tag, tag: Tag) -> bool:
    return given.key == tag.key and given.value in (None, tag.value)
