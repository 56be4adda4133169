"""In what order a task's containers may start: which of them now, and what can never start. Pure.

The rules are ECS's (API, ContainerDependency and ContainerDefinition `startTimeout`); where that is
silent, those of amazon-ecs-agent's `dependencygraph`, whose sentences these are. The reverse order
at the end is the backends' (`hostless.compute.order`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.container_definitions import ContainerDefinition, ContainerDependency
from hostless.domain.tasks import Container
from hostless.kit.clock import Timestamp

_Verdict: TypeAlias = Literal["met", "waits", "failed", "timed out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverStarts:
    """container: the one that waits for what cannot come true any more."""

    container: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """may_run: names of those that may run now, those that run already included.

    never: the first container that can never start. until: when the next time-out is over.
    """

    may_run: frozenset[str]
    never: NeverStarts | None = None
    until: Timestamp | None = None


def in_start_order(
    containers: tuple[ContainerDefinition, ...],
) -> tuple[ContainerDefinition, ...]:
    """As defined, but nothing before what it depends on; a circle keeps the order as defined."""
    placed: dict[str | None, ContainerDefinition] = {}
    names = {container.name for container in containers}
    left = list(containers)
    while left:
        ready = [c for c in left if _dependencies_of(c) & names <= placed.keys()] or left
        placed[ready[0].name] = ready[0]
        left.remove(ready[0])
    return tuple(placed.values())


def _dependencies_of(container: ContainerDefinition) -> set[str | None]:
    return {dependency.container_name for dependency in container.depends_on}


def has_to_wait(containers: tuple[ContainerDefinition, ...]) -> bool:
    """Whether any container waits for more than that others are started before it."""
    return any(each.condition != "START" for c in containers for each in c.depends_on)


def start_order(
    definitions: tuple[ContainerDefinition, ...],
    containers: tuple[Container, ...],
    now: Timestamp,
) -> StartOrder:
    """Which containers may run. definitions: all of the task. containers: as they are by now.

    A container that no definition speaks of (a proxy) may always run. One that depends on another's
    START may be started in the same go: backends start in order.
    """
    found = {container.name: container for container in containers}
    may_run = {c.name for c in containers} - {d.name or "" for d in definitions}
    never: list[NeverStarts] = []
    deadlines: list[Timestamp] = []
    known = {definition.name: definition for definition in definitions}
    for definition in in_start_order(definitions):
        name = definition.name or ""
        if _is_begun(found[name]):
            may_run.add(name)
            continue
        verdicts = [
            (each, _verdict(each, found, known, may_run, now)) for each in definition.depends_on
        ]
        never += _never(found[name], verdicts, found)
        deadlines += _deadlines(definition, found, known, now)
        if all(verdict == "met" for _, verdict in verdicts):
            may_run.add(name)
    return StartOrder(
        may_run=frozenset(may_run),
        never=never[0] if never else None,
        until=min(deadlines, default=None),
    )


def _is_begun(container: Container) -> bool:
    return container.status != "PENDING"


def _verdict(
    on: ContainerDependency,
    found: Mapping[str, Container],
    known: Mapping[str | None, ContainerDefinition],
    may_run: set[str],
    now: Timestamp,
) -> _Verdict:
    other = found[on.container_name]
    has_ended = other.status == "STOPPED"
    if on.condition == "START":
        return "met" if _is_begun(other) or other.name in may_run else "waits"
    if on.condition == "HEALTHY" and other.health == "HEALTHY":
        return "met"
    if has_ended and (on.condition == "COMPLETE" or _has_succeeded(on, other)):
        return "met"
    if has_ended:
        return "failed"
    ends_at = _deadline_of(other, known)
    return "timed out" if ends_at is not None and now >= ends_at else "waits"


def _has_succeeded(on: ContainerDependency, other: Container) -> bool:
    return on.condition == "SUCCESS" and other.exit_code == 0


def _deadline_of(
    other: Container, known: Mapping[str | None, ContainerDefinition]
) -> Timestamp | None:
    """When the time is over in which it was to come to what others wait for; None: never."""
    seconds = known[other.name].start_timeout
    if seconds is None or other.started_at is None:
        return None
    return other.started_at + seconds


def _deadlines(
    definition: ContainerDefinition,
    found: Mapping[str, Container],
    known: Mapping[str | None, ContainerDefinition],
    now: Timestamp,
) -> Iterator[Timestamp]:
    for each in definition.depends_on:
        other = found[each.container_name]
        ends_at = _deadline_of(other, known)
        if each.condition != "START" and ends_at is not None and ends_at > now:
            yield ends_at


def _never(
    target: Container,
    verdicts: list[tuple[ContainerDependency, _Verdict]],
    found: Mapping[str, Container],
) -> Iterator[NeverStarts]:
    for on, verdict in verdicts:
        other = f"[{_described(found[on.container_name])}]"
        wanting = f"[{_described(target)}]"
        if verdict == "timed out":
            what = f"container ordering dependency {other} for target {wanting} has timed out."
        elif verdict == "failed" and on.condition == "SUCCESS":
            what = (
                f"failed to resolve container ordering dependency {other} for target {wanting} "
                "as dependency did not exit successfully."
            )
        elif verdict == "failed":
            what = (
                f"failed to resolve the container ordering dependency {other} for target {wanting}"
            )
        else:
            continue
        reason = f"CannotStartContainerError: dependency graph: {what}"
        yield NeverStarts(container=target.name, reason=reason)


def _described(container: Container) -> str:
    """As the agent does: what it is, on its way to what, and how it ended."""
    status = "NONE" if container.status == "PENDING" else container.status
    said = f"{container.name}({container.image}) ({status}->RUNNING)"
    return said if container.exit_code is None else f"{said} - Exit: {container.exit_code}"
