"""Whether a drill keeps a task of RunTask from being placed: no Spot capacity, or no zone left."""

from hostless.domain.drills import SPOT
from hostless.domain.tasks import Placement
from hostless.kit.clock import Timestamp
from hostless.store.kinds import SUBNETS
from hostless.store.outages import is_spot_out, zones_out
from hostless.store.store import Store


def is_out(store: Store, placement: Placement, provider: str | None, now: Timestamp) -> bool:
    """provider: the task's capacity provider. The placement's subnets exist."""
    if provider == SPOT and is_spot_out(store, now):
        return True
    out = zones_out(store, now)
    if not out:
        return False
    subnets = (store.get(SUBNETS, id_) for id_ in placement.subnets)
    return all(subnet is None or subnet.zone in out for subnet in subnets)
