"""Services under simulated time, by seed: safe after every commit, converged when it is calm.

`pytest tests/simulation --seed N` replays one seed; `--run-slow` sails many more.
"""

import logging

import pytest
from tests.simulation.service_voyage import ServiceVoyage

from hostless.kit.simulated_time import run_simulated

SEEDS = 100
SLOW_SEEDS = 1000


def sail(seed: int) -> ServiceVoyage:
    async def main() -> ServiceVoyage:
        voyage = ServiceVoyage(seed)
        await voyage.sail()
        return voyage

    try:
        return run_simulated(main())
    except BaseException as failure:
        failure.add_note(f"replay: pytest tests/simulation/test_services.py --seed {seed}")
        print(f"replay: pytest tests/simulation/test_services.py --seed {seed}")
        raise


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> None:
    """What the engine logs about the failures it is given matters only in a replay."""
    if request.config.getoption("--seed") is None:
        caplog.set_level(logging.CRITICAL, "hostless")


@pytest.mark.parametrize("block", range(10))
def test_every_service_is_kept_and_converges_whatever_happens(
    block: int, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed")
    if seed is not None:
        if block == 0:
            sail(seed)
        return
    for each in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        sail(each)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_more_voyages() -> None:
    for seed in range(SEEDS, SEEDS + SLOW_SEEDS):
        sail(seed)


def test_a_seed_is_always_the_same_voyage() -> None:
    one, other = sail(7).observer, sail(7).observer
    assert one.commits == other.commits
    assert one.ledger.tasks == other.ledger.tasks
    assert one.ledger.events == other.ledger.events
