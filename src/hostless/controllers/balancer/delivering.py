"""Writes what nodes of load balancers logged to buckets, each request once.

What a file is called and how far it goes is noted before it is written, and that it was written is
noted after that; only then is the log freed. Whoever dies in between leaves a note, by which the
same lines are written under the same name again: none is lost, and none is there twice. When that
is to be done is `logging`'s business.
"""

import asyncio
import gzip
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hostless.balancer.seam import Balancer, LoggedRequest, LoggedRequests
from hostless.domain.access_logs import LogDelivery, LogFile, interval_end, log_key
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.settings import Settings
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.store.kinds import LOG_DELIVERIES
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets, BucketUnusable

GRACE_SECONDS = 0.5
"""A request that ended in an interval may be logged a moment later."""
_DRAWN_LETTERS = 8
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWorld:
    store: Store
    balancer: Balancer
    buckets: Buckets
    clock: Clock
    ids: Ids
    settings: Settings


class LogDeliveries:
    def __init__(self, world: LogWorld) -> None:
        self._world = world
        self._turn = asyncio.Lock()

    async def deliver(self, interface_id: NetworkInterfaceId, *, is_last: bool = False) -> None:
        """Write what was logged in intervals that are over; is_last: whatever was logged.

        A long interval comes in several files. Raises BucketUnusable.
        """
        async with self._turn:
            await self._deliver(interface_id, is_last=is_last)

    async def finish(self, interface_id: NetworkInterfaceId) -> None:
        """Write the rest of a node that has stopped, and forget it even if no bucket takes it."""
        async with self._turn:
            try:
                await self._deliver(interface_id, is_last=True)
            except BucketUnusable as unusable:
                log.warning("access logs of %s are lost: %s", interface_id, unusable.reason)
            transaction = self._world.store.transaction("the node is gone")
            if transaction.get(LOG_DELIVERIES, interface_id) is not None:
                transaction.delete(LOG_DELIVERIES, interface_id)
                await transaction.commit()

    async def _deliver(self, interface_id: NetworkInterfaceId, *, is_last: bool) -> None:
        while await self._deliver_file(interface_id, is_last=is_last):
            pass

    async def _deliver_file(self, interface_id: NetworkInterfaceId, *, is_last: bool) -> bool:
        """Whether there was something to write."""
        delivery = self._world.store.get(LOG_DELIVERIES, interface_id)
        if delivery is None:
            return False
        if await self._world.balancer.log_size(interface_id) < delivery.delivered:
            delivery = await self._note(replace(delivery, delivered=0, under_way=None))
        logged = await self._world.balancer.logged(interface_id, delivery.delivered)
        if delivery.under_way is None:
            file = self._next_file(delivery, logged, is_last=is_last)
            if file is None:
                return False
            delivery = await self._note(replace(delivery, under_way=file))
        else:
            file = delivery.under_way
        lines = [each for each in logged.requests if each.until <= file.until]
        if lines:
            content = await asyncio.to_thread(_packed, lines)
            await self._world.buckets.put(file.destination.bucket, file.key, content)
        await self._note(replace(delivery, delivered=file.until, under_way=None))
        await self._world.balancer.free_log(interface_id, file.until)
        return True

    def _next_file(
        self, delivery: LogDelivery, logged: LoggedRequests, *, is_last: bool
    ) -> LogFile | None:
        """The first interval of what was logged, if it is over; or so much of it that it fills a
        file by itself."""
        seconds = self._world.settings.access_log_seconds
        now = self._world.clock.now()
        if logged.until <= delivery.delivered:
            return None
        first = logged.requests[0].ended_at if logged.requests else now
        end = interval_end(first, seconds)
        within = list(
            itertools.takewhile(lambda r: interval_end(r.ended_at, seconds) <= end, logged.requests)
        )
        if not (now >= end + GRACE_SECONDS or logged.is_full or is_last):
            return None
        is_whole = len(within) == len(logged.requests)
        drawn = self._world.ids.base32(_DRAWN_LETTERS)
        return LogFile(
            destination=delivery.destination,
            key=log_key(delivery, self._world.settings.realm, end, drawn),
            until=logged.until if is_whole else within[-1].until,
        )

    async def _note(self, delivery: LogDelivery) -> LogDelivery:
        transaction = self._world.store.transaction("access log delivered")
        transaction.put(LOG_DELIVERIES, delivery)
        await transaction.commit()
        return delivery


def _packed(lines: Sequence[LoggedRequest]) -> bytes:
    """The same bytes for the same lines."""
    text = "".join(f"{each.text}\n" for each in lines)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)
