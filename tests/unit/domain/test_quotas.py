"""Quotas: what an account may have, and what is said beyond that."""

from hostless.domain.capacity import Holding
from hostless.domain.quotas import (
    AWS_QUOTAS,
    Quotas,
    clusters_refusal,
    desired_count_refusal,
    is_reached,
    services_refusal,
    vcpus_left,
)

NONE = Quotas()


def held(cpu_units: int, tasks: int, *, is_spot: bool = False) -> Holding:
    return Holding(cpu_units=cpu_units, memory_mib=512, tasks=tasks, is_spot=is_spot)


def test_without_quotas_there_is_no_end() -> None:
    left = vcpus_left(NONE, [held(1024, 10_000)])
    assert left.fits(None, 256) is None
    assert left.minus("FARGATE_SPOT", 256).fits("FARGATE_SPOT", 256) is None
    assert clusters_refusal(NONE, 10**6) is None
    assert services_refusal(NONE, 10**6) is None
    assert desired_count_refusal(NONE, 10**6) is None


def test_on_demand_and_spot_have_vcpus_of_their_own() -> None:
    quotas = Quotas(on_demand_vcpus=4, spot_vcpus=1)
    left = vcpus_left(quotas, [held(1024, 3), held(256, 2), held(512, 1, is_spot=True)])
    assert left.fits(None, 256) == left.fits("FARGATE", 256) == 2
    assert left.fits("FARGATE", 1024) == 0
    assert left.fits("FARGATE_SPOT", 256) == 2
    less = left.minus(None, 512).minus("FARGATE_SPOT", 256)
    assert (less.fits("FARGATE", 256), less.fits("FARGATE_SPOT", 256)) == (0, 1)


def test_more_may_be_held_than_a_lowered_quota_allows() -> None:
    assert vcpus_left(Quotas(on_demand_vcpus=1), [held(4096, 1)]).fits(None, 256) == 0


def test_the_last_one_that_a_quota_allows_is_allowed() -> None:
    assert clusters_refusal(AWS_QUOTAS, 9_999) is None
    assert clusters_refusal(AWS_QUOTAS, 10_000) == "An account can have at most 10000 clusters."
    assert services_refusal(AWS_QUOTAS, 4_999) is None
    assert services_refusal(AWS_QUOTAS, 5_000) == "A cluster can have at most 5000 services."
    assert desired_count_refusal(AWS_QUOTAS, 5_000) is None
    assert desired_count_refusal(AWS_QUOTAS, 5_001) == "A service can have at most 5000 tasks."


def test_a_quota_is_reached_when_there_cannot_be_one_more() -> None:
    assert [is_reached(5, existing) for existing in (4, 5, 6)] == [False, True, True]
    assert not is_reached(None, 10**6)
    assert (AWS_QUOTAS.vpcs, AWS_QUOTAS.subnets_per_vpc) == (5, 200)
