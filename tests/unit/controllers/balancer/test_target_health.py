"""What is recorded of a target's health, of what nodes see; and when it is drained."""

from dataclasses import replace

from tests.support.balancing import group, target

from hostless.balancer.seam import SeenTarget
from hostless.controllers.balancer.health import drains_until, health_of, is_drained
from hostless.domain.target_groups import RecordedHealth

GROUP = group()
"""Two failed checks, five seconds apart, make a target unhealthy."""
NEW = target(GROUP, "10.0.0.1", registered_at=100.0)
WELL = SeenTarget(state="healthy")
SICK = SeenTarget(
    state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed"
)


def test_a_target_that_no_node_sends_to_has_no_health() -> None:
    assert health_of(NEW, GROUP, [], 100.0) is None


def test_a_target_is_healthy_when_every_node_finds_it_so() -> None:
    found = health_of(NEW, GROUP, [WELL, WELL], 101.0)
    assert found == RecordedHealth(state="healthy", since=101.0)
    waiting = health_of(NEW, GROUP, [WELL, None], 101.0)
    assert waiting is not None
    assert (waiting.state, waiting.reason) == ("initial", "Elb.RegistrationInProgress")


def test_a_target_that_was_healthy_is_unhealthy_when_one_node_finds_it_so() -> None:
    before = replace(NEW, health=RecordedHealth(state="healthy", since=50.0))
    found = health_of(before, GROUP, [WELL, SICK], 101.0)
    assert found == RecordedHealth(
        state="unhealthy", reason=SICK.reason, description=SICK.description, since=101.0
    )


def test_a_new_target_has_as_long_as_it_takes_to_be_found_unhealthy() -> None:
    early = health_of(NEW, GROUP, [SICK], 109.0)
    assert early is not None
    assert (early.state, early.reason) == ("initial", "Target.FailedHealthChecks")
    late = health_of(replace(NEW, health=early), GROUP, [SICK], 110.0)
    assert late is not None
    assert (late.state, late.since) == ("unhealthy", 110.0)


def test_a_state_that_stays_keeps_its_beginning() -> None:
    before = replace(NEW, health=RecordedHealth(state="healthy", since=50.0))
    assert health_of(before, GROUP, [WELL], 200.0) == before.health


def test_a_target_drains_for_its_groups_delay() -> None:
    leaving = replace(NEW, drains_since=200.0)
    assert drains_until(NEW, GROUP) is None
    assert drains_until(leaving, GROUP) == 500.0
    hasty = group(attributes={"deregistration_delay.timeout_seconds": "10"})
    assert drains_until(leaving, hasty) == 210.0


def test_a_target_is_drained_when_it_leaves_and_no_node_has_anything_under_way() -> None:
    leaving = replace(NEW, drains_since=200.0)
    busy = replace(WELL, active=1)
    assert not is_drained(NEW, [WELL])
    assert not is_drained(leaving, [WELL, busy])
    assert is_drained(leaving, [WELL, None])
    assert is_drained(leaving, [])
