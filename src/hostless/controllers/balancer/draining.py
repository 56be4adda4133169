"""Takes out targets whose deregistration delay is over, whoever balances for them, or nobody."""

from hostless.controllers.balancer.health import drains_until
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.store.balancing import load_balancers_of
from hostless.store.kinds import TARGET_GROUPS, TARGETS
from hostless.store.store import Store

LOOK_SECONDS = 1.0
"""Nobody tells a target that its group is in no listener any more, or that its delay changed."""


class DrainingController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        spec = LoopSpec(name="draining target", one_pass=self._pass, is_news=self._drains)
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, TARGETS)

    def _drains(self, key: str) -> bool:
        target = self._store.get(TARGETS, key)
        return target is not None and target.drains_since is not None

    async def _pass(self, key: str) -> Timestamp | None:
        transaction = self._store.transaction("drained")
        target = transaction.get(TARGETS, key)
        if target is None or target.drains_since is None:
            return None
        group = self._store.get(TARGET_GROUPS, target.target_group_arn)
        until = None if group is None else drains_until(target, group)
        is_balanced = group is not None and bool(load_balancers_of(self._store, group.arn))
        now = self._clock.now()
        if until is not None and is_balanced and now < until:
            return min(until, now + LOOK_SECONDS)
        transaction.delete(TARGETS, key)
        await transaction.commit()
        return None
