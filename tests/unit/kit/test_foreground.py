"""Unit tests of who is being served."""

import asyncio

from hostless.kit.foreground import LINGER_SECONDS, Foreground
from hostless.kit.simulated_time import run_simulated


def test_it_is_busy_while_anybody_is_served_and_a_moment_longer() -> None:
    async def scene() -> None:
        foreground = Foreground()
        assert not foreground.is_busy
        with foreground:
            with foreground:
                assert foreground.is_busy
            assert foreground.is_busy
            await asyncio.sleep(10 * LINGER_SECONDS)
            assert foreground.is_busy
        assert foreground.is_busy
        await asyncio.sleep(2 * LINGER_SECONDS)
        assert not foreground.is_busy

    run_simulated(scene())
