"""What ECS refuses in one container's definition, whatever runs it.

Each rule yields AWS's sentence for what it finds; the first one is the answer. Sentences are those
that AWS was seen to give, except where a comment says "our words": there AWS's are not known.
Rules of networking are `network_rules`', of Fargate `fargate_rules`', and what concerns several
containers at once is in `task_definition_rules`.
"""

import re
from collections.abc import Callable, Iterator

from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.linux_names import CAPABILITIES, TMPFS_OPTIONS

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_IMAGE = re.compile(r"[A-Za-z0-9_\-:./#@]+")
_DIGEST = re.compile(r"sha256:[A-Fa-f0-9]{64}")
_LEAST_MEMORY_MIB = 6
_MOST_ENVIRONMENT_FILES = 10
_MOST_IGNORED_EXIT_CODES = 50

ContainerRule = Callable[[ContainerDefinition], Iterator[str]]


def check_name(container: ContainerDefinition) -> Iterator[str]:
    if not container.name:
        yield "Container.name should not be null or empty."
    elif not NAME.fullmatch(container.name):
        yield "Container.name contains invalid characters."


def check_image(container: ContainerDefinition) -> Iterator[str]:
    if not container.image:
        yield "Container.image should not be null or empty."
    elif not _IMAGE.fullmatch(container.image):
        yield "Container.image contains invalid characters."
    elif "@" in container.image and not _DIGEST.fullmatch(container.image.split("@", 1)[1]):
        yield "Container.image contains an invalid digest."  # our words
    elif len(container.image.split("@")[0]) > 255:
        yield "Container.image should not be longer than 255 characters."  # our words


def check_amounts(container: ContainerDefinition) -> Iterator[str]:
    name, memory, reserved = container.name, container.memory, container.memory_reservation
    if container.cpu is not None and container.cpu < 0:
        yield f"Invalid 'cpu' setting for container '{name}'."  # our words
    for setting, given in (("memory", memory), ("memoryReservation", reserved)):
        if given is not None and given < _LEAST_MEMORY_MIB:
            # our words
            yield (
                f"Invalid '{setting}' setting for container '{name}'. "
                f"The minimum value is {_LEAST_MEMORY_MIB}."
            )
    if memory is not None and reserved is not None and reserved > memory:
        yield (
            f"Invalid setting for container '{name}'. "
            "'memory' must be greater than or equal to 'memoryReservation'."
        )


def check_environment(container: ContainerDefinition) -> Iterator[str]:
    if len(container.environment_files) > _MOST_ENVIRONMENT_FILES:
        yield (
            "The maximum number of environment files was exceeded. "
            "Specify ten or less and try again"
        )
    for file in container.environment_files:
        if not file.value.startswith("arn:"):
            yield "Invalid arn syntax."
    names = [secret.name for secret in container.secrets]
    plain = {pair.name for pair in container.environment}
    for name in names:
        if names.count(name) > 1 or name in plain:
            yield (
                f"The secret name must be unique and not shared with any new or existing "
                f"environment variables set on the container, such as '{name}'."
            )


def _range_refusal(
    container: ContainerDefinition, setting: str, given: int | None, low: int, high: int
) -> Iterator[str]:
    if given is not None and not low <= given <= high:
        yield (
            f"the '{setting}' setting for container '{container.name}' "
            f"must be between {low} and {high}"
        )


def check_health_check(container: ContainerDefinition) -> Iterator[str]:
    """The first word may be any: AWS takes `["/healthcheck"]` (and never runs it)."""
    check = container.health_check
    if check is None:
        return
    if not check.command:
        # our words
        yield f"Invalid 'command' setting for the health check of container '{container.name}'."
    yield from _range_refusal(container, "interval", check.interval, 5, 300)
    yield from _range_refusal(container, "timeout", check.timeout, 2, 60)
    yield from _range_refusal(container, "retries", check.retries, 1, 10)
    yield from _range_refusal(container, "startPeriod", check.start_period, 0, 300)


def check_restart_policy(container: ContainerDefinition) -> Iterator[str]:
    policy = container.restart_policy
    if policy is None:
        return
    yield from _range_refusal(
        container, "restartAttemptPeriod", policy.restart_attempt_period, 60, 1800
    )
    if len(policy.ignored_exit_codes) > _MOST_IGNORED_EXIT_CODES:
        # our words
        yield (
            f"the 'ignoredExitCodes' setting for container '{container.name}' "
            f"can have at most {_MOST_IGNORED_EXIT_CODES} items"
        )


def check_linux_names(container: ContainerDefinition) -> Iterator[str]:
    """Names that Linux has; what nobody knows would be dropped without a word."""
    linux = container.linux_parameters
    if linux is None:
        return
    capabilities = linux.capabilities
    for name in (*capabilities.add, *capabilities.drop) if capabilities is not None else ():
        if name not in CAPABILITIES:
            # our words
            yield f"Invalid Linux capability '{name}' for container '{container.name}'."
    for mount in linux.tmpfs:
        for option in mount.mount_options:
            if option.split("=")[0] not in TMPFS_OPTIONS:
                # our words
                yield f"Invalid tmpfs mount option '{option}' for container '{container.name}'."


def check_ulimits(container: ContainerDefinition) -> Iterator[str]:
    names = [ulimit.name for ulimit in container.ulimits]
    for ulimit in container.ulimits:
        if 0 <= ulimit.hard_limit < ulimit.soft_limit:
            yield f"Soft limit exceeds hard limit for ulimit {ulimit.name}"
        if names.count(ulimit.name) > 1:
            yield f"Duplicate ulimit {ulimit.name}"  # our words


def check_logging(container: ContainerDefinition) -> Iterator[str]:
    logging = container.log_configuration
    if logging is None or logging.log_driver != "awslogs":
        return
    options = logging.options or {}
    missing = [name for name in ("awslogs-group", "awslogs-region") if not options.get(name)]
    if missing:
        yield f"Log driver awslogs requires options: {', '.join(missing)}"
    if "awslogs-datetime-format" in options and "awslogs-multiline-pattern" in options:
        # our words
        yield "awslogs-datetime-format and awslogs-multiline-pattern cannot both be specified."


CONTAINER_RULES: tuple[ContainerRule, ...] = (
    check_name,
    check_image,
    check_amounts,
    check_environment,
    check_health_check,
    check_restart_policy,
    check_linux_names,
    check_ulimits,
    check_logging,
)
"""In the order in which they are asked."""
