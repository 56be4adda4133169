"""Log groups: make, delete, describe, and how long they keep their events."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from hostless.domain.arns import LogGroupName
from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogGroup, stream_key
from hostless.domain.tags import Tag
from hostless.services.logs import requests
from hostless.services.logs.errors import (
    DeletionProtected,
    ResourceAlreadyExists,
    bad_token,
    bad_value,
    group_not_found,
)
from hostless.services.logs.references import find_name_in, name_in
from hostless.services.logs.tags import check_tags
from hostless.services.logs.views import group_view
from hostless.services.operation import Answer, Call
from hostless.services.paging import BadToken, page_of
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.store import Store
from hostless.telemetry.events.records import StreamId
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.streams import stream_id_of

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: the model's shape Days."""


class Groups:
    def __init__(self, store: Store, events: EventStore) -> None:
        self._store = store
        self._events = events

    async def create(self, request: requests.CreateLogGroup, call: Call) -> Answer:
        name = request.log_group_name
        if name.lower().startswith("aws/"):
            raise InvalidParameter("Log groups starting with AWS/ are reserved for AWS.")
        check_tags(request.tags)
        transaction = self._store.transaction("CreateLogGroup")
        if transaction.get(LOG_GROUPS, name) is not None:
            raise ResourceAlreadyExists("The specified log group already exists")
        group = LogGroup(
            name=LogGroupName(name),
            created_at=call.now,
            log_group_class=request.log_group_class,
            kms_key_id=request.kms_key_id,
            is_deletion_protected=request.deletion_protection_enabled,
            tags=tuple(Tag(key=key, value=value) for key, value in request.tags.items()),
        )
        transaction.put(LOG_GROUPS, group)
        await transaction.commit()
        return None

    async def delete(self, request: requests.DeleteLogGroup, call: Call) -> Answer:
        """The records first: what is left of the files after a crash is swept at the next start."""
        transaction = self._store.transaction("DeleteLogGroup")
        group = transaction.get(LOG_GROUPS, request.log_group_name)
        if group is None:
            raise group_not_found()
        if group.is_deletion_protected:
            raise DeletionProtected(
                "The log group is protected from deletion. Disable deletion protection first."
            )
        transaction.delete(LOG_GROUPS, group.name)
        streams = self._streams_of(group)
        for stream in self._store.find(LOG_STREAMS, "group", group.name):
            transaction.delete(LOG_STREAMS, stream_key(stream.group, stream.name))
        await transaction.commit()
        await asyncio.to_thread(self._events.delete, streams)
        return None

    async def describe(self, request: requests.DescribeLogGroups, call: Call) -> Answer:
        prefix, pattern = request.log_group_name_prefix, request.log_group_name_pattern
        if prefix is not None and pattern is not None:
            raise InvalidParameter(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
        named = {find_name_in(each, call.realm) for each in request.log_group_identifiers}
        found = [
            group
            for group in self._store.all(LOG_GROUPS)
            if group.name.startswith(prefix or "")
            and (pattern or "") in group.name
            and request.log_group_class in (None, group.log_group_class)
            and (not named or group.name in named)
        ]
        try:
            page = page_of(
                found,
                lambda group: (group.name,),
                "log groups",
                size=request.limit,
                token=request.next_token,
            )
        except BadToken as error:
            raise bad_token() from error
        streams = [self._streams_of(group) for group in page.items]
        sizes = await asyncio.to_thread(self._stored_bytes, streams)
        views = [
            group_view(group, size, call.realm, is_brief=pattern is not None)
            for group, size in zip(page.items, sizes, strict=True)
        ]
        return {"logGroups": views, "nextToken": page.next_token}

    async def put_retention(self, request: requests.PutRetentionPolicy, call: Call) -> Answer:
        days = request.retention_in_days
        if days not in RETENTION_DAYS:
            allowed = ", ".join(map(str, RETENTION_DAYS))
            demand = f"Member must satisfy enum value set: [{allowed}]"
            raise bad_value(days, "retentionInDays", demand)
        await self._change(
            request.log_group_name,
            lambda group: replace(group, retention_days=days),
            "PutRetentionPolicy",
        )
        return None

    async def delete_retention(self, request: requests.DeleteRetentionPolicy, call: Call) -> Answer:
        await self._change(
            request.log_group_name,
            lambda group: replace(group, retention_days=None),
            "DeleteRetentionPolicy",
        )
        return None

    async def protect(self, request: requests.PutLogGroupDeletionProtection, call: Call) -> Answer:
        await self._change(
            name_in(request.log_group_identifier, call.realm),
            lambda group: replace(group, is_deletion_protected=request.deletion_protection_enabled),
            "PutLogGroupDeletionProtection",
        )
        return None

    async def _change(
        self, name: str, change: Callable[[LogGroup], LogGroup], because: str
    ) -> None:
        if await self._store.update(LOG_GROUPS, name, change, because) is None:
            raise group_not_found()

    def _streams_of(self, group: LogGroup) -> list[StreamId]:
        return [
            stream_id_of(stream) for stream in self._store.find(LOG_STREAMS, "group", group.name)
        ]

    def _stored_bytes(self, groups: Sequence[Sequence[StreamId]]) -> list[int]:
        """Of each group's messages; reads from the disk what is not known yet."""
        extents = [[self._events.extent(stream) for stream in streams] for streams in groups]
        return [sum(each.message_bytes for each in some if each) for some in extents]
