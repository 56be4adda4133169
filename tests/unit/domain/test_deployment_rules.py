"""Deployment configurations: what is given joins what there is, and what is refused."""

from typing import Any

import pytest

from hostless.domain.deployment_rules import (
    AskedCircuitBreaker,
    AskedDeploymentConfiguration,
    configuration_refusal,
    configuration_with,
    rebalancing_for,
)
from hostless.domain.services import (
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    EarlySuccessCriteria,
    ThresholdConfiguration,
)

PRESENT = DeploymentConfiguration(
    maximum_percent=150,
    minimum_healthy_percent=50,
    bake_time_in_minutes=5,
    deployment_circuit_breaker=DeploymentCircuitBreaker(
        enable=True,
        rollback=True,
        reset_on_healthy_task=False,
        threshold_configuration=ThresholdConfiguration(type="COUNT", value=7),
    ),
    alarms=DeploymentAlarms(alarm_names=("a",), enable=True),
)


def test_saying_nothing_changes_nothing() -> None:
    assert configuration_with(PRESENT, None) is PRESENT
    assert configuration_with(PRESENT, AskedDeploymentConfiguration()) == PRESENT


def test_zero_is_something_that_was_said() -> None:
    asked = AskedDeploymentConfiguration(minimum_healthy_percent=0, bake_time_in_minutes=0)
    after = configuration_with(PRESENT, asked)
    assert (after.minimum_healthy_percent, after.bake_time_in_minutes) == (0, 0)
    assert after.maximum_percent == 150


def test_a_circuit_breaker_keeps_the_threshold_that_is_not_named_again() -> None:
    breaker = AskedCircuitBreaker(enable=False, rollback=False)
    asked = AskedDeploymentConfiguration(deployment_circuit_breaker=breaker)
    after = configuration_with(PRESENT, asked).deployment_circuit_breaker
    assert (after.enable, after.rollback) == (False, False)
    assert after.reset_on_healthy_task is False
    assert after.threshold_configuration == ThresholdConfiguration(type="COUNT", value=7)


def test_zones_are_balanced_where_a_task_can_be_started_before_another_ends() -> None:
    assert rebalancing_for(DeploymentConfiguration()) == "ENABLED"
    assert rebalancing_for(DeploymentConfiguration(maximum_percent=100)) == "DISABLED"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"maximum_percent": 99}, "maximumPercent must be at least 100"),
        ({"minimum_healthy_percent": -1}, "minimumHealthyPercent must be at least 0"),
        ({"minimum_healthy_percent": 101}, "minimumHealthyPercent must be at most 100"),
        (
            {"maximum_percent": 100},
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments.",
        ),
        (
            {"maximum_percent": 100, "minimum_healthy_percent": 0},
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as "
            "deployment configuration.",
        ),
        ({"bake_time_in_minutes": 1441}, "bakeTimeInMinutes must be between 0 and 1440."),
        (
            {"alarms": DeploymentAlarms(enable=True)},
            "alarmNames cannot be empty when deployment alarms are enabled.",
        ),
        (
            {"early_success_criteria": EarlySuccessCriteria(enable=True, healthy_percent=99)},
            "healthyPercent must be greater than or equal to minimumHealthyPercent.",
        ),
        (
            {"early_success_criteria": EarlySuccessCriteria(enable=True)},
            "healthyPercent is required when early success criteria are enabled.",
        ),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    configuration = DeploymentConfiguration(**changes)
    assert configuration_refusal(configuration, "ENABLED") == sentence


@pytest.mark.parametrize(
    ("type_", "value", "is_fine"),
    [
        ("COUNT", 1000, True),
        ("COUNT", 0, False),
        ("BOUNDED_PERCENT", 100, True),
        ("BOUNDED_PERCENT", 101, False),
        ("UNBOUNDED_PERCENT", 101, False),
    ],
)
def test_thresholds_have_limits(type_: Any, value: int, is_fine: bool) -> None:
    breaker = DeploymentCircuitBreaker(
        threshold_configuration=ThresholdConfiguration(type=type_, value=value)
    )
    configuration = DeploymentConfiguration(deployment_circuit_breaker=breaker)
    assert (configuration_refusal(configuration, "ENABLED") is None) is is_fine


def test_everything_sound_is_taken() -> None:
    assert configuration_refusal(PRESENT, "ENABLED") is None
    narrow = DeploymentConfiguration(maximum_percent=100, minimum_healthy_percent=0)
    assert configuration_refusal(narrow, "DISABLED") is None
