"""The step of the gateway that turns requests away which come too fast."""

import pytest

from hostless.domain.api_limits import Throttled
from hostless.gateway.throttling import Throttle
from hostless.kit.token_buckets import Rate


def test_operations_of_one_group_share_a_bucket() -> None:
    throttle = Throttle({"cluster-read": Rate(burst=2, refill=1)})
    throttle.admit("ecs", "ListClusters", 0.0)
    throttle.admit("ecs", "DescribeClusters", 0.0)
    with pytest.raises(Throttled, match="Rate exceeded"):
        throttle.admit("ecs", "ListClusters", 0.5)
    throttle.admit("ecs", "ListClusters", 1.0)


def test_what_is_in_no_bucket_is_never_throttled() -> None:
    throttle = Throttle(
        {"cluster-read": Rate(burst=1, refill=1), "tag-modify": Rate(burst=1, refill=1)}
    )
    for _ in range(50):
        throttle.admit("ecs", "RunTask", 0.0)
        throttle.admit("ecs", "ListGateways", 0.0)
        throttle.admit("logs", "TagResource", 0.0)


def test_a_request_that_is_turned_away_takes_no_token() -> None:
    rates = {
        "cluster-resource-modify": Rate(burst=3, refill=1),
        "run-task": Rate(burst=1, refill=0.1),
    }
    throttle = Throttle(rates)
    throttle.admit("ecs", "RunTask", 0.0)
    with pytest.raises(Throttled):
        throttle.admit("ecs", "RunTask", 0.0)
    throttle.admit("ecs", "StopTask", 0.0)
    throttle.admit("ecs", "StopTask", 0.0)
    with pytest.raises(Throttled):
        throttle.admit("ecs", "StopTask", 0.0)
