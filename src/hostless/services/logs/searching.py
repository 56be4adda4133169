"""GetLogEvents and FilterLogEvents: events of one stream by pages, and of many by a search."""

import asyncio

from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogGroup, LogStream
from hostless.services.logs import requests
from hostless.services.logs.patterns.compiling import compiled
from hostless.services.logs.references import group_name_of, need_group, need_stream
from hostless.services.logs.tokens import (
    page_token,
    read_page_token,
    read_search_token,
    search_token,
)
from hostless.services.logs.views import event_view, found_event_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LOG_STREAMS
from hostless.store.store import Store
from hostless.telemetry.events.reading import Query
from hostless.telemetry.events.records import Position
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.retention import expired_before
from hostless.telemetry.streams import stream_id_of

BACKWARD_SEARCH_SINCE_MS = 1_704_067_200_000
"""1 January 2024: a backward search may not begin earlier (the model says so)."""
_END_OF_TIME = Query().end_ms


class Searching:
    def __init__(self, store: Store, events: EventStore) -> None:
        self._store = store
        self._events = events

    async def get(self, request: requests.GetLogEvents, call: Call) -> Answer:
        """One page; its tokens lead on from its ends, and back to themselves where nothing is."""
        name = group_name_of(request.log_group_name, request.log_group_identifier, call.realm)
        group = need_group(self._store, name)
        stream = need_stream(self._store, name, request.log_stream_name)
        beyond, is_backward = None, not request.start_from_head
        if request.next_token is not None:
            beyond, is_backward = read_page_token(request.next_token)
        query = Query(
            start_ms=_start(request.start_time, group, call),
            end_ms=_END_OF_TIME if request.end_time is None else request.end_time,
            beyond=beyond,
            is_backward=is_backward,
            events=request.limit,
        )
        page = await asyncio.to_thread(self._events.read, [stream_id_of(stream)], query)
        events = page.events[::-1] if is_backward else page.events
        if events:
            first, last = events[0].position, events[-1].position
        else:
            first = last = beyond or Position(timestamp_ms=query.start_ms)
        return {
            "events": [event_view(event) for event in events],
            "nextForwardToken": page_token(last, is_backward=False),
            "nextBackwardToken": page_token(first, is_backward=True),
        }

    async def filter(self, request: requests.FilterLogEvents, call: Call) -> Answer:
        name = group_name_of(request.log_group_name, request.log_group_identifier, call.realm)
        group = need_group(self._store, name)
        names = {stream_id_of(each): each.name for each in self._streams(group, request)}
        query = _search(request, group, call)
        page = await asyncio.to_thread(self._events.read, list(names), query)
        on = page.continues_at
        return {
            "events": [found_event_view(each, names[each.stream_id]) for each in page.events],
            "searchedLogStreams": [],
            "nextToken": on and search_token(on, is_backward=query.is_backward),
        }

    def _streams(self, group: LogGroup, request: requests.FilterLogEvents) -> list[LogStream]:
        prefix = request.log_stream_name_prefix
        if prefix is not None and request.log_stream_names:
            raise InvalidParameter(
                "logStreamNamePrefix and logStreamNames are mutually exclusive parameters."
            )
        if request.log_stream_names:
            wanted = dict.fromkeys(request.log_stream_names)
            return [need_stream(self._store, group.name, each) for each in wanted]
        every = self._store.find(LOG_STREAMS, "group", group.name)
        return [stream for stream in every if stream.name.startswith(prefix or "")]


def _search(request: requests.FilterLogEvents, group: LogGroup, call: Call) -> Query:
    beyond, is_backward = None, not request.start_from_head
    if request.next_token is not None:
        beyond, is_backward = read_search_token(request.next_token)
    elif is_backward and (request.start_time or 0) < BACKWARD_SEARCH_SINCE_MS:
        raise InvalidParameter(
            "startFromHead can be false only when startTime is on or after Jan 1, 2024 00:00:00 "
            "UTC."
        )
    return Query(
        start_ms=_start(request.start_time, group, call),
        end_ms=_END_OF_TIME if request.end_time is None else request.end_time + 1,
        beyond=beyond,
        is_backward=is_backward,
        events=request.limit,
        matches=compiled(request.filter_pattern),
    )


def _start(start_time: int | None, group: LogGroup, call: Call) -> int:
    """Events that have passed the group's retention are not shown, deleted or not."""
    return max(start_time or 0, expired_before(group, call.now) or 0)
