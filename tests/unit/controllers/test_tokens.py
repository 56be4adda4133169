"""Unit tests of the controller that forgets client tokens."""

import asyncio

from hostless.controllers.tokens import TokenController
from hostless.domain.tasks import IdempotencyToken
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.store.kinds import TOKENS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store


def test_a_client_token_is_forgotten_after_a_day() -> None:
    async def main() -> None:
        clock = LoopClock()
        store = Store(MemoryStorage(), clock)
        token = IdempotencyToken(key="k", fingerprint="f", arns=(), created_at=clock.now())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(TokenController(store, clock).run())
            transaction = store.transaction("test")
            transaction.put(TOKENS, token)
            await transaction.commit()
            await asyncio.sleep(86_390)
            assert store.get(TOKENS, "k") == token
            await asyncio.sleep(20)
            assert store.get(TOKENS, "k") is None
            running.cancel()

    run_simulated(main())
