"""Whether a task definition may be registered, and what it can run on.

A pure function from the definition to AWS's sentence about the first thing that is wrong. What
Fargate refuses beyond that is in `fargate_rules`. Sentences are AWS's own, except where a comment
says "our words".
"""

import re
from collections.abc import Iterator

from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.container_rules import CONTAINER_RULES, NAME
from hostless.domain.cycles import has_cycle
from hostless.domain.fargate_rules import fargate_refusals
from hostless.domain.fargate_sizes import FargateSize, cpu_units_of, memory_mib_of
from hostless.domain.network_rules import check_ports, check_shared_interface
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.volume_rules import check_volumes

MOST_CONTAINERS = 10
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/\S+")
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_PROXY_PROPERTIES = {
    "ProxyIngressPort": "Ingress port not found",
    "ProxyEgressPort": "Egress port not found",
    "AppPorts": "App ports not found",
}


def _check_family(definition: TaskDefinition) -> Iterator[str]:
    if not definition.family:
        yield "Family should not be null or empty."
    elif not NAME.fullmatch(definition.family):
        yield "Family contains invalid characters."


def _check_roles(definition: TaskDefinition) -> Iterator[str]:
    for role in (definition.task_role_arn, definition.execution_role_arn):
        if role and not (_ROLE_ARN.fullmatch(role) or _ROLE_NAME.fullmatch(role)):
            yield "Role is not valid"


def _check_containers(definition: TaskDefinition) -> Iterator[str]:
    containers = definition.container_definitions
    if not containers:
        yield "Container list cannot be empty."
    if len(containers) > MOST_CONTAINERS:
        yield "Too many containers."
    for container in containers:
        for rule in CONTAINER_RULES:
            yield from rule(container)
    if len({container.name for container in containers}) < len(containers):
        yield "Container names must be unique within a task definition"
    if all(container.essential is False for container in containers):
        yield "Task definition doesn't have any essential container"


def _check_task_size(definition: TaskDefinition) -> Iterator[str]:
    """What is no amount at all; which amounts go together is asked later."""
    for setting, given, amount in (
        ("cpu", definition.cpu, cpu_units_of(definition.cpu or "")),
        ("memory", definition.memory, memory_mib_of(definition.memory or "")),
    ):
        if given is not None and not amount:
            yield (
                f"Invalid '{setting}' setting for task. For more information, see the "
                "Troubleshooting section of the Amazon ECS Developer Guide."
            )


def reserved_memory_mib(container: ContainerDefinition) -> int:
    """What counts against the task's memory: the reservation, else the hard limit."""
    if container.memory_reservation is not None:
        return container.memory_reservation
    return container.memory or 0


def _check_amounts(definition: TaskDefinition) -> Iterator[str]:
    containers = definition.container_definitions
    cpu = cpu_units_of(definition.cpu or "")
    if cpu is not None and sum(container.cpu or 0 for container in containers) > cpu:
        yield (
            "The sum of all container 'cpu' values cannot be greater than "
            "the value of the task 'cpu'."
        )
    memory = memory_mib_of(definition.memory or "")
    if memory is None:
        yield from _check_memory_given(containers)
    else:
        yield from _check_memory_fits(containers, memory)


def _check_memory_given(containers: tuple[ContainerDefinition, ...]) -> Iterator[str]:
    for container in containers:
        if container.memory is None and container.memory_reservation is None:
            yield (
                f"Invalid setting for container '{container.name}'. "
                "At least one of 'memory' or 'memoryReservation' must be specified."
            )


def _check_memory_fits(
    containers: tuple[ContainerDefinition, ...], memory_mib: int
) -> Iterator[str]:
    for container in containers:
        if (container.memory or 0) > memory_mib:
            yield (
                f"The 'memory' setting for container '{container.name}' "
                "is greater than for the task."
            )
    if sum(reserved_memory_mib(container) for container in containers) > memory_mib:
        yield (
            "The sum of all container 'memoryReservation' values cannot be greater than "
            "the value of the task 'memory'."
        )


def _check_dependencies(definition: TaskDefinition) -> Iterator[str]:
    by_name = {c.name: c for c in definition.container_definitions if c.name}
    for container in definition.container_definitions:
        for dependency in container.depends_on:
            other = by_name.get(dependency.container_name)
            if other is None:
                yield (
                    f"Cannot depend on container + '{dependency.container_name}' "
                    "because it does not exist"
                )
            elif dependency.condition == "HEALTHY" and other.health_check is None:
                yield (
                    "A dependency container with HEALTHY condition must have "
                    "health check configured"
                )
            elif dependency.condition in ("COMPLETE", "SUCCESS") and other.essential is not False:
                yield (
                    "A dependency container with SUCCESS or COMPLETE condition "
                    "cannot be an essential container"
                )
    if has_cycle({n: [d.container_name for d in c.depends_on] for n, c in by_name.items()}):
        yield "Container dependencies should not have a cycle"  # our words, after those on links


def _check_secrets(definition: TaskDefinition) -> Iterator[str]:
    if definition.execution_role_arn:
        return
    for container in definition.container_definitions:
        if container.secrets:
            yield (
                "When you are specifying container secrets, you must also specify a value "
                "for 'executionRoleArn'."
            )


def _check_proxy(definition: TaskDefinition) -> Iterator[str]:
    proxy = definition.proxy_configuration
    if proxy is None:
        return
    if definition.network_mode != "awsvpc":
        yield "ProxyConfiguration is only supported when networkMode=awsvpc."  # our words
    if proxy.container_name not in {c.name for c in definition.container_definitions}:
        yield f"Proxy container [{proxy.container_name}] does not exist"
    given = {pair.name for pair in proxy.properties}
    for name, sentence in _PROXY_PROPERTIES.items():
        if name not in given:
            yield sentence


def _check_firelens(definition: TaskDefinition) -> Iterator[str]:
    containers = definition.container_definitions
    routers = [c for c in containers if c.firelens_configuration is not None]
    users = [
        c
        for c in containers
        if c.log_configuration is not None and c.log_configuration.log_driver == "awsfirelens"
    ]
    if users and not routers:
        yield (
            "When awsfirelens log driver is specified in log configuration, "
            "a firelens configuration object must be specified"
        )


def _check_retired(definition: TaskDefinition) -> Iterator[str]:
    if definition.inference_accelerators:
        yield "Unsupported field 'inferenceAccelerators'"
    compatible = definition.requires_compatibilities
    if definition.ephemeral_storage is not None and compatible and "FARGATE" not in compatible:
        yield "Tasks using the EC2 launch type do not support EphemeralStorage"


def _refusals(definition: TaskDefinition) -> Iterator[str]:
    yield from _check_family(definition)
    yield from _check_containers(definition)
    yield from _check_task_size(definition)
    yield from _check_retired(definition)
    yield from _check_roles(definition)
    yield from check_shared_interface(definition)
    yield from check_ports(definition)
    yield from _check_dependencies(definition)
    yield from check_volumes(definition)
    yield from _check_secrets(definition)
    yield from _check_proxy(definition)
    yield from _check_firelens(definition)


def refusal_of(definition: TaskDefinition, sizes: tuple[FargateSize, ...]) -> str | None:
    """AWS's sentence about the first thing wrong with the definition; None when it is sound.

    sizes: what Fargate sells here. FARGATE's own rules hold only where the definition requires it.
    """
    first = next(_refusals(definition), None)
    if first is None and "FARGATE" in definition.requires_compatibilities:
        first = next(fargate_refusals(definition, sizes), None)
    return first if first is not None else next(_check_amounts(definition), None)


def compatibilities_of(
    definition: TaskDefinition, sizes: tuple[FargateSize, ...]
) -> tuple[str, ...]:
    """What a sound definition can run on, whether it asked for it or not, in AWS's order."""
    found = ["EC2"]
    if definition.network_mode != "awsvpc":
        found.insert(0, "EXTERNAL")
    if definition.network_mode in ("awsvpc", "host"):
        found.append("MANAGED_INSTANCES")
    if next(fargate_refusals(definition, sizes), None) is None:
        found.append("FARGATE")
    return tuple(found)
