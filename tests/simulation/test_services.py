"""Services under simulated time, by seed: safe after every commit, converged when it is calm.

`pytest tests/simulation --seed N` replays one seed; `--run-slow` sails many more.
"""

import pytest
from tests.simulation.sailing import BLOCKS, MORE_SEEDS, sailed, seeds_of
from tests.simulation.service_voyage import ServiceVoyage


@pytest.mark.parametrize("block", BLOCKS)
def test_every_service_is_kept_and_converges_whatever_happens(
    block: int, request: pytest.FixtureRequest
) -> None:
    for seed in seeds_of(block, request):
        sailed(ServiceVoyage, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_more_voyages() -> None:
    for seed in MORE_SEEDS:
        sailed(ServiceVoyage, seed)


def test_a_seed_is_always_the_same_voyage() -> None:
    one, other = sailed(ServiceVoyage, 7).observer, sailed(ServiceVoyage, 7).observer
    assert one.commits == other.commits
    assert one.ledger.tasks == other.ledger.tasks
    assert one.ledger.events == other.ledger.events
