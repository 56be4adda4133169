"""On what tasks may run: launch type or capacity providers, platform, architecture.

RunTask and the services share it.

Sentences are AWS's own, except where a comment says "our words".
"""

from dataclasses import dataclass, replace

from hostless.domain.capacity_strategy import placement_refusal, strategy_refusal
from hostless.domain.clusters import CapacityProviderStrategyItem, Cluster
from hostless.domain.container_definitions import LogConfiguration
from hostless.domain.errors import InvalidParameter
from hostless.domain.fargate_rules import is_windows
from hostless.domain.fargate_sizes import FargateSize, cpu_units_of, memory_mib_of, size_with
from hostless.domain.task_definitions import TaskDefinition
from hostless.services.ecs.errors import (
    PlatformIncompatible,
    PlatformUnknown,
    UnsupportedFeature,
)
from hostless.services.ecs.requests_tasks import PlacementConstraint, PlacementStrategy

LATEST = "LATEST"
NEWEST_PLATFORM = "1.4.0"
PLATFORMS = ("1.3.0", NEWEST_PLATFORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLaunch:
    """What a caller says about where tasks run. platform_version: LATEST (or None) or a number.

    is_connected: whether they are in Service Connect.
    """

    launch_type: str | None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...]
    platform_version: str | None
    enable_execute_command: bool
    is_connected: bool = False
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()


def strategy_of(asked: AskedLaunch, cluster: Cluster) -> tuple[CapacityProviderStrategyItem, ...]:
    """By which capacity providers tasks are placed; empty for the launch type FARGATE.

    Raises InvalidParameter, also where tasks would need instances of one's own: there are none.
    """
    strategy = asked.capacity_provider_strategy
    if strategy and asked.launch_type:
        raise InvalidParameter(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )
    if asked.launch_type == "FARGATE":
        return ()
    if asked.launch_type:
        raise _no_instances(asked)
    strategy = strategy or cluster.default_capacity_provider_strategy
    if not strategy:
        raise _no_instances(asked)
    refusal = strategy_refusal(strategy, cluster.capacity_providers) or placement_refusal(strategy)
    if refusal is not None:
        raise InvalidParameter(refusal)
    return spelled_out(strategy)


def spelled_out(
    strategy: tuple[CapacityProviderStrategyItem, ...],
) -> tuple[CapacityProviderStrategyItem, ...]:
    """With the weights and bases that were not given: they are 0."""
    return tuple(replace(item, weight=item.weight or 0, base=item.base or 0) for item in strategy)


def _no_instances(asked: AskedLaunch) -> InvalidParameter:
    """The launch type is EC2 where nothing else is said."""
    if asked.platform_version:
        return InvalidParameter(
            "The platform version must be null when specifying an EC2 launch type."
        )
    return InvalidParameter("No Container Instances were found in your cluster.")


def check_fargate(asked: AskedLaunch, definition: TaskDefinition) -> None:
    """Raises InvalidParameter for what Fargate never runs."""
    if "FARGATE" not in definition.compatibilities:
        raise InvalidParameter("Task definition does not support launch_type FARGATE.")
    if asked.placement_constraints:
        raise InvalidParameter("Placement constraints are not supported with FARGATE launch type.")
    if asked.placement_strategy:
        raise InvalidParameter("Placement strategies are not supported with FARGATE launch type.")


def check_log_drivers(definition: TaskDefinition) -> None:
    """Raises UnsupportedFeature rather than run a task whose output would vanish."""
    for container in definition.container_definitions:
        check_log_driver(container.log_configuration)


def check_log_driver(logging: LogConfiguration | None) -> None:
    """Raises UnsupportedFeature."""
    if logging is not None and logging.log_driver != "awslogs":
        raise UnsupportedFeature(
            f"The log driver {logging.log_driver} is not supported here; awslogs is."
        )


def platform_of(asked: AskedLaunch, runs: TaskDefinition, sizes: tuple[FargateSize, ...]) -> str:
    """The platform version, resolved. runs: the definition with the overrides.

    Raises PlatformUnknown, PlatformIncompatible.
    """
    named = asked.platform_version or LATEST
    version = NEWEST_PLATFORM if named == LATEST else named
    if version not in PLATFORMS:
        raise PlatformUnknown
    if version != NEWEST_PLATFORM and _needs_newest(asked, runs, sizes, version):
        raise PlatformIncompatible
    return version


def _needs_newest(
    asked: AskedLaunch, runs: TaskDefinition, sizes: tuple[FargateSize, ...], version: str
) -> bool:
    size = size_with(
        cpu_units_of(runs.cpu or "") or 0, memory_mib_of(runs.memory or "") or 0, sizes
    )
    containers = runs.container_definitions
    return (
        (size is not None and version not in size.platform_versions)
        or asked.enable_execute_command
        or asked.is_connected
        or runs.ephemeral_storage is not None
        or runs.pid_mode is not None
        or any(v.efs_volume_configuration is not None for v in runs.volumes)
        or any(v.configured_at_launch for v in runs.volumes)
        or any(container.system_controls or container.environment_files for container in containers)
    )


def architecture_of(definition: TaskDefinition, machine: tuple[str, ...]) -> str:
    """The CPU architecture to run on. machine: what this machine runs, its own first.

    A definition that names none gets the machine's own. Raises UnsupportedFeature.
    """
    platform = definition.runtime_platform
    asked = platform.cpu_architecture if platform is not None else None
    refusal = "The specified task isn't supported in this Region."
    if is_windows(definition):
        raise UnsupportedFeature(f"{refusal} This machine runs Linux containers only.")
    if asked is not None and asked not in machine:
        raise UnsupportedFeature(
            f"{refusal} The task definition asks for {asked}, this machine runs "
            f"{', '.join(machine)}."
        )
    return asked or machine[0]
