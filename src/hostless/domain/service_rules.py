"""What may be said of a service beyond how it is deployed.

Sentences are AWS's own, except where a comment says "our words".
"""

from collections.abc import Iterator, Sequence

from hostless.domain.services import MOST_TARGET_GROUPS, ServiceLoadBalancer, ServiceRegistry
from hostless.domain.task_definitions import TaskDefinition

LONGEST_GRACE_SECONDS = 2_147_483_647
LONGEST_TOKEN = 36


def load_balancers_refusal(
    balancers: Sequence[ServiceLoadBalancer], definition: TaskDefinition
) -> str | None:
    """What is wrong first with the targets that tasks of the definition would be."""
    return next(_balancer_refusals(balancers, definition), None)


def _balancer_refusals(
    balancers: Sequence[ServiceLoadBalancer], definition: TaskDefinition
) -> Iterator[str]:
    if len(balancers) > MOST_TARGET_GROUPS:
        yield f"loadBalancers can have at most {MOST_TARGET_GROUPS} items."
    targets = [(b.target_group_arn, b.container_name, b.container_port) for b in balancers]
    if len(set(targets)) < len(targets):
        yield "A target can be named only once in loadBalancers."  # our words
    for balancer in balancers:
        yield from _port_refusals(balancer.container_name, balancer.container_port, definition)


def registries_refusal(
    registries: Sequence[ServiceRegistry], definition: TaskDefinition
) -> str | None:
    """What is wrong first with the ports that tasks of the definition would be registered with."""
    for registry in registries:
        name, port = registry.container_name, registry.container_port
        if name is not None and port is not None:
            for refusal in _port_refusals(name, port, definition):
                return refusal
    return None


def _port_refusals(name: str, port: int, definition: TaskDefinition) -> Iterator[str]:
    container = {c.name: c for c in definition.container_definitions}.get(name)
    if container is None:
        yield f"The container {name} does not exist in the task definition."
    elif all(mapping.container_port != port for mapping in container.port_mappings):
        yield f"The container {name} did not have a container port {port} defined."


def grace_period_refusal(seconds: int | None) -> str | None:
    """Any service may have a grace period; one without health checks does not use it (model)."""
    if seconds is not None and seconds < 0:
        return "healthCheckGracePeriodSeconds must be at least 0"
    if seconds is not None and seconds > LONGEST_GRACE_SECONDS:
        return f"healthCheckGracePeriodSeconds must be at most {LONGEST_GRACE_SECONDS}"
    return None
