"""How many failures are too many."""

import pytest
from tests.support.service_facts import failed_start, rollout_of

from hostless.controllers.service.breaker import (
    failures_of,
    threshold_of,
    with_failure,
    with_success,
)
from hostless.domain.services import DeploymentCircuitBreaker, ThresholdConfiguration, ThresholdType

DEPLOYMENT = rollout_of().deployment


@pytest.mark.parametrize(
    ("kind", "value", "desired", "expected"),
    [
        ("BOUNDED_PERCENT", 50, 1, 3),
        ("BOUNDED_PERCENT", 50, 25, 13),
        ("BOUNDED_PERCENT", 50, 400, 200),
        ("BOUNDED_PERCENT", 50, 800, 200),
        ("UNBOUNDED_PERCENT", 50, 1, 1),
        ("UNBOUNDED_PERCENT", 100, 800, 800),
        ("COUNT", 7, 400, 7),
    ],
)
def test_the_threshold_is_awss(
    kind: ThresholdType, value: int, desired: int, expected: int
) -> None:
    rule = ThresholdConfiguration(type=kind, value=value)
    breaker = DeploymentCircuitBreaker(enable=True, threshold_configuration=rule)
    assert threshold_of(breaker, desired) == expected


def test_a_healthy_task_takes_back_failures_unless_told_otherwise() -> None:
    failed = with_failure(DEPLOYMENT, failed_start(DEPLOYMENT.id))
    failed = with_failure(failed, failed_start(DEPLOYMENT.id))
    well = with_success(failed)
    forgiving = DeploymentCircuitBreaker(enable=True)
    strict = DeploymentCircuitBreaker(enable=True, reset_on_healthy_task=False)
    assert [failures_of(breaker, failed) for breaker in (forgiving, strict)] == [2, 2]
    assert [failures_of(breaker, well) for breaker in (forgiving, strict)] == [0, 2]
