"""Has access logs of load balancers delivered when they are due, to where their attributes say.

A node that ever logged has a record until it is gone, also when no more logs are asked for: what it
logged till then goes where it was to go. The rest of a balancer that is deleted is delivered by
whoever takes its nodes away.
"""

import logging
from dataclasses import replace

from hostless.balancer.seam import Balancer
from hostless.controllers.balancer.delivering import GRACE_SECONDS, LogDeliveries
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.access_logs import (
    LogDelivery,
    LogDestination,
    address_told,
    destination_of,
    interval_end,
)
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.load_balancers import LoadBalancer
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import LOAD_BALANCERS, LOG_DELIVERIES
from hostless.store.store import Store
from hostless.telemetry.buckets import BucketUnusable

LOOK_SECONDS = 5.0
MANY_BYTES = 64 << 20
"""So much is delivered before the interval is over: a log may not grow for ever."""
log = logging.getLogger(__name__)


class LogController:
    """every_seconds: the length of an interval."""

    def __init__(
        self,
        store: Store,
        balancer: Balancer,
        deliveries: LogDeliveries,
        clock: Clock,
        every_seconds: float,
    ) -> None:
        self._store = store
        self._balancer = balancer
        self._deliveries = deliveries
        self._clock = clock
        self._every_seconds = every_seconds
        self._due: dict[NetworkInterfaceId, Timestamp] = {}
        spec = LoopSpec(name="access log", one_pass=self._pass, is_news=self._has_log)
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, LOAD_BALANCERS)

    def _has_log(self, arn: str) -> bool:
        balancer = self._store.get(LOAD_BALANCERS, arn)
        if balancer is None:
            return False
        return destination_of(balancer) is not None or bool(self._of(arn))

    def _of(self, arn: str) -> list[LogDelivery]:
        return self._store.find(LOG_DELIVERIES, "load_balancer", arn)

    async def _pass(self, arn: str) -> Timestamp | None:
        balancer = self._store.get(LOAD_BALANCERS, arn)
        if balancer is None:
            return None
        destination = destination_of(balancer)
        if destination is not None:
            await self._direct(balancer, destination)
        now = self._clock.now()
        found = self._of(arn)
        for each in found:
            if now >= self._due.get(each.interface_id, now) or await self._is_much(each):
                await self._deliver(each.interface_id)
        self._due = {
            id_: due for id_, due in self._due.items() if self._store.get(LOG_DELIVERIES, id_)
        }
        if not found:
            return None
        dues = (self._due.get(each.interface_id) for each in found)  # none: it is gone meanwhile
        return min(now + LOOK_SECONDS, *(due for due in dues if due is not None))

    async def _direct(self, balancer: LoadBalancer, destination: LogDestination) -> None:
        """Have a record for each node; what was logged before goes where it was to go, if it can.

        A node that is gone meanwhile gets none.
        """
        for node in balancer.nodes:
            known = self._store.get(LOG_DELIVERIES, node.interface_id)
            if known is not None and known.destination == destination:
                continue
            if known is not None:
                await self._deliver(node.interface_id, is_last=True)
            transaction = self._store.transaction("where the access log goes")
            current = transaction.get(LOAD_BALANCERS, balancer.arn)
            if current is None or node not in current.nodes:
                continue
            known = transaction.get(LOG_DELIVERIES, node.interface_id) or LogDelivery(
                interface_id=node.interface_id,
                load_balancer_arn=balancer.arn,
                address=address_told(node),
                destination=destination,
            )
            changed = replace(known, destination=destination, under_way=None)
            transaction.put(LOG_DELIVERIES, changed)
            await transaction.commit()

    async def _is_much(self, delivery: LogDelivery) -> bool:
        size = await self._balancer.log_size(delivery.interface_id)
        return size - delivery.delivered > MANY_BYTES

    async def _deliver(self, interface_id: NetworkInterfaceId, *, is_last: bool = False) -> None:
        """What no bucket takes stays for the next time."""
        try:
            await self._deliveries.deliver(interface_id, is_last=is_last)
        except BucketUnusable as unusable:
            log.warning("access logs of %s are not delivered: %s", interface_id, unusable.reason)
        end = interval_end(self._clock.now(), self._every_seconds)
        self._due[interface_id] = end + GRACE_SECONDS
