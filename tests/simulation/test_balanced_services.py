"""Services behind a load balancer under simulated time, by seed: whenever the engine dies.

No task is told to stop while a balancer sends to it or has a request under way to it, before the
delay is over; and when it is calm, who runs is sent to and healthy, and nobody else.
"""

import pytest
from tests.simulation.balanced_voyage import BalancedVoyage
from tests.simulation.sailing import BLOCKS, MORE_SEEDS, sailed, seeds_of

from hostless.controllers.balancer import controller
from hostless.controllers.task import decide
from hostless.controllers.task.actions import Plan
from hostless.controllers.task.decide import TaskView
from hostless.simulation.invariants import BrokenInvariant


@pytest.mark.parametrize("block", BLOCKS[:1])
def test_tasks_are_sent_to_while_they_run_and_not_when_they_are_stopped(
    block: int, request: pytest.FixtureRequest
) -> None:
    stops = [sailed(BalancedVoyage, seed).stops for seed in seeds_of(block, request)]
    assert not stops or sum(stops) > 10, "hardly anything was judged"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_more_balanced_voyages() -> None:
    for seed in MORE_SEEDS:
        sailed(BalancedVoyage, seed)


def found_out() -> str:
    """What the first seed that fails says."""
    for seed in range(10):
        try:
            sailed(BalancedVoyage, seed)
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
            assert isinstance(failure, BrokenInvariant | AssertionError), failure
            return str(failure)
    return ""


def test_a_task_that_does_not_wait_for_its_balancers_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hasty(view: TaskView) -> Plan:
        return decide._record(view, decide.stopping(view.task, view.now), "out of use")

    monkeypatch.setattr(decide, "_deactivate", hasty)
    assert "told to stop" in found_out()


def test_a_controller_that_does_not_look_for_requests_under_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controller, "is_drained", lambda target, views: True)
    assert "cut off" in found_out()
