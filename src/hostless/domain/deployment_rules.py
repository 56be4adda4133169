"""How a service may be deployed: what a caller's deployment configuration comes to, and what is
wrong with it.

Limits are the ECS model's (DeploymentConfiguration and the shapes within). Sentences are AWS's own,
except where a comment says "our words". Strategies that hostless lacks are refused elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostless.domain.services import (
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    EarlySuccessCriteria,
    Rebalancing,
    ThresholdConfiguration,
)
from hostless.kit.either import either

LONGEST_BAKE_MINUTES = 1440
NO_REBALANCING_UP_TO_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCircuitBreaker:
    enable: bool
    rollback: bool
    reset_on_healthy_task: bool | None = None
    threshold_configuration: ThresholdConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDeploymentConfiguration:
    """What is None stays as it is."""

    deployment_circuit_breaker: AskedCircuitBreaker | None = None
    maximum_percent: int | None = None
    minimum_healthy_percent: int | None = None
    alarms: DeploymentAlarms | None = None
    strategy: str | None = None
    bake_time_in_minutes: int | None = None
    early_success_criteria: EarlySuccessCriteria | None = None


def configuration_with(
    present: DeploymentConfiguration, asked: AskedDeploymentConfiguration | None
) -> DeploymentConfiguration:
    """The configuration as it would be; it may still be refused."""
    if asked is None:
        return present
    breaker = asked.deployment_circuit_breaker
    return replace(
        present,
        maximum_percent=either(asked.maximum_percent, present.maximum_percent),
        minimum_healthy_percent=either(
            asked.minimum_healthy_percent, present.minimum_healthy_percent
        ),
        bake_time_in_minutes=either(asked.bake_time_in_minutes, present.bake_time_in_minutes),
        deployment_circuit_breaker=_breaker_with(present.deployment_circuit_breaker, breaker),
        alarms=either(asked.alarms, present.alarms),
        early_success_criteria=either(asked.early_success_criteria, present.early_success_criteria),
    )


def _breaker_with(
    present: DeploymentCircuitBreaker, asked: AskedCircuitBreaker | None
) -> DeploymentCircuitBreaker:
    if asked is None:
        return present
    return DeploymentCircuitBreaker(
        enable=asked.enable,
        rollback=asked.rollback,
        reset_on_healthy_task=either(asked.reset_on_healthy_task, present.reset_on_healthy_task),
        threshold_configuration=either(
            asked.threshold_configuration, present.threshold_configuration
        ),
    )


def rebalancing_for(configuration: DeploymentConfiguration) -> Rebalancing:
    """Of a new service whose maker says nothing: on, unless no task could be moved."""
    has_room = configuration.maximum_percent > NO_REBALANCING_UP_TO_PERCENT
    return "ENABLED" if has_room else "DISABLED"


def configuration_refusal(
    configuration: DeploymentConfiguration, rebalancing: Rebalancing
) -> str | None:
    """What is wrong first; None when nothing is."""
    return next(_refusals(configuration, rebalancing), None)


def _refusals(configuration: DeploymentConfiguration, rebalancing: Rebalancing) -> Iterator[str]:
    most, least = configuration.maximum_percent, configuration.minimum_healthy_percent
    if most < 100:
        yield "maximumPercent must be at least 100"
    if least < 0:
        yield "minimumHealthyPercent must be at least 0"
    if least > 100:
        yield "minimumHealthyPercent must be at most 100"
    if most == least == 100:
        yield (
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments."
        )
    if rebalancing == "ENABLED" and most <= NO_REBALANCING_UP_TO_PERCENT:
        yield (
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as "
            "deployment configuration."
        )
    if not 0 <= configuration.bake_time_in_minutes <= LONGEST_BAKE_MINUTES:
        yield f"bakeTimeInMinutes must be between 0 and {LONGEST_BAKE_MINUTES}."  # our words
    yield from _threshold_refusals(configuration.deployment_circuit_breaker.threshold_configuration)
    alarms = configuration.alarms
    if alarms is not None and alarms.enable and not alarms.alarm_names:
        yield "alarmNames cannot be empty when deployment alarms are enabled."  # our words
    yield from _success_refusals(configuration.early_success_criteria, least)


def _threshold_refusals(threshold: ThresholdConfiguration) -> Iterator[str]:
    """Our words; the model states neither range."""
    if threshold.value < 1:
        yield "The value of thresholdConfiguration must be at least 1."
    if threshold.type != "COUNT" and threshold.value > 100:
        yield "The value of thresholdConfiguration must be at most 100 for a percentage."


def _success_refusals(criteria: EarlySuccessCriteria | None, least: int) -> Iterator[str]:
    """Our words."""
    if criteria is None:
        return
    percent = criteria.healthy_percent
    if criteria.enable and percent is None:
        yield "healthyPercent is required when early success criteria are enabled."
    if percent is not None and not 0 <= percent <= 100:
        yield "healthyPercent must be between 0 and 100."
    if percent is not None and percent < least:
        yield "healthyPercent must be greater than or equal to minimumHealthyPercent."
