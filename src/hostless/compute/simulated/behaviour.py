"""How simulated containers behave: data, read from a TOML file or given as records.

Which container meets which behaviour and what chance decides is here, pure; carrying it out is the
backend's. Everything drawn comes from the seed, the task's id and the container's name, so that it
does not depend on the order in which tasks start.
"""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Annotated, TypeAlias

import msgspec

from hostless.compute.seam import Capabilities, ContainerSpec

Seconds: TypeAlias = float | tuple[float, float]
"""A time, or a range from which one is drawn evenly."""
Probability: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
NotNegative: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
ExitCode: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=255)]
FAMILY_LABEL = "com.amazonaws.ecs.task-definition-family"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
KILLED = 137
"""128 + SIGKILL."""
TERMINATED = 143
"""128 + SIGTERM."""


class BehaviourUnreadable(Exception):
    """The file does not say what it should; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """image, family, container: shell patterns that a container must match (`*`, `?`, `[…]`).

    pull_failure, start_failure: AWS's sentence; happens with the probability beside it.
    exit_after_seconds: absent, the container runs until it is stopped. Crashes come within
    `crash_within_seconds` of the start. Where several ends are due, the first one comes.
    stop_seconds: how long the container needs to end once it has the stop signal.
    host_lost_after_seconds: the whole task's host is gone so long after the container started.
    Health checks pass from `healthy_after_seconds` after the start until `unhealthy_after_seconds`
    after it (with the probability beside it, else for ever); each takes `health_check_seconds`.
    cpu_load: share of one vCPU that it uses. memory_mib: what it uses.
    """

    image: str = "*"
    family: str = "*"
    container: str = "*"
    pull_seconds: Seconds = 0.0
    pull_failure: str | None = None
    pull_failure_probability: Probability = 1.0
    start_seconds: Seconds = 0.0
    start_failure: str | None = None
    start_failure_probability: Probability = 1.0
    exit_after_seconds: Seconds | None = None
    exit_code: ExitCode = 0
    crash_probability: Probability = 0.0
    crash_within_seconds: float = 60.0
    crash_exit_code: ExitCode = 1
    out_of_memory_after_seconds: Seconds | None = None
    ignores_stop_signal: bool = False
    stop_seconds: Seconds = 0.0
    stop_exit_code: ExitCode = TERMINATED
    host_lost_after_seconds: Seconds | None = None
    host_lost_probability: Probability = 1.0
    healthy_after_seconds: Seconds = 0.0
    unhealthy_after_seconds: Seconds | None = None
    unhealthy_probability: Probability = 1.0
    health_check_seconds: float = 0.0
    cpu_load: Annotated[float, msgspec.Meta(ge=0)] = 0.01
    memory_mib: NotNegative = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """cpu_units: 1024 = one vCPU. starts_at_once: how many tasks may be starting together."""

    cpu_units: NotNegative = 10_240_000
    memory_mib: NotNegative = 20_480_000
    starts_at_once: Annotated[int, msgspec.Meta(ge=1)] = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a behaviour file says. behaviour: the first that matches a container holds."""

    seed: int = 0
    capacity: Capacity = dataclasses.field(default_factory=Capacity)
    behaviour: tuple[Behaviour, ...] = ()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolation_levels=("simulated",),
            cpu_units=self.capacity.cpu_units,
            memory_mib=self.capacity.memory_mib,
            starts_at_once=self.capacity.starts_at_once,
        )

    def behaviour_of(self, container: ContainerSpec) -> Behaviour:
        family = dict(container.labels).get(FAMILY_LABEL, "")
        for behaviour in self.behaviour:
            if (
                fnmatchcase(container.image.partition("@")[0], behaviour.image)
                and fnmatchcase(family, behaviour.family)
                and fnmatchcase(container.name, behaviour.container)
            ):
                return behaviour
        return Behaviour()

    def chance(self, task_id: str, container: str, purpose: str) -> Random:
        """Randomness of one container for one purpose."""
        return Random(f"{self.seed} {task_id} {container} {purpose}")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a container ends by itself, so long after its start."""

    after_seconds: float
    exit_code: int
    reason: str | None = None


def drawn(seconds: Seconds, chance: Random) -> float:
    return chance.uniform(*seconds) if isinstance(seconds, tuple) else seconds


def failure_of(sentence: str | None, probability: float, chance: Random) -> str | None:
    return sentence if sentence is not None and chance.random() < probability else None


def end_of(behaviour: Behaviour, chance: Random) -> End | None:
    """The first end that is due, None for a container that runs until it is stopped."""
    ends = []
    if behaviour.exit_after_seconds is not None:
        after = drawn(behaviour.exit_after_seconds, chance)
        ends.append(End(after_seconds=after, exit_code=behaviour.exit_code))
    if chance.random() < behaviour.crash_probability:
        after = chance.uniform(0.0, behaviour.crash_within_seconds)
        ends.append(End(after_seconds=after, exit_code=behaviour.crash_exit_code))
    if behaviour.out_of_memory_after_seconds is not None:
        after = drawn(behaviour.out_of_memory_after_seconds, chance)
        ends.append(End(after_seconds=after, exit_code=KILLED, reason=OUT_OF_MEMORY))
    return min(ends, key=lambda end: end.after_seconds, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """When health checks pass, in seconds after the start. until_seconds: None for ever."""

    from_seconds: float
    until_seconds: float | None


def fitness_of(behaviour: Behaviour, chance: Random) -> Fitness:
    healthy_after = drawn(behaviour.healthy_after_seconds, chance)
    seconds = behaviour.unhealthy_after_seconds
    if seconds is None or chance.random() >= behaviour.unhealthy_probability:
        return Fitness(from_seconds=healthy_after, until_seconds=None)
    return Fitness(from_seconds=healthy_after, until_seconds=drawn(seconds, chance))


def host_lost_after(behaviour: Behaviour, chance: Random) -> float | None:
    seconds = behaviour.host_lost_after_seconds
    if seconds is None or chance.random() >= behaviour.host_lost_probability:
        return None
    return drawn(seconds, chance)


def read_simulation(path: Path) -> Simulation:
    """The behaviour file, whole. Raises BehaviourUnreadable, also for a name it does not know."""
    try:
        said = tomllib.loads(path.read_text())
        _refuse_unknown_names(said)
        return _sensible(msgspec.convert(said, Simulation))
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as failure:
        raise BehaviourUnreadable(f"{path}: {failure}") from failure


def senseless_member(behaviour: Behaviour) -> tuple[str, str] | None:
    """The first time that makes no sense, by name, and what is wrong with it; None: all do.

    The other members' limits are in their types; msgspec 0.22 reads wild memory when a number with
    limits and a pair are allowed in one place.
    """
    for field in dataclasses.fields(behaviour):
        seconds: Seconds | None = getattr(behaviour, field.name)
        if not field.name.endswith("_seconds") or seconds is None:
            continue
        numbers = seconds if isinstance(seconds, tuple) else (seconds,)
        if not all(math.isfinite(number) and number >= 0 for number in numbers):
            return field.name, "is no time: a number of seconds, not below 0"
        if numbers[0] > numbers[-1]:
            return field.name, "is a range from more to less"
    return None


def _sensible(simulation: Simulation) -> Simulation:
    for number, behaviour in enumerate(simulation.behaviour, start=1):
        wrong = senseless_member(behaviour)
        if wrong is not None:
            raise msgspec.ValidationError(f"[[behaviour]] number {number}, {' '.join(wrong)}")
    return simulation


def _refuse_unknown_names(said: Mapping[str, object]) -> None:
    _refuse(said, Simulation, "the file")
    _refuse(said.get("capacity", {}), Capacity, "[capacity]")
    listed = said.get("behaviour", ())
    for one in listed if isinstance(listed, list) else ():
        _refuse(one, Behaviour, "[[behaviour]]")


def _refuse(said: object, record: type, where: str) -> None:
    known = {field.name for field in dataclasses.fields(record)}
    unknown = sorted(said.keys() - known) if isinstance(said, Mapping) else []
    if unknown:
        raise msgspec.ValidationError(f"{where} knows no {', '.join(unknown)}")
