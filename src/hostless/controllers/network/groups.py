"""Has the fabric enforce the recorded security groups, at start and whenever a rule changes.

What a rule may say is the API's business, what becomes of it the fabric's.
"""

from hostless.controllers.following import follow_as_one
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import NetworkFabric
from hostless.store.kinds import (
    NETWORK_INTERFACES,
    PREFIX_LISTS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    Kind,
)
from hostless.store.network_records import policies_of
from hostless.store.store import Store

EVERYTHING = "security groups"
"""The only key: all groups are enforced at once."""


_KINDS: tuple[Kind[object], ...] = (  # type: ignore[assignment]
    SECURITY_GROUPS,
    SECURITY_GROUP_RULES,
    PREFIX_LISTS,
)


class GroupController:
    def __init__(self, store: Store, fabric: NetworkFabric, clock: Clock) -> None:
        self._store = store
        self._fabric = fabric
        self._loop = KeyedLoop(LoopSpec(name="security groups", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_as_one(self._loop, self._store, _KINDS, EVERYTHING)

    async def _pass(self, key: str) -> Timestamp | None:
        await enforce_recorded(self._store, self._fabric)
        return None


async def enforce_recorded(store: Store, fabric: NetworkFabric) -> None:
    """Once, of what is recorded now. Raises NetworkFailed."""
    await fabric.enforce(policies_of(store), store.all(NETWORK_INTERFACES))
