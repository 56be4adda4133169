"""The whole task life cycle under simulated time, by seed: safe throughout, live at the end.

`pytest tests/simulation --seed N` replays one seed; `--run-slow` sails many more.
"""

import pytest
from tests.simulation.sailing import BLOCKS, MORE_SEEDS, sailed, seeds_of
from tests.simulation.voyage import Voyage


@pytest.mark.parametrize("block", BLOCKS)
def test_every_task_ends_as_asked_whatever_happens(
    block: int, request: pytest.FixtureRequest
) -> None:
    for seed in seeds_of(block, request):
        sailed(Voyage, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_more_voyages() -> None:
    for seed in MORE_SEEDS:
        sailed(Voyage, seed)


def test_a_seed_is_always_the_same_voyage() -> None:
    assert sailed(Voyage, 7).safety.commits == sailed(Voyage, 7).safety.commits
