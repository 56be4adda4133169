"""Services in Service Connect under simulated time, by seed: whenever the engine dies.

No proxy is told to send to a task of which nothing has run; no task is told to stop while a living
proxy sends to it or has a request under way to it, before the time for that is over; and when it is
calm, every proxy knows who serves, and nobody else.
"""

import pytest
from tests.simulation.connected_voyage import ConnectedVoyage
from tests.simulation.sailing import BLOCKS, MORE_SEEDS, sailed, seeds_of

from hostless.controllers.connect import draining
from hostless.controllers.connect.draining import EndpointDrainer
from hostless.controllers.task import decide
from hostless.controllers.task.actions import Plan
from hostless.controllers.task.decide import TaskView
from hostless.simulation.invariants import BrokenInvariant


@pytest.mark.parametrize("block", BLOCKS[:1])
def test_tasks_are_sent_to_while_they_serve_and_not_when_they_are_stopped(
    block: int, request: pytest.FixtureRequest
) -> None:
    voyages = [sailed(ConnectedVoyage, seed) for seed in seeds_of(block, request)]
    assert not voyages or sum(each.stops for each in voyages) > 10, "hardly anything was judged"
    assert not voyages or sum(each.tellings for each in voyages) > 100


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_more_connected_voyages() -> None:
    for seed in MORE_SEEDS:
        sailed(ConnectedVoyage, seed)


def is_found_out(word: str) -> bool:
    """Whether one of the first seeds fails because of it."""
    for seed in range(10):
        try:
            sailed(ConnectedVoyage, seed)
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
            assert isinstance(failure, BrokenInvariant | AssertionError), failure
            if word in str(failure):
                return True
    return False


def test_a_task_that_does_not_wait_for_its_callers_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hasty(view: TaskView) -> Plan:
        return decide._record(view, decide.stopping(view.task, view.now), "out of use")

    monkeypatch.setattr(decide, "_deactivate", hasty)
    assert is_found_out("told to stop")


def test_a_controller_that_does_not_look_for_requests_under_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draining, "_sent", lambda *what: 0)
    assert is_found_out("cut off")


def test_a_controller_that_takes_callers_for_told_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EndpointDrainer, "_is_in_use", never)
    assert is_found_out("still sends")


async def never(*what: object) -> bool:
    return False
