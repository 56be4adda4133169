"""The event store's housekeeping: syncs appends to the disk and seals full tails, off the loop.

Expiry of old events is `hostless.telemetry.retention`'s.
"""

import asyncio
import logging

from hostless.telemetry.events.store import EventStore

SYNC_SECONDS = 2.0
"""Appended events are on the disk after this time plus what the disk needs."""
_log = logging.getLogger(__name__)


async def keep_events(events: EventStore) -> None:
    """Runs until cancelled. Costs a timer while nothing is appended."""
    while True:
        await asyncio.sleep(SYNC_SECONDS)
        if not events.has_upkeep():
            continue
        try:
            await asyncio.to_thread(events.keep_up)
        except OSError as refusal:
            _log.warning("log events are not on the disk yet: %s", refusal)
