"""What ECS fills in where a task definition is silent, and how it rewrites sizes.

So that every reader of a registered definition finds the same thing whether it was said or not:
what the controller acts on is what DescribeTaskDefinition shows. Only for definitions that the
rules let pass.
"""

from dataclasses import replace

from hostless.domain.container_definitions import ContainerDefinition, HealthCheck, PortMapping
from hostless.domain.fargate_sizes import cpu_units_of, memory_mib_of
from hostless.domain.task_definitions import TaskDefinition

_HEALTH_INTERVAL_SECONDS = 30
_HEALTH_TIMEOUT_SECONDS = 5
_HEALTH_RETRIES = 3


def _digits(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def _port_mapping(mapping: PortMapping, network_mode: str | None) -> PortMapping:
    host_port = mapping.host_port
    shares = network_mode in ("awsvpc", "host")
    if shares and mapping.container_port is not None:
        host_port = mapping.container_port
    return replace(mapping, host_port=host_port, protocol=mapping.protocol or "tcp")


def health_check_with_defaults(check: HealthCheck) -> HealthCheck:
    """`startPeriod` has none: it is off unless said."""
    return replace(
        check,
        interval=_HEALTH_INTERVAL_SECONDS if check.interval is None else check.interval,
        timeout=_HEALTH_TIMEOUT_SECONDS if check.timeout is None else check.timeout,
        retries=_HEALTH_RETRIES if check.retries is None else check.retries,
    )


def _container(container: ContainerDefinition, network_mode: str | None) -> ContainerDefinition:
    mappings = tuple(_port_mapping(m, network_mode) for m in container.port_mappings)
    check = container.health_check
    return replace(
        container,
        cpu=container.cpu or 0,
        essential=container.essential is not False,
        port_mappings=mappings,
        health_check=None if check is None else health_check_with_defaults(check),
    )


def with_defaults(definition: TaskDefinition) -> TaskDefinition:
    """The definition as ECS keeps it. Sizes become digits: "1 vCPU" is "1024", "2 GB" "2048"."""
    mode = definition.network_mode
    return replace(
        definition,
        cpu=None if definition.cpu is None else _digits(cpu_units_of(definition.cpu)),
        memory=None if definition.memory is None else _digits(memory_mib_of(definition.memory)),
        container_definitions=tuple(_container(c, mode) for c in definition.container_definitions),
    )
