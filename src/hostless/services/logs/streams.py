"""Log streams: make, delete, describe."""

import asyncio

from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogStream, stream_key
from hostless.services.logs import requests
from hostless.services.logs.errors import (
    ResourceAlreadyExists,
    bad_token,
    group_not_found,
    stream_not_found,
)
from hostless.services.logs.references import group_name_of, need_group
from hostless.services.logs.views import stream_view
from hostless.services.operation import Answer, Call
from hostless.services.paging import BadToken, Page, page_of
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.store import Store
from hostless.telemetry.events.records import Extent
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.streams import stream_id_of


class Streams:
    def __init__(self, store: Store, events: EventStore) -> None:
        self._store = store
        self._events = events

    async def create(self, request: requests.CreateLogStream, call: Call) -> Answer:
        transaction = self._store.transaction("CreateLogStream")
        group = transaction.get(LOG_GROUPS, request.log_group_name)
        if group is None:
            raise group_not_found()
        key = stream_key(group.name, request.log_stream_name)
        if transaction.get(LOG_STREAMS, key) is not None:
            raise ResourceAlreadyExists("The specified log stream already exists")
        stream = LogStream(group=group.name, name=request.log_stream_name, created_at=call.now)
        transaction.put(LOG_STREAMS, stream)
        await transaction.commit()
        return None

    async def delete(self, request: requests.DeleteLogStream, call: Call) -> Answer:
        """The record first: what is left of the files after a crash is swept at the next start."""
        transaction = self._store.transaction("DeleteLogStream")
        if transaction.get(LOG_GROUPS, request.log_group_name) is None:
            raise group_not_found()
        key = stream_key(request.log_group_name, request.log_stream_name)
        stream = transaction.get(LOG_STREAMS, key)
        if stream is None:
            raise stream_not_found()
        transaction.delete(LOG_STREAMS, key)
        await transaction.commit()
        await asyncio.to_thread(self._events.delete, [stream_id_of(stream)])
        return None

    async def describe(self, request: requests.DescribeLogStreams, call: Call) -> Answer:
        name = group_name_of(request.log_group_name, request.log_group_identifier, call.realm)
        group = need_group(self._store, name)
        prefix = request.log_stream_name_prefix
        by_time = request.order_by == "LastEventTime"
        if by_time and prefix is not None:
            raise InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
        found = [
            stream
            for stream in self._store.find(LOG_STREAMS, "group", group.name)
            if stream.name.startswith(prefix or "")
        ]
        known = await asyncio.to_thread(self._extents, found) if by_time else {}
        page = _page(found, known, request)
        shown = known or await asyncio.to_thread(self._extents, page.items)
        views = [stream_view(stream, shown[stream.name], call.realm) for stream in page.items]
        return {"logStreams": views, "nextToken": page.next_token}

    def _extents(
        self, streams: "list[LogStream] | tuple[LogStream, ...]"
    ) -> dict[str, Extent | None]:
        """By name; reads from the disk what is not known yet."""
        return {stream.name: self._events.extent(stream_id_of(stream)) for stream in streams}


def _page(
    streams: list[LogStream],
    extents: dict[str, Extent | None],
    request: requests.DescribeLogStreams,
) -> Page[LogStream]:
    """Empty streams come before all others when ordered by time."""

    def key(stream: LogStream) -> tuple[int, str]:
        extent = extents.get(stream.name)
        return (extent.last_ms if extent else 0, stream.name)

    try:
        return page_of(
            streams,
            key,
            f"log streams by {request.order_by}",
            size=request.limit,
            token=request.next_token,
            descending=request.descending,
        )
    except BadToken as error:
        raise bad_token() from error
