"""How voyages are sailed: by seed, a hundred in a run, or the one that is to be replayed."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import pytest

from hostless.kit.simulated_time import run_simulated

BLOCKS = range(10)
SEEDS_OF_A_BLOCK = 10
MORE_SEEDS = range(100, 1100)
"""For `--run-slow`."""


class Sailing(Protocol):
    async def sail(self) -> None: ...


V = TypeVar("V", bound=Sailing)


def sailed(made: Callable[[int], V], seed: int) -> V:
    """The voyage of this seed, at its end. What goes wrong says how to see it again."""

    async def main() -> V:
        voyage = made(seed)
        await voyage.sail()
        return voyage

    try:
        return run_simulated(main())
    except BaseException as failure:
        replay = f"replay: pytest tests/simulation --seed {seed}"
        failure.add_note(replay)
        print(replay)
        raise


def seeds_of(block: int, request: pytest.FixtureRequest) -> range:
    """The block's share of the seeds; of a replay the first block has the one seed."""
    seed = request.config.getoption("--seed")
    if seed is not None:
        return range(seed, seed + 1) if block == 0 else range(0)
    return range(block * SEEDS_OF_A_BLOCK, (block + 1) * SEEDS_OF_A_BLOCK)
