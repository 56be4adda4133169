"""What RunTask may change of a task definition, and what the changed task is.

Sentences are AWS's own, except where a comment says "our words".
"""

from collections.abc import Iterator
from dataclasses import replace

from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.fargate_rules import is_windows, storage_refusal
from hostless.domain.fargate_sizes import FargateSize, cpu_units_of, memory_mib_of, size_refusal
from hostless.domain.task_definition_rules import reserved_memory_mib
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import ContainerOverride, TaskOverride

LONGEST_OVERRIDES = 8192
"""Characters of the overrides in JSON."""
NO_OVERRIDE = TaskOverride()


def overridden_container(
    container: ContainerDefinition, override: ContainerOverride | None
) -> ContainerDefinition:
    """The container with its override: given environment joins, everything else replaces."""
    if override is None or override == ContainerOverride(name=override.name):
        return container
    names = {pair.name for pair in override.environment}
    kept = tuple(pair for pair in container.environment if pair.name not in names)
    memory = container.memory if override.memory is None else override.memory
    reservation = container.memory_reservation
    if override.memory_reservation is not None:
        reservation = override.memory_reservation
    return replace(
        container,
        command=override.command or container.command,
        environment=kept + override.environment,
        environment_files=override.environment_files or container.environment_files,
        cpu=container.cpu if override.cpu is None else override.cpu,
        memory=memory,
        memory_reservation=reservation,
    )


def overridden(definition: TaskDefinition, override: TaskOverride) -> TaskDefinition:
    """The definition as one task runs it. Sizes stay as written."""
    if override == NO_OVERRIDE:
        return definition
    by_name = {item.name: item for item in override.container_overrides}
    return replace(
        definition,
        container_definitions=tuple(
            overridden_container(container, by_name.get(container.name))
            for container in definition.container_definitions
        ),
        cpu=override.cpu or definition.cpu,
        memory=override.memory or definition.memory,
        task_role_arn=override.task_role_arn or definition.task_role_arn,
        execution_role_arn=override.execution_role_arn or definition.execution_role_arn,
        ephemeral_storage=override.ephemeral_storage or definition.ephemeral_storage,
    )


def every_container_named(definition: TaskDefinition, override: TaskOverride) -> TaskOverride:
    """The override as ECS keeps it: it lists every container, those left alone by name only."""
    by_name = {item.name: item for item in override.container_overrides}
    names = [container.name for container in definition.container_definitions]
    return replace(
        override,
        container_overrides=tuple(by_name.get(n) or ContainerOverride(name=n) for n in names),
    )


def _check_names(definition: TaskDefinition, override: TaskOverride) -> Iterator[str]:
    known = {container.name for container in definition.container_definitions}
    given = [item.name for item in override.container_overrides]
    for name in given:
        if name is None:
            yield "Container override name cannot be null or empty."  # our words
        elif name not in known:
            yield f"Override for container named {name} is not a container in the TaskDefinition."
    if len(set(given)) < len(given):
        yield "A container can be overridden only once."  # our words


def _check_sizes(definition: TaskDefinition, sizes: tuple[FargateSize, ...]) -> Iterator[str]:
    cpu, memory = cpu_units_of(definition.cpu or ""), memory_mib_of(definition.memory or "")
    refusal = size_refusal(cpu, memory, sizes, is_windows=is_windows(definition))
    if refusal is not None:
        yield refusal
    containers = definition.container_definitions
    if cpu is not None and sum(container.cpu or 0 for container in containers) > cpu:
        yield "Invalid 'cpu' setting for task."
    for container in containers:
        if memory is not None and (container.memory or 0) > memory:
            yield f"'memory' setting for container '{container.name}' is greater than for task."
    if memory is not None and sum(reserved_memory_mib(c) for c in containers) > memory:
        yield "Invalid 'memory' setting for task."


def _refusals(
    definition: TaskDefinition, override: TaskOverride, sizes: tuple[FargateSize, ...]
) -> Iterator[str]:
    yield from _check_names(definition, override)
    if override.inference_accelerator_overrides:
        yield "Unsupported field 'inferenceAccelerators'"
    if override.ephemeral_storage is not None:
        yield from storage_refusal(override.ephemeral_storage.size_in_gib)
    yield from _check_sizes(overridden(definition, override), sizes)


def override_refusal(
    definition: TaskDefinition, override: TaskOverride, sizes: tuple[FargateSize, ...]
) -> str | None:
    """AWS's sentence about the first thing that cannot be overridden so; None when all can."""
    return next(_refusals(definition, override, sizes), None)
