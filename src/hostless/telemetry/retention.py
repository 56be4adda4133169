"""Deleting what nobody is to see any more: expired events, and files whose stream is gone.

Reading hides expired events at once; this loop only gives the disk back, so its pace matters little
(AWS takes up to 72 hours).
"""

import asyncio
import logging

from hostless.domain.logs import LogGroup
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.streams import stream_id_of

SWEEP_SECONDS = 3600.0
_DAY_SECONDS = 24 * 3600
_log = logging.getLogger(__name__)


def expired_before(group: LogGroup, now: Timestamp) -> int | None:
    """Milliseconds: what happened earlier has passed the group's retention; None: nothing has."""
    if group.retention_days is None:
        return None
    return int((now - group.retention_days * _DAY_SECONDS) * 1000)


async def keep_retention(store: Store, events: EventStore, clock: Clock) -> None:
    """Runs until cancelled; begins with what an earlier life left behind."""
    try:
        await delete_orphans(store, events)
    except OSError as refusal:
        _log.warning("files of deleted streams are still there: %s", refusal)
    while True:
        try:
            await delete_expired(store, events, clock.now())
        except OSError as refusal:
            _log.warning("expired events are still there: %s", refusal)
        await asyncio.sleep(SWEEP_SECONDS)


async def delete_orphans(store: Store, events: EventStore) -> None:
    """Delete the files of streams whose record is gone: the engine was killed in between.

    Files are listed first: a stream whose files are there by then has its record, or had.
    """
    stored = await asyncio.to_thread(events.stored)
    known = {stream_id_of(stream) for stream in store.all(LOG_STREAMS)}
    await asyncio.to_thread(events.delete, [each for each in stored if each not in known])


async def delete_expired(store: Store, events: EventStore, now: Timestamp) -> None:
    for group in list(store.all(LOG_GROUPS)):
        before_ms = expired_before(group, now)
        if before_ms is not None:
            for stream in store.find(LOG_STREAMS, "group", group.name):
                await asyncio.to_thread(events.drop_before, stream_id_of(stream), before_ms)
