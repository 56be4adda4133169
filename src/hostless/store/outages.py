"""Which outages hold now: what whoever places tasks has to keep clear of.

One that is over may still be recorded for a moment (`hostless.controllers.outages` clears it away,
which also wakes whoever waits for its end).
"""

from hostless.domain.signals import Outage, OutageKind
from hostless.kit.clock import Timestamp
from hostless.store.kinds import OUTAGES
from hostless.store.store import Store


def outages_at(store: Store, now: Timestamp) -> list[Outage]:
    return [outage for outage in store.all(OUTAGES) if outage.holds_at(now)]


def zones_out(store: Store, now: Timestamp) -> frozenset[str]:
    """The zones that no new task may go to."""
    return _names(store, now, "zone")


def is_spot_out(store: Store, now: Timestamp) -> bool:
    """Whether there is no Spot capacity anywhere."""
    return bool(_names(store, now, "spot"))


def _names(store: Store, now: Timestamp, kind: OutageKind) -> frozenset[str]:
    return frozenset(outage.name for outage in outages_at(store, now) if outage.kind == kind)
