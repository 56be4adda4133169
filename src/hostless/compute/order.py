"""The order in which the containers of a task start and stop, for every backend. Pure.

Which containers may start yet is decided elsewhere and told to `start`.
"""

from collections.abc import Collection, Mapping

from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.kit.clock import Timestamp


def in_starting_order(containers: tuple[ContainerSpec, ...]) -> tuple[ContainerSpec, ...]:
    """Proxies first, and else as they are."""
    return tuple(sorted(containers, key=lambda spec: spec.role != "proxy"))


def is_allowed(spec: ContainerSpec, allowed: Collection[str] | None) -> bool:
    """allowed: names; None for all."""
    return allowed is None or spec.name in allowed


def told_after(task: TaskSpec) -> Mapping[str, frozenset[str]]:
    """For each container those that have to have ended before it is told to stop.

    Those that depend on it, on whatever condition (ECS API, ContainerDefinition `dependsOn`: "for
    container shutdown it is reversed"); for a proxy, all others: they may call out until then.
    """
    others = {spec.name for spec in task.containers if spec.role != "proxy"}
    return {
        spec.name: frozenset(
            others
            if spec.role == "proxy"
            else {each.name for each in task.containers if spec.name in each.depends_on}
        )
        for spec in task.containers
    }


def told_at(since: Timestamp, ends: Collection[Timestamp]) -> Timestamp:
    """When a container's stop signal is due. ends: of those that had to end before it.

    since: of the task's stop; in the beginning of time nobody is given any.
    """
    return since if since <= 0 else max([since, *ends])
