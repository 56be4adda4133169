"""PutLogEvents: which events of a batch are taken, and which are not.

Source of the limits: the operation's documentation in the model. The sequence token is ignored.
"""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogStream
from hostless.services.logs import requests
from hostless.services.logs.errors import ServiceUnavailable
from hostless.services.logs.references import need_group, need_stream
from hostless.services.logs.views import UPLOAD_SEQUENCE_TOKEN, milliseconds
from hostless.services.operation import Answer, Call
from hostless.store.store import Store
from hostless.telemetry.events.reading import EVENT_OVERHEAD_BYTES
from hostless.telemetry.events.records import EventBatch, utf8_length
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.retention import expired_before
from hostless.telemetry.streams import stream_id_of

LARGEST_BATCH_BYTES = 1_048_576
LONGEST_SPAN_MS = 24 * 3600 * 1000
OLDEST_MS = 14 * 24 * 3600 * 1000
NEWEST_MS = 2 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The events `[first:end]` of a batch in order of time; the others are rejected.

    too_old, expired: how many at the front are; too_new: index of the first that is.
    """

    first: int
    end: int
    too_old: int | None
    expired: int | None
    too_new: int | None


class Ingestion:
    def __init__(self, store: Store, events: EventStore) -> None:
        self._store = store
        self._events = events

    async def put(self, request: requests.PutLogEvents, call: Call) -> Answer:
        timestamps = [event.timestamp for event in request.log_events]
        messages = [event.message for event in request.log_events]
        _check_batch(timestamps, messages)
        group = need_group(self._store, request.log_group_name)
        stream = need_stream(self._store, group.name, request.log_stream_name)
        expiry_ms = expired_before(group, call.now)
        taken = accepted(timestamps, milliseconds(call.now), expiry_ms)
        _check_span(timestamps[taken.first : taken.end])
        if taken.first < taken.end:
            batch = EventBatch(
                timestamps_ms=timestamps[taken.first : taken.end],
                messages=messages[taken.first : taken.end],
            )
            await self._store_events(stream, batch)
        return {
            "nextSequenceToken": UPLOAD_SEQUENCE_TOKEN,
            "rejectedLogEventsInfo": _rejection(taken),
        }

    async def _store_events(self, stream: LogStream, batch: EventBatch) -> None:
        try:
            await asyncio.to_thread(self._events.append, stream_id_of(stream), batch)
        except OSError as refusal:
            raise ServiceUnavailable(str(refusal)) from refusal


def accepted(timestamps_ms: Sequence[int], now_ms: int, expiry_ms: int | None) -> Accepted:
    """timestamps_ms: ascending. expiry_ms: what is older has passed the group's retention."""
    too_old = sum(each < now_ms - OLDEST_MS for each in timestamps_ms)
    expired = 0 if expiry_ms is None else sum(each < expiry_ms for each in timestamps_ms)
    too_new = sum(each > now_ms + NEWEST_MS for each in timestamps_ms)
    end = len(timestamps_ms) - too_new
    return Accepted(
        first=max(too_old, expired),
        end=end,
        too_old=too_old or None,
        expired=expired or None,
        too_new=end if too_new else None,
    )


def _rejection(taken: Accepted) -> dict[str, int | None] | None:
    if taken.too_old is taken.expired is taken.too_new is None:
        return None
    return {
        "tooNewLogEventStartIndex": taken.too_new,
        "tooOldLogEventEndIndex": taken.too_old,
        "expiredLogEventEndIndex": taken.expired,
    }


def _check_batch(timestamps_ms: Sequence[int], messages: Sequence[str]) -> None:
    size = sum(map(utf8_length, messages)) + EVENT_OVERHEAD_BYTES * len(messages)
    if size > LARGEST_BATCH_BYTES:
        raise InvalidParameter(
            f"Upload too large: {size} bytes exceeds limit of {LARGEST_BATCH_BYTES}"
        )
    if any(later < earlier for earlier, later in itertools.pairwise(timestamps_ms)):
        raise InvalidParameter(
            "Log events in a single PutLogEvents request must be in chronological order."
        )


def _check_span(timestamps_ms: Sequence[int]) -> None:
    if timestamps_ms and timestamps_ms[-1] - timestamps_ms[0] > LONGEST_SPAN_MS:
        raise InvalidParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours."
        )
