"""Whether a container that ended is restarted in place (ECS API, ContainerRestartPolicy). Pure.

Where that is silent, as amazon-ecs-agent does it (`restart_tracker.go`): who starts whom anew, and
what a task's end means for it, is decided elsewhere.
"""

from hostless.domain.container_definitions import ContainerDefinition

RESTART_ATTEMPT_SECONDS = 300
"""Without `restartAttemptPeriod`."""


def is_restarted(
    definition: ContainerDefinition, *, exit_code: int | None, ran_seconds: float
) -> bool:
    """ran_seconds: from its last start to its end. An unknown exit code is no reason to restart."""
    policy = definition.restart_policy
    if policy is None or not policy.enabled:
        return False
    if exit_code is None or exit_code in policy.ignored_exit_codes:
        return False
    period = policy.restart_attempt_period
    return ran_seconds >= (RESTART_ATTEMPT_SECONDS if period is None else period)
