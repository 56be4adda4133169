"""Forgets client tokens when their time is over; what a token means is the API's business."""

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import TOKENS
from hostless.store.store import Store

KEPT_SECONDS = 24 * 3600.0
"""A client token is good for 24 hours (ECS API, "Ensuring idempotency": at least that long)."""


class TokenController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="token", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, TOKENS)

    async def _pass(self, key: str) -> Timestamp | None:
        transaction = self._store.transaction("a day has passed")
        token = transaction.get(TOKENS, key)
        if token is None:
            return None
        until = token.created_at + KEPT_SECONDS
        if self._clock.now() < until:
            return until
        transaction.delete(TOKENS, key)
        await transaction.commit()
        return None
